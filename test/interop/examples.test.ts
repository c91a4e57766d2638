import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Dnsmasq } from '../support/dnsmasq.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { Program } from '../support/program.js';
import { Browser } from './support/browser.js';
import { requirePeers } from './support/peers.js';
import type { SippOptions } from './support/sipp.js';
import { Stage } from './support/stage.js';

/** Every program of examples/, started as its user starts it, with peers that are not ours. */

const HOST = '127.0.0.1';
let stage: Stage;

beforeEach(() => {
  stage = new Stage();
});

afterEach(() => stage.close());

/** An example that runs once it has printed `ready`. */
async function start(name: string, args: readonly string[], ready: string): Promise<Program> {
  const program = new Program(`examples/${name}.js`, args);
  stage.onClose(() => program.kill());
  await program.prints(ready);
  return program;
}

/** One that ends by itself. */
async function run(name: string, ...args: readonly string[]): Promise<{ code: number | null; stdout: string }> {
  const program = new Program(`examples/${name}.js`, args);
  stage.onClose(() => program.kill());
  const { code } = await program.ended;
  return { code, stdout: program.stdout };
}

function sipp(port: number, options: Omit<SippOptions, 'directory' | 'gateway'>) {
  return stage.sipp({ gateway: { address: `${HOST}:${port}` }, ...options });
}

/** Ctrl-C, and waits until it has ended by itself. */
async function interrupt(program: Program): Promise<void> {
  program.signal('SIGINT');
  expect(await program.ended).toEqual({ code: 0, signal: null });
}

describe('registrar and hello-register', () => {
  test('RFC 3261 §10.2 hello-register is registered with digest, and refused with a wrong password', async () => {
    const at = `${HOST}:${await freePort()}`;
    const registrar = await start('registrar', [at, HOST, 'alice:secret'], 'registrar of');
    expect(await run('hello-register', `sip:alice@${at}`, 'secret')).toMatchObject({
      code: 0,
      stdout: 'registered for 3600 s\n',
    });
    await registrar.prints(`alice@${HOST} registered: sip:alice@${HOST}:`);
    const refused = await run('hello-register', `sip:alice@${at}`, 'wrong');
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain('statusCode: 403');
    await interrupt(registrar);
  });

  test.each(['udp', 'tcp'] as const)('RFC 3261 §10.3 sipp registers over %s, and sipsak', async (transport) => {
    const port = await freePort();
    const registrar = await start('registrar', [`${HOST}:${port}`, HOST, '3001:3001'], 'registrar of');
    const phone = await sipp(port, { scenario: 'register', transport, keys: { seconds: '300' } });
    await phone.finished();
    await registrar.prints(`3001@${HOST} registered`);
    if (transport === 'tcp') return;
    requirePeers('sipsak');
    const args = [
      '-U',
      '-u',
      '3001',
      '-C',
      `sip:3001@${HOST}:9`,
      '-x',
      '60',
      '-a',
      '3001',
      '-s',
      `sip:3001@${HOST}:${port}`,
    ];
    const { status, stdout } = spawnSync('sipsak', args, { encoding: 'utf8' });
    expect([status, stdout]).toEqual([0, expect.anything()]);
    await registrar.prints(`sip:3001@${HOST}:9`);
  });
});

test('RFC 3263 §4 a line is registered at a trunk that dnsmasq names, takes calls, and is unregistered', async () => {
  const [port, own] = [await freePort(), await freePort()];
  const records = ['--srv-host=_sip._udp.trunk.test,proxy.trunk.test', `--host-record=proxy.trunk.test,${HOST}`];
  const dns = await Dnsmasq.start([`${records[0]},${port}`, records[1]!]);
  stage.onClose(() => dns.stop());
  const registrar = await start('registrar', [`${HOST}:${port}`, 'trunk.test', '4930123:secret'], 'registrar of');
  const { address } = dns;
  const args = ['sip:4930123@trunk.test', 'secret', `udp:${HOST}:${own}`, `${address.address}:${address.port}`];
  const line = await start('outbound-registration', args, `registered at ${HOST}:${port} for 300 s`);
  await line.prints('OPTIONS 200');
  await registrar.prints(`4930123@trunk.test registered: sip:4930123@${HOST}:${own}`);
  await (await sipp(own, { scenario: 'call-busy' })).finished();
  await line.prints('call from sip:3001@');
  await interrupt(line);
  expect(line.stdout).toContain('unregistered');
  await registrar.prints('4930123@trunk.test unregistered');
});

test('RFC 3261 §8.3 the redirect server sends sipp to its Contacts by q, and nobody to 404', async () => {
  const port = await freePort();
  const server = await start('redirect-server', [`udp:${HOST}:${port}`], 'redirect server');
  await (await sipp(port, { scenario: 'redirected' })).finished();
  expect(server.stdout).toContain('INVITE 3001 → 302');
  expect(server.stdout).toContain('INVITE nobody → 404');
  await interrupt(server);
});

