import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { TlsCertificate } from '../../base/tls.js';
import { TlsCertificates, type TlsTransportOptions, tlsTransport } from '../../sip/index.js';
import { TestAuthority } from '../support/certificates.js';
import { LOOPBACK, RealAgent } from '../support/real-agent.js';
import { runSipp } from '../support/sipp.js';

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 40_000, interval: 10 });
let authority: TestAuthority;
let bobs: TlsCertificate;
const agents: RealAgent[] = [];

beforeAll(async () => {
  authority = await TestAuthority.create();
  bobs = await authority.issue({ uri: ['sip:bob.example'], ip: [LOOPBACK] });
});

afterEach(async () => {
  await Promise.all(agents.splice(0).map(({ ua }) => ua.close()));
});

async function agent(name: string, options: TlsTransportOptions, kinds: ('tls' | 'tcp')[] = ['tls']) {
  const transports = [tlsTransport({ ca: [authority.cert], ...options })];
  const listens = kinds.map((kind) => ({ kind, address: LOOPBACK, port: 0 }));
  const started = await RealAgent.start(name, { listens, transports });
  agents.push(started);
  return started;
}

/** Bob listens, alice only calls. */
async function pair(bob: TlsTransportOptions = {}, alice: TlsTransportOptions = {}) {
  return {
    bob: await agent('bob', { certificates: new TlsCertificates([bobs]), ...bob }),
    alice: await agent('alice', alice, []),
  };
}

test('RFC 3261 §26.2 a call over TLS to a domain that the server proves to be, and its end', async () => {
  const { alice, bob } = await pair();
  alice.call({ ...bob.at('tls'), serverName: 'bob.example' });
  await eventually(() => expect(alice.heard).toEqual(['answered']));
  await eventually(() => expect(bob.heard).toEqual(['confirmed']));
  expect(bob.sessions[0]?.flow.kind).toBe('tls');
  bob.sessions[0]?.end();
  await eventually(() => expect(alice.heard).toEqual(['answered', 'ended remote bye']));
  expect([alice.transport.connections, bob.transport.connections]).toEqual([1, 1]);
});

test('RFC 5923 §8.2 with certificates on both sides one connection serves calls both ways', async () => {
  const alices = await authority.issue({ uri: ['sip:alice.example'] });
  const mutual = { clientCertificate: 'require' } as const;
  const bob = await agent('bob', { ...mutual, certificates: new TlsCertificates([bobs]) });
  const sentBy = { host: 'alice.example' };
  const alice = await agent('alice', { ...mutual, certificates: new TlsCertificates([alices]), sentBy });
  alice.call({ ...bob.at('tls'), serverName: 'bob.example' });
  await eventually(() => expect(bob.heard).toEqual(['confirmed']));
  expect(bob.sessions[0]?.flow.identities).toEqual(['alice.example']);
  // Alice’s sent-by has no port: that of the default is meant, though she listens elsewhere.
  bob.call({ kind: 'tls', address: LOOPBACK, port: 5061, serverName: 'alice.example' });
  await eventually(() => expect(bob.heard).toEqual(['confirmed', 'answered']));
  expect([alice.transport.connections, bob.transport.connections]).toEqual([1, 1]);
});

describe('RFC 5922 §7.3 refused before a word of SIP', () => {
  test('another name, an unknown authority, an expired certificate, no certificate where one is required', async () => {
    const stranger = await TestAuthority.create('Stranger');
    const expired = await authority.issue({ uri: ['sip:bob.example'], notAfterMs: Date.now() - 60_000 });
    const { alice, bob } = await pair();
    const late = await agent('bob', { certificates: new TlsCertificates([expired]) });
    const strict = await agent('bob', { certificates: new TlsCertificates([bobs]), clientCertificate: 'require' });
    const distrustful = await agent('carol', { ca: [stranger.cert] }, []);
    const serverName = 'bob.example';
    alice.call({ ...bob.at('tls'), serverName: 'carol.example' });
    alice.call({ ...late.at('tls'), serverName });
    alice.call({ ...strict.at('tls'), serverName });
    distrustful.call({ ...bob.at('tls'), serverName });
    await eventually(() =>
      expect([...alice.heard, ...distrustful.heard]).toEqual(Array(4).fill('ended local transport')),
    );
    expect([bob, late, strict].map(({ transport }) => transport.counters.requestsReceived)).toEqual([0, 0, 0]);
    expect(alice.transport.counters.tlsIdentitiesRefused).toBe(1);
    expect(alice.transport.connections).toBe(0);
  });
});

test('certificates are renewed under a running listener, and calls on the old connection go on', async () => {
  const certificates = new TlsCertificates([bobs]);
  const { alice, bob } = await pair({ certificates });
  const old = { ...bob.at('tls'), serverName: 'bob.example' };
  expect(await alice.options(old)).toBe(200);
  certificates.replace([await authority.issue({ uri: ['sip:new.example'] })]);
  expect(await alice.options({ ...old, serverName: 'new.example' })).toBe(200);
  expect(await alice.options(old)).toBe(200);
  expect(alice.transport.connections).toBe(2);
});

test.each([
  ['-tls1_1', 'Cipher is (NONE)'],
  ['-tls1_2', 'Verify return code: 0 (ok)'],
])('RFC 8996 §5 nothing older than TLS 1.2 is spoken: %s', async (version, said) => {
  const { bob } = await pair();
  const { address, port } = bob.at('tls');
  const folder = mkdtempSync(join(tmpdir(), 'hookline-tls-'));
  writeFileSync(join(folder, 'ca.pem'), authority.cert);
  const trust = ['-CAfile', join(folder, 'ca.pem'), '-cipher', 'DEFAULT@SECLEVEL=0'];
  const child = spawn('openssl', ['s_client', '-connect', `${address}:${port}`, version, '-alpn', 'sip', ...trust]);
  let heard = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  child.stdin.end();
  await once(child, 'close');
  expect(heard).toContain(said);
  rmSync(folder, { recursive: true });
});

describe('sipp as the caller', () => {
  test.each(['t1', 'tn'])('calls over TCP (-t %s)', async (mode) => {
    const directory = mkdtempSync(join(tmpdir(), 'hookline-sipp-'));
    const bob = await agent('bob', {}, ['tcp']);
    const { address, port } = bob.at('tcp');
    const run = { scenario: 'integration/sipp/call.xml', user: 'bob', calls: 40, callsPerSecond: 20, directory };
    await runSipp({ ...run, server: { address, port }, arguments: ['-t', mode, '-max_socket', '500'] });
    expect(bob.heard.filter((line) => line === 'confirmed')).toHaveLength(40);
    expect(bob.heard.filter((line) => line === 'ended remote bye')).toHaveLength(40);
    rmSync(directory, { recursive: true });
  });
});
