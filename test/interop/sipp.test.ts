import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import type { Gateway, Outcome } from './support/gateway.js';
import { requirePeers } from './support/peers.js';
import type { Sipp, SippOptions } from './support/sipp.js';
import { Stage } from './support/stage.js';

let stage: Stage;
let gateway: Gateway;

beforeAll(async () => {
  stage = new Stage();
  requirePeers('sipp');
  gateway = await stage.gateway();
});

afterAll(() => stage.close());

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

type Options = Partial<Omit<SippOptions, 'directory' | 'scenario'>>;

function start(scenario: string, options: Options = {}): Promise<Sipp> {
  return stage.sipp({ gateway, scenario, ...options });
}

/** Runs a scenario that has to succeed. */
async function run(scenario: string, options: Options = {}): Promise<void> {
  await (await start(scenario, options)).finished();
}

/** Registers a user at a free port, where a callee's scenario then takes his calls. */
async function registered(user: string): Promise<{ readonly user: string; readonly port: number }> {
  const port = await freePort();
  await run('register', { user, port, keys: { seconds: '120' } });
  return { user, port };
}

function outcome(some: Partial<Outcome>): Outcome {
  return { answered: 0, rejected: 0, canceled: 0, failed: 0, ended: 0, ...some };
}

/** The figures of the last leg that ended. */
async function lastMedia(calls: number): Promise<{ readonly packetsReceived: number; readonly packetsSent: number }> {
  const lines = await eventually(`${calls} media.closed`, () => {
    const all = gateway.logged('media.closed');
    return all.length >= calls && all;
  });
  return lines.at(-1) as unknown as { packetsReceived: number; packetsSent: number };
}

describe('sipp as a phone that registers', () => {
  test('RFC 3261 §10.2 with digest (qop=auth), again, and away with Expires 0', async () => {
    const port = await freePort();
    await run('register', { user: '3100', port, keys: { seconds: '120' } });
    await run('register', { user: '3100', port, keys: { seconds: '120' } });
    expect(await gateway.metrics()).toMatchObject({ registrations: 1, registrations_accepted_total: 2 });
    await run('register', { user: '3100', port, keys: { seconds: '0' } });
    expect(await gateway.metrics()).toMatchObject({ registrations: 0 });
  });

  test('RFC 3261 §22 a wrong password is 403', async () => {
    await run('register-refused', { user: '3101', password: 'wrong', keys: { seconds: '120' } });
    expect(await gateway.metrics()).toMatchObject({ registrations: 0 });
  });
});