describe('the stateless proxy', () => {
  async function between(callee: string, caller: string, transport: 'udp' | 'tcp' = 'udp'): Promise<void> {
    const [port, behind] = [await freePort(), await freePort()];
    const called = await sipp(port, { scenario: callee, port: behind });
    const listens = [`udp:${HOST}:${port}`, `tcp:${HOST}:${port}`];
    await start('stateless-proxy', [`sip:${HOST}:${behind}`, ...listens], 'stateless proxy');
    const calling = await sipp(port, { scenario: caller, transport });
    await calling.finished();
    await called.finished();
  }

  test.each(['udp', 'tcp'] as const)(
    'RFC 3261 §16.11 stands between two sipp, the caller on %s, for a call with a re-INVITE',
    (transport) => between('proxied-callee', 'proxied-caller', transport),
  );

  test('RFC 3261 §16.10 a CANCEL takes the way of its INVITE', () => between('callee-cancelled', 'cancel'));

  test('RFC 3261 §16.7 a refusal and the ACK to it pass', () => between('rejects-486', 'call-busy'));

  test('RFC 3261 §16.3 refuses what has no hops left, needs an extension, or comes round', async () => {
    const port = await freePort();
    // Its next hop is itself.
    await start('stateless-proxy', [`sip:${HOST}:${port}`, `udp:${HOST}:${port}`], 'stateless proxy');
    await (await sipp(port, { scenario: 'not-proxied' })).finished();
  });
});

describe('the B2BUA', () => {
  async function between(callee: string, caller: string): Promise<Program> {
    const [port, behind] = [await freePort(), await freePort()];
    const called = await sipp(port, { scenario: callee, port: behind });
    const program = await start('b2bua', [`sip:${HOST}:${behind}`, `udp:${HOST}:${port}`], 'b2bua');
    await (await sipp(port, { scenario: caller })).finished();
    await called.finished();
    return program;
  }

  test('RFC 3261 §14 carries a call, its re-INVITE with both descriptions, and its BYE', async () => {
    await interrupt(await between('bridged-callee', 'bridged-caller'));
  });

  test('RFC 3261 §13.2.2.4 carries a call and a re-INVITE without offers: the answers are in its ACKs', async () => {
    await interrupt(await between('bridged-late-callee', 'bridged-late-caller'));
  });

  test('RFC 3261 §9 carries the CANCEL', () => between('callee-cancelled', 'cancel'));

  test('RFC 3261 §21.4.24 carries the 486', () => between('rejects-486', 'call-busy'));
});

test('RFC 3856, RFC 3903, RFC 3857 the presence server tells sipp what sipp publishes, and who watches', async () => {
  const port = await freePort();
  const server = await start('presence-server', [`udp:${HOST}:${port}`], 'presence server');
  const publisher = await sipp(port, { scenario: 'publisher', user: 'anna' });
  await server.prints(`sip:anna@${HOST} has 1 publications`);
  const watcher = await sipp(port, { scenario: 'watcher', user: 'watcher', number: 'anna' });
  await server.prints(`sip:anna@${HOST} is watched`);
  await (await sipp(port, { scenario: 'winfo-fetcher', user: 'boss', number: 'anna' })).finished();
  await publisher.finished();
  await watcher.finished();
});

test('RFC 3680, RFC 4235 the presence server tells sipp who is registered, and who is on the phone', async () => {
  const port = await freePort();
  const server = await start('presence-server', [`udp:${HOST}:${port}`], 'presence server');
  const watchers = [
    await sipp(port, { scenario: 'registration-watcher', user: 'anna' }),
    await sipp(port, { scenario: 'busy-watcher', user: 'bob' }),
  ];
  for (const watcher of watchers) await watcher.finished();
  await interrupt(server);
});

describe('the load generator', () => {
  test('RFC 3261 §13 counts the calls that sipp answers', async () => {
    const port = await freePort();
    const callee = await sipp(port, { scenario: 'callee', port, calls: 20 });
    const { code, stdout } = await run('load-generator', `sip:service@${HOST}:${port}`, 'INVITE', '50', '20');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^INVITE 200: 20\n20 in \d+ ms, the slowest \d+ ms\n$/)]);
    await callee.finished();
  });

  test('RFC 3261 §11 and the OPTIONS that a registrar answers', async () => {
    const at = `${HOST}:${await freePort()}`;
    await start('registrar', [at], 'registrar of');
    const { stdout } = await run('load-generator', `sip:${at}`, 'OPTIONS', '200', '50');
    expect(stdout).toMatch(/^OPTIONS 200: 50\n/);
  });
});

test('RFC 7118 phones in pages register with digest and send each other MESSAGE', async () => {
  const accounts = ['alice:secret', 'bob:secret'];
  const server = await start('phone-in-a-page/server', ['0', ...accounts], 'phones at ');
  const url = /phones at (\S+)/.exec(server.stdout)![1]!;
  const browser = await Browser.start();
  stage.onClose(() => browser.close());
  const [alice, bob] = [await browser.page(url), await browser.page(url)];
  const log = (page: typeof alice): Promise<string | null> => page.textContent('#log');
  for (const [page, user] of [
    [alice, 'alice'],
    [bob, 'bob'],
  ] as const) {
    await page.fill('#user', user);
    await page.click('#register');
    await eventually(`${user} registered`, async () => (await log(page))?.includes('registered'));
  }
  await alice.fill('#text', 'grüß dich');
  await alice.click('#send');
  await eventually('the message', async () => (await log(bob))?.includes('alice: grüß dich'));
  await eventually('its delivery', async () => (await log(alice))?.includes('bob: delivered'));
  await alice.fill('#to', 'nobody');
  await alice.click('#send');
  await eventually('no delivery', async () => (await log(alice))?.includes('nobody: not delivered'));
});
