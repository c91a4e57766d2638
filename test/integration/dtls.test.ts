import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CipherContext,
  DtlsClient,
  DtlsServer,
  HashAlgorithm,
  RtpHeader,
  RtpPacket,
  SignatureAlgorithm,
  SrtpSession,
} from 'werift';
import { createRealClock, delay } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork, type UdpSocket } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { DtlsAssociation } from '../../media/dtls/association.js';
import { CookieDoor } from '../../media/dtls/cookie.js';
import { fingerprintOf, privateKeyOf } from '../../media/dtls/identity.js';
import { MediaSession } from '../../media/session.js';
import type { SessionEvents } from '../../media/session-options.js';
import type { SrtpKeying } from '../../media/srtp/keyed-streams.js';
import { type SrtpProfile, srtpProfiles } from '../../media/srtp/profiles.js';
import { identityOf } from '../support/dtls-pair.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { mediaOf } from '../support/media-bench.js';
import { OpenSsl } from '../support/openssl.js';
import { sampleOf } from '../support/rtp-peer.js';

const HOST = '127.0.0.1';
const identity = identityOf(5);
const { AES_CM_128_HMAC_SHA1_80: cm, AEAD_AES_128_GCM: gcm } = srtpProfiles;

interface End {
  readonly port: number;
  readonly news: string[];
  readonly keys: () => { send: SrtpKeying; receive: SrtpKeying } | null;
  begin(port: number): void;
  close(): Promise<void>;
}

const open: { close(): unknown }[] = [];

/** Ours on a real socket: a server that waits, until `begin` makes it a client. */
async function ours(certificate: Uint8Array, profiles: readonly SrtpProfile[]): Promise<End> {
  const news: string[] = [];
  let keys: { send: SrtpKeying; receive: SrtpKeying } | null = null;
  let association: DtlsAssociation | null = null;
  let peer = 0;
  const door = new CookieDoor(createRealRandom());
  const send = (data: Uint8Array): void => socket.send(Buffer.from(data), 0, data.length, peer, HOST, () => undefined);
  const make = (opening: { recordSequence: number; messageSequence: number } | null): DtlsAssociation =>
    new DtlsAssociation({
      clock: createRealClock(),
      random: createRealRandom(),
      certificate: identity.certificate,
      key: privateKeyOf(identity.privateKey())!,
      fingerprints: [{ hash: 'sha-256', value: fingerprintOf('sha256', certificate) }],
      profiles,
      opening,
      events: {
        onKeys: (sent, receive) => {
          keys = { send: sent, receive };
          news.push('keys');
        },
        onFailed: (reason) => news.push(reason),
        onClosed: () => news.push('closed'),
      },
      send,
    });
  const socket: UdpSocket = await createRealNetwork().bindUdp(
    { address: HOST, port: 0 },
    {
      onMessage: (data, _, port) => {
        if (association === null) {
          peer = port;
          const knock = door.knock(Buffer.from(data), String(port));
          if (knock.type === 'ask') send(knock.datagram);
          if (knock.type !== 'open') return;
          association = make(knock);
        }
        association.receive(data);
      },
      onError: () => undefined,
    },
  );
  const end: End = {
    port: socket.local.port,
    news,
    keys: () => keys,
    begin: (port) => {
      peer = port;
      association = make(null);
      association.start();
    },
    close: async () => {
      association?.close();
      await socket.close();
    },
  };
  open.push(end);
  return end;
}

afterEach(async () => {
  for (const each of open.splice(0)) await each.close();
});

/** What we agreed on, as the exporter of RFC 5764 §4.2 gives it: both keys, then both salts, the client's first. */
function exported(end: End, role: 'client' | 'server'): string {
  const { send, receive } = end.keys()!;
  const [client, server] = role === 'client' ? [send, receive] : [receive, send];
  const parts = [client, server].map(({ keyAndSalt }) => Buffer.from(keyAndSalt).toString('hex'));
  return [...parts.map((hex) => hex.slice(0, 32)), ...parts.map((hex) => hex.slice(32))].join('');
}

