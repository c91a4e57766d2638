import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import type { SocketAddress } from '../../base/network.js';
import { createRealWebSockets } from '../../base/web-socket-network.js';
import { bindingRequest, parseBindingAnswer } from '../../sip/transport/stun.js';
import { TestAuthority } from '../support/certificates.js';
import { eventually } from '../support/eventually.js';
import type { GatewayProcess } from '../support/gateway-process.js';
import {
  type LoopbackPhone,
  type LoopbackPhoneOptions,
  LoopbackWorld,
  listen,
  reached,
  rung,
} from '../support/loopback-world.js';

const HOST = '127.0.0.1';
let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

interface Listening extends SocketAddress {
  readonly kind: string;
  readonly path?: string;
}

function listeningOf(gateway: GatewayProcess, kind: string): Listening[] {
  return (gateway.logged('ready')[0]!.listening as Listening[]).filter((each) => each.kind === kind);
}

function phoneAt(at: Listening, user: string, options: LoopbackPhoneOptions = {}, ca?: string): Promise<LoopbackPhone> {
  const client = { path: at.path ?? '/any', ...(ca === undefined ? {} : { ca: [ca] }) };
  const webSockets = { webSockets: createRealWebSockets(), client };
  return world.addRegistered(at, user, { transport: at.kind as 'ws' | 'wss', webSockets, ...options });
}

async function transportsOf(gateway: GatewayProcess): Promise<unknown> {
  const { data } = await gateway.api.GET('/sip/sessions');
  return data?.data.map(({ username, transport }) => [username, transport]);
}

/** A certificate with its key, in files that the gateway reads. */
async function certificateFiles(authority: TestAuthority) {
  const [cert, key] = [join(world.directory, 'cert.pem'), join(world.directory, 'key.pem')];
  const replace = async (by = authority): Promise<void> => {
    const issued = await by.issue({ ip: [HOST], dns: ['sip.example.com'] });
    writeFileSync(cert, issued.cert);
    writeFileSync(key, issued.key);
  };
  await replace();
  return { args: ['--tls-cert', cert, '--tls-key', key], cert, replace };
}

describe('RFC 7118 WebSocket', () => {
  test('phones register at /sip-ws of the HTTP listener and at one of its own, and call each other with sound', async () => {
    const gateway = await world.startGateway({ args: ['--sip-ws-listen', `${HOST}:0`] });
    const [own, attached] = listeningOf(gateway, 'ws') as [Listening, Listening];
    expect([own.path, attached.path]).toEqual([undefined, '/sip-ws']);
    expect(attached.port).toBe(Number(new URL(gateway.apiUrl).port));
    const anna = await phoneAt(attached, '1001', { toneHz: 440 });
    const ben = await phoneAt(own, '1002', { toneHz: 1250 });
    expect(await transportsOf(gateway)).toEqual([
      ['1001', 'ws'],
      ['1002', 'ws'],
    ]);
    for (const [caller, called, user] of [
      [anna, ben, '1002'],
      [ben, anna, '1001'],
    ] as const) {
      const call = await reached(await caller.dial(user), '180');
      // What has a WebSocket is taken for a browser: DTLS and ICE. A phone that has neither says 488, and gets plain RTP.
      (await rung(called)).answer();
      const ringing = await rung(called, 2);
      ringing.answer();
      await reached(call, 'answered');
      await listen(anna, { hears: [1250], not: [440] });
      await listen(ben, { hears: [440], not: [1250] });
      ringing.hangUp();
      await reached(call, 'ended bye');
    }
    expect((await gateway.metrics()).sip_connections).toBe(2);
    await gateway.idle();
  });

  test('RFC 7118 a phone whose connection has gone cannot be called', async () => {
    const gateway = await world.startGateway();
    const phone = await phoneAt(listeningOf(gateway, 'ws')[0]!, '1001');
    const { data } = await gateway.api.GET('/sip/sessions');
    await phone.close();
    await eventually('the connection is gone', async () => (await gateway.metrics()).sip_connections === 0);
    const answer = await gateway.api.POST('/sip/invite/client', {
      body: { room_id: 'r', from_number: '1', dest_session_id: data!.data[0]!.session_id },
    });
    expect(answer.error).toMatchObject({ error: 'NOT_FOUND' });
  });

  test('RFC 6455 §10.2 pages need to be allowed; other paths of the HTTP listener are no WebSockets', async () => {
    const gateway = await world.startGateway({ args: ['--sip-ws-origins', 'https://phone.example'] });
    const base = gateway.apiUrl.replace('http', 'ws');
    const outcome = (path: string, origin?: string): Promise<string> =>
      new Promise((resolve) => {
        const socket = new WebSocket(base + path, ['sip'], origin === undefined ? {} : { origin });
        socket.on('open', () => {
          resolve('open');
          socket.close();
        });
        socket.on('error', (error) => resolve(error.message));
      });
    expect(await outcome('/sip-ws', 'https://phone.example')).toBe('open');
    expect(await outcome('/sip-ws?token=1')).toBe('open');
    expect(await outcome('/sip-ws', 'https://evil.example')).toContain('403');
    expect(await outcome('/sip/calls')).toContain('404');
    expect((await gateway.metrics()).sip_handshakes_refused_total).toBe(1);
  });

  test('a gateway with a phone on its HTTP listener stops as fast as without one', async () => {
    const gateway = await world.startGateway({ args: ['--drain-ms', '0'] });
    await phoneAt(listeningOf(gateway, 'ws')[0]!, '1001');
    expect(await gateway.stop()).toEqual({ code: 0, signal: null });
  });

  test('sip_transports without ws leaves the path closed', async () => {
    const gateway = await world.startGateway({ args: ['--sip-transports', 'udp'] });
    expect(listeningOf(gateway, 'ws')).toEqual([]);
    expect(listeningOf(gateway, 'tcp')).toEqual([]);
    await expect(phoneAt({ kind: 'ws', ...httpOf(gateway), path: '/sip-ws' }, '1001')).rejects.toThrow();
  });
});