describe('sipp as a caller into a room', () => {
  test.each(['udp', 'tcp'] as const)('RFC 3665 §3.1 a call over %s', async (transport) => {
    await run('call', { number: '9000', transport });
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });

  test.each(['udp', 'tcp'] as const)('RFC 3261 §22.2 a stranger is challenged over %s', async (transport) => {
    const strict = await stage.gateway('--unknown-call', 'challenge');
    await run('challenged-call', { gateway: strict, number: '9000', transport });
    expect(await strict.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });

  test('RFC 3264 §4 a late offer: sound flows after the answer in the ACK', async () => {
    const before = gateway.logged('media.closed').length;
    await run('late-offer', { number: '9000' });
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
    const { packetsReceived, packetsSent } = await lastMedia(before + 1);
    expect(packetsSent).toBeGreaterThan(0);
    expect(packetsReceived).toBeGreaterThan(0);
  });

  test('RFC 3264 §8.4 hold by sendonly, inactive and c=0.0.0.0, each resumed', async () => {
    await run('hold', { number: '9000' });
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });

  test('RFC 3261 §13.3.1.4 a lost 200 is resent until the ACK', async () => {
    await run('lost-200', { number: '9000', countsRetransmissions: true });
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });

  test('RFC 3261 §13.3.1.4 a delayed ACK leaves the call up', async () => {
    await run('delayed-ack', { number: '9000' });
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });
});

describe('sipp as both sides of a bridge', () => {
  test('RFC 3665 §3.8 CANCEL while the other phone rings', async () => {
    const callee = await registered('3200');
    const ringing = await start('callee-cancelled', callee);
    await run('cancel', { number: '3200' });
    await ringing.finished();
    expect(await gateway.outcome()).toEqual(outcome({ canceled: 2 }));
  });

  test('RFC 3261 §13.2.2.4 both phones of a user ring, one answers, the other is told so', async () => {
    const loser = await start('callee-elsewhere', await registered('3201'));
    const winner = await start('callee', await registered('3201'));
    await run('call', { number: '3201' });
    await Promise.all([winner.finished(), loser.finished()]);
    expect(await gateway.outcome()).toEqual(outcome({ answered: 2, ended: 2 }));
  });

  test('RFC 3261 §13.2.2.4 two answers to one INVITE: the second one is acknowledged and hung up on', async () => {
    const forked = await start('callee-forked', await registered('3202'));
    await run('call', { number: '3202' });
    await forked.finished();
    expect(await gateway.outcome()).toEqual(outcome({ answered: 2, ended: 2 }));
  });

  test('RFC 3262 §3, RFC 3311 §5.2 a caller that requires reliable ringing, and holds by UPDATE', async () => {
    const callee = await start('callee', await registered('3204'));
    await run('prack-caller', { number: '3204', countsRetransmissions: true });
    await callee.finished();
    expect(await gateway.outcome()).toEqual(outcome({ answered: 2, ended: 2 }));
  });

  test('RFC 3262 §5, RFC 3311 §5.2 a callee that answers in a reliable 183 and changes it by UPDATE before its 200', async () => {
    const callee = await start('callee-prack', await registered('3205'));
    await run('call', { number: '3205' });
    await callee.finished();
    expect(await gateway.outcome()).toEqual(outcome({ answered: 2, ended: 2 }));
  });

  test.each([486, 603])('contract 4.4 a callee that answers %s: the caller hears busy', async (code) => {
    const callee = await start(`rejects-${code}`, await registered(`3${code}`));
    await run('call-busy', { number: `3${code}` });
    await callee.finished();
    expect(await gateway.outcome()).toEqual(outcome({ rejected: 2 }));
  });
});

describe('sipp as a server that we call', () => {
  const trunkAccount = { username: 'trunkuser', password: 'secret' };
  const credentials = { user: trunkAccount.username, password: trunkAccount.password };

  async function callOut(trunk: Sipp, room: string, auth?: typeof trunkAccount): Promise<string> {
    const data = await gateway.api('POST', '/sip/invite/server', {
      room_id: room,
      dest_addr: `127.0.0.1:${trunk.port}`,
      from_number: '100',
      to_number: '555',
      ...(auth === undefined ? {} : { dest_auth: auth }),
    });
    return (data as { session_id: string }).session_id;
  }

  /** How a leg ended. */
  function endOf(callId: string): Promise<Readonly<Record<string, unknown>>> {
    return eventually('call.ended', () => gateway.logged('call.ended').find((line) => line.callId === callId));
  }

  test('RFC 3261 §22.2 its 401 is answered, as sipp verifies', async () => {
    const server = await start('trunk-401', credentials);
    const callId = await callOut(server, 't1', trunkAccount);
    await gateway.connected(1);
    await gateway.api('DELETE', `/sip/conn/${callId}`);
    await server.finished();
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });

  test('RFC 3261 §22.3, RFC 7616 §3.4.1 its 407 is answered with the right response', async () => {
    const trunk = await start('trunk-407');
    const callId = await callOut(trunk, 't2', trunkAccount);
    await gateway.connected(1);
    await gateway.api('DELETE', `/sip/conn/${callId}`);
    await trunk.finished();
    const sent = trunk.messages().match(/^Proxy-Authorization: (.*)$/m)?.[1] ?? '';
    const field = (name: string): string => sent.match(new RegExp(`\\b${name}="?([^",]*)`))?.[1] ?? '';
    const ha1 = md5(`${trunkAccount.username}:trunk.example:${trunkAccount.password}`);
    const ha2 = md5(`INVITE:${field('uri')}`);
    expect(field('uri')).toBe(`sip:555@127.0.0.1:${trunk.port}`);
    expect(field('response')).toBe(md5(`${ha1}:4f1c2b7a:00000001:${field('cnonce')}:auth:${ha2}`));
    expect(await gateway.outcome()).toEqual(outcome({ answered: 1, ended: 1 }));
  });

  test('RFC 3261 §22.2 wrong credentials are tried once: 403', async () => {
    const server = await start('trunk-401', credentials);
    const callId = await callOut(server, 't3', { ...trunkAccount, password: 'wrong' });
    await server.finished();
    expect(await endOf(callId)).toMatchObject({ code: 403 });
    await gateway.outcome();
  });

  test('contract 7.7 a server that challenges again ends the call with 407 after one retry', async () => {
    const trunk = await start('trunk-denies');
    const callId = await callOut(trunk, 't4', trunkAccount);
    await trunk.finished();
    expect(await endOf(callId)).toMatchObject({ state: 'Failed', code: 407 });
    expect(trunk.messages().match(/^INVITE sip:555@/gm)).toHaveLength(2);
  });

  test.each([486, 603])('RFC 3261 §21 it refuses with %s', async (code) => {
    const trunk = await start(`rejects-${code}`);
    const callId = await callOut(trunk, 't5');
    await trunk.finished();
    expect(await endOf(callId)).toMatchObject({ state: 'Rejected', code });
  });

  test('RFC 3261 §9.1 its 200 crosses our CANCEL: ACK, then BYE', async () => {
    await gateway.outcome();
    const trunk = await start('callee-late-200');
    const callId = await callOut(trunk, 't6');
    await eventually('ringing', async () => (await gateway.calls()).some(({ state }) => state === 'Ringing'));
    await gateway.api('DELETE', `/sip/conn/${callId}`);
    await trunk.finished();
    expect(await gateway.outcome()).toEqual(outcome({ canceled: 1 }));
  });
});

test('RFC 3261 §17 after all of this nothing is left, not even a transaction', async () => {
  await gateway.empty();
});