describe('RFC 5764 §4.2 OpenSSL', () => {
  let folder: string;
  let openssl: OpenSsl;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dtls-'));
    openssl = new OpenSsl();
  });

  afterEach(() => {
    openssl.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** The program, its output, and the certificate it shows. */
  function start(keyType: readonly string[], args: (files: string[]) => readonly string[]) {
    const { certificate, privateKey } = openssl.issue('peer', 'DNS:peer', keyType);
    writeFileSync(join(folder, 'peer.pem'), certificate);
    writeFileSync(join(folder, 'peer.key'), privateKey);
    const files = ['-cert', join(folder, 'peer.pem'), '-key', join(folder, 'peer.key')];
    const body = certificate.replaceAll(/-----[^-]+-----|\s/g, '');
    let output = '';
    const run = (): ChildProcess => {
      const child = spawn('openssl', [...args(files)], { stdio: ['pipe', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
      open.push({ close: () => child.kill() });
      return child;
    };
    return { run, output: () => output, der: Buffer.from(body, 'base64') };
  }

  const exportArgs = ['-keymatexport', 'EXTRACTOR-dtls_srtp', '-keymatexportlen'];
  const ecKey = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'];
  const kinds = [
    ['ECDSA', ecKey, 'SRTP_AES128_CM_SHA1_80', 60],
    ['RSA', ['rsa:2048'], 'SRTP_AEAD_AES_128_GCM', 56],
  ] as const;

  const keyIn = (text: string): string | undefined => /Keying material: ([0-9A-F]+)/.exec(text)?.[1]?.toLowerCase();

  test.each(kinds)('as client with an %s certificate', async (_, keyType, profile, bytes) => {
    let port = 0;
    const peer = start(keyType, (files) => [
      ...['s_client', '-dtls1_2', '-connect', `${HOST}:${port}`, ...files],
      ...['-use_srtp', profile, ...exportArgs, String(bytes)],
    ]);
    const end = await ours(peer.der, [gcm, cm]);
    port = end.port;
    const child = peer.run();
    await eventually('keys', () => end.news.includes('keys') && keyIn(peer.output()) !== undefined);
    expect(keyIn(peer.output())).toBe(exported(end, 'server'));
    expect(peer.output()).toContain('Extended master secret: yes');
    child.stdin?.write('Q\n');
    await eventually('close_notify', () => end.news.includes('closed'));
    expect(end.news).toEqual(['keys', 'closed']);
  });

  test.each(kinds)('as server with an %s certificate, which asks for ours', async (_, keyType, profile, bytes) => {
    const port = 20_000 + (process.pid % 20_000);
    const peer = start(keyType, (files) => [
      ...['s_server', '-dtls1_2', '-accept', `${HOST}:${port}`, ...files, '-Verify', '1', '-listen'],
      ...['-use_srtp', profile, ...exportArgs, String(bytes)],
    ]);
    peer.run();
    await eventually('ACCEPT', () => peer.output().includes('ACCEPT'));
    const end = await ours(peer.der, [gcm, cm]);
    end.begin(port);
    await eventually('keys', () => end.news.includes('keys') && keyIn(peer.output()) !== undefined);
    expect(keyIn(peer.output())).toBe(exported(end, 'client'));
    expect(peer.output()).toContain('CN = hookline');
  });
});

describe('RFC 5764 §4.2 werift', () => {
  async function theirs(port: () => number, Kind: typeof DtlsClient | typeof DtlsServer) {
    const hash = { hash: HashAlgorithm.sha256_4, signature: SignatureAlgorithm.ecdsa_3 };
    const made = await CipherContext.createSelfSignedCertificateWithKey(hash);
    const rtp: Buffer[] = [];
    const socket = await createRealNetwork().bindUdp(
      { address: HOST, port: 0 },
      {
        onMessage: (data) => (data[0]! < 64 ? transport.onData(Buffer.from(data)) : rtp.push(Buffer.from(data))),
        onError: () => undefined,
      },
    );
    open.push(socket);
    const transport = {
      type: 'test',
      onData: (_: Buffer): void => undefined,
      closed: false,
      address: [HOST, socket.local.port] as [string, number],
      send: async (data: Buffer) => socket.send(data, 0, data.length, port(), HOST, () => undefined),
      close: async () => undefined,
    };
    const dtls = new Kind({
      cert: made.certPem,
      key: made.keyPem,
      signatureHash: made.signatureHash,
      transport: transport as never,
      srtpProfiles: [1],
      extendedMasterSecret: true,
      certificateRequest: true,
    });
    const der = Buffer.from(made.certPem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
    const say = (data: Buffer): void => socket.send(data, 0, data.length, port(), HOST, () => undefined);
    return { dtls, der, port: socket.local.port, rtp, say };
  }

  test.each(['client', 'server'] as const)(
    'as %s on a leg: it hears our tone through its own SRTP, and is heard',
    async (role) => {
      const [rtpPort, rtcpPort] = [await freePort(), await freePort()];
      const peer = await theirs(() => rtpPort, role === 'client' ? DtlsClient : DtlsServer);
      const clock = createRealClock();
      const events = new Proxy({}, { get: (_, name) => (reason: unknown) => news.push(`${String(name)} ${reason}`) });
      const news: string[] = [];
      const session = new MediaSession({
        ...{ clock, random: createRealRandom(), network: createRealNetwork(), log: silentLogger },
        ...{
          events: events as SessionEvents,
          address: HOST,
          rtpPort,
          rtcpPort,
          ssrc: 7,
          sequence: 65_500,
          timestamp: 1,
        },
        ...{ cname: 'leg', rtpTimeoutMs: 0 },
      });
      await session.open();
      open.push(session);
      session.set(
        mediaOf({
          remote: { address: HOST, rtpPort: peer.port, rtcpPort: peer.port },
          srtp: { send: null, receive: null },
          rtcpMux: true,
          dtls: {
            association: 'one',
            role: role === 'client' ? 'passive' : 'active',
            fingerprints: [{ hash: 'sha-256', value: fingerprintOf('sha256', peer.der) }],
            certificate: identity.certificate,
            privateKey: identity.privateKey(),
          },
        }),
      );
      if (peer.dtls instanceof DtlsClient) void peer.dtls.connect();
      const heard: Buffer[] = [];
      let srtp: SrtpSession | null = null;
      let sequence = 100;
      const frame = new Int16Array(160);
      let pulled = 0;
      for (let nextMs = clock.nowMs(); pulled < 20 || heard.length < 20; nextMs += 20) {
        await delay(clock, Math.max(0, nextMs - clock.nowMs()));
        if (session.pull(nextMs, frame) && frame[50] === sampleOf[0x80]) pulled += 1;
        session.push(nextMs, new Int16Array(160).fill(sampleOf[0x90]));
        if (!peer.dtls.connected) continue;
        srtp ??= sessionOf(peer.dtls);
        const header = new RtpHeader({ payloadType: 0, sequenceNumber: sequence, timestamp: sequence * 160, ssrc: 9 });
        peer.say(srtp.encrypt(Buffer.alloc(160, 0x80), header));
        sequence += 1;
        for (const packet of peer.rtp.splice(0)) {
          const { payload } = RtpPacket.deSerialize(srtp.decrypt(packet));
          if (payload.every((code) => code === 0x90)) heard.push(payload);
        }
        if (sequence > 600) break;
      }
      expect([pulled, heard.length].every((count) => count >= 20)).toBe(true);
      expect(news.filter((each) => each.startsWith('onSecurityFailed'))).toEqual([]);
      expect(session.stats()).toMatchObject({ srtpAuthFailures: 0, srtpReplayed: 0 });
    },
  );

  function sessionOf(dtls: DtlsClient | DtlsServer): SrtpSession {
    const { localKey, localSalt, remoteKey, remoteSalt } = dtls.extractSessionKeys(16, 14);
    const keys = {
      localMasterKey: localKey,
      localMasterSalt: localSalt,
      remoteMasterKey: remoteKey,
      remoteMasterSalt: remoteSalt,
    };
    return new SrtpSession({ keys, profile: 1 });
  }

  test.each(['client', 'server'] as const)('as %s', async (role) => {
    let to = 0;
    const peer = await theirs(() => to, role === 'client' ? DtlsClient : DtlsServer);
    const end = await ours(peer.der, [gcm, cm]);
    to = end.port;
    if (peer.dtls instanceof DtlsClient) void peer.dtls.connect();
    else end.begin(peer.port);
    await eventually('keys', () => end.news.includes('keys') && peer.dtls.connected);
    const { localKey, localSalt, remoteKey, remoteSalt } = peer.dtls.extractSessionKeys(16, 14);
    expect(Buffer.from(end.keys()!.receive.keyAndSalt)).toEqual(Buffer.concat([localKey, localSalt]));
    expect(Buffer.from(end.keys()!.send.keyAndSalt)).toEqual(Buffer.concat([remoteKey, remoteSalt]));
  });
});