describe('TLS and WSS', () => {
  test('RFC 3261 §26.2 both open with a certificate, and a phone registers over WSS', async () => {
    const authority = await TestAuthority.create();
    const { args } = await certificateFiles(authority);
    const more = ['--sips-listen', `${HOST}:0`, '--sip-wss-listen', `${HOST}:0`];
    const gateway = await world.startGateway({ args: [...args, ...more] });
    await phoneAt(listeningOf(gateway, 'wss')[0]!, '1001', {}, authority.cert);
    expect(await transportsOf(gateway)).toEqual([['1001', 'wss']]);
    expect(listeningOf(gateway, 'tls')).toHaveLength(1);
    expect(await authorityOf(listeningOf(gateway, 'tls')[0]!)).toBe('CN=Test Authority');
    expect(gateway.program.stdout).toMatch(/SIP {4}udp .*; tcp .*; tls .*; ws .*\/sip-ws; wss /);
  });

  test('a new certificate is shown after SIGHUP, to TLS and WSS alike; the connections stay', async () => {
    const authority = await TestAuthority.create();
    const { args, replace, cert } = await certificateFiles(authority);
    const more = ['--sips-listen', `${HOST}:0`, '--sip-wss-listen', `${HOST}:0`];
    const gateway = await world.startGateway({ args: [...args, ...more] });
    const [tls, wss] = [listeningOf(gateway, 'tls')[0]!, listeningOf(gateway, 'wss')[0]!];
    const phone = await phoneAt(wss, '1001', {}, authority.cert);
    await replace(await TestAuthority.create('Next Authority'));
    gateway.program.signal('SIGHUP');
    await gateway.program.event('certificate.loaded');
    expect([await authorityOf(tls), await authorityOf(wss)]).toEqual(['CN=Next Authority', 'CN=Next Authority']);
    writeFileSync(cert, 'rubbish');
    gateway.program.signal('SIGHUP');
    await gateway.program.event('certificate.refused');
    expect(await authorityOf(tls)).toBe('CN=Next Authority');
    expect((await phone.register()).statusCode).toBe(200);
    expect(readFileSync(cert, 'utf8')).toBe('rubbish');
  });

  test('a key that is not that of the certificate stops the start, and the line names both files', async () => {
    const authority = await TestAuthority.create();
    const { args, cert } = await certificateFiles(authority);
    writeFileSync(cert, (await authority.issue()).cert);
    const ended = world.startGateway({ args });
    await expect(ended).rejects.toThrow(/tls_cert: .*cert\.pem and .*key\.pem are of no use: the key is not/);
  });
});

test('RFC 5626 §8 a STUN Binding request on the SIP port is answered with where it came from', async () => {
  const gateway = await world.startGateway();
  const raw = await world.openRaw(gateway.sip);
  raw.send(bindingRequest(Buffer.alloc(12, 9)));
  await eventually('an answer', () => raw.received.length === 1);
  const answer = parseBindingAnswer(Buffer.from(raw.received[0]!, 'latin1'));
  expect(answer).toMatchObject({ ok: true, value: { mapped: { address: HOST, port: raw.port } } });
  expect((await gateway.metrics()).sip_stun_answered_total).toBe(1);
});

test('the level of the log changes by API and by SIGUSR2', async () => {
  const gateway = await world.startGateway();
  gateway.program.signal('SIGUSR2');
  await eventually('the signal', async () => (await gateway.api.GET('/log/level')).data?.data.level === 'debug');
  await gateway.api.PUT('/log/level', { body: { level: 'warn' } });
  // The answer of the API and the line of the log come by different ways.
  await eventually('both lines', () => gateway.logged('log.level').length === 2);
  expect(gateway.logged('log.level').map(({ to, before, by }) => [to, before, by])).toEqual([
    ['debug', 'info', 'signal'],
    ['warn', 'debug', 'api'],
  ]);
});

function httpOf(gateway: GatewayProcess): SocketAddress {
  return { address: HOST, port: Number(new URL(gateway.apiUrl).port) };
}

/** Who signed the certificate that is shown there. */
function authorityOf({ port }: SocketAddress): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = tlsConnect({ host: HOST, port, rejectUnauthorized: false }, () => {
      resolve(socket.getPeerX509Certificate()?.issuer ?? 'nobody');
      socket.destroy();
    });
    socket.on('error', reject);
  });
}
