import { afterEach, describe, expect, test } from 'vitest';
import { readBindingRecord } from '../../../gateway/registrar/record.js';
import { ContractWorld } from '../../support/contract-world.js';
import type { WorldPhone } from '../../support/virtual-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

const office = '{ name: office.example, users: { "1001": pw1 }, rooms: { "9000": lobby } }';
const open = '{ name: open.example, auth: none, allow: 10.0.1.0/24, rooms: { "9000": open } }';

function phoneAt(user: string, domain: string, password: string, more = {}): Promise<WorldPhone> {
  return world.addQuietPhone(user, { domain, password, ...more });
}

/** What a call to room 9000 of the phone's domain comes to: `answered`, or the code of its refusal. */
async function callOf(phone: WorldPhone): Promise<string> {
  const call = await world.dial(phone, '9000');
  await world.until(() => call.log.includes('answered') || call.ended !== null, 'an answer');
  const came = call.ended === null ? 'answered' : String(call.ended.statusCode);
  call.hangUp();
  await world.clock.advance(1000);
  return came;
}

describe('who may call into a domain with users of its own', () => {
  test('RFC 3261 §22.2 a user with his password, also from elsewhere than he registered', async () => {
    world = await ContractWorld.start(`domains: [${office}]`);
    expect(await callOf(await phoneAt('1001', 'office.example', 'pw1'))).toBe('answered');
    expect(await callOf(await phoneAt('1001', 'office.example', 'guess'))).toBe('403');
  });

  test('nobody unregistered where unknown_call is reject', async () => {
    world = await ContractWorld.start(`unknown_call: reject\ndomains: [${office}]`);
    const phone = await phoneAt('1001', 'office.example', 'pw1');
    expect(await callOf(phone)).toBe('403');
    await world.register(phone);
    expect(await callOf(phone)).toBe('answered');
  });

  test('a trunk by its profile, whatever the list of the domain says', async () => {
    const listed = office.replace('users:', 'allow: 192.0.2.0/24, users:');
    const servers = 'servers: [{ alias: pbx, cidrs: [10.0.1.1] }]';
    world = await ContractWorld.start(`${servers}\ndomains: [${listed}]`);
    expect(await callOf(await phoneAt('7', 'office.example', 'none'))).toBe('answered');
    expect(await callOf(await phoneAt('1001', 'office.example', 'pw1'))).toBe('403');
  });

  test('no phone that is believed in another domain: it has proven nothing', async () => {
    world = await ContractWorld.start(`domains: [${office}, ${open}]`);
    const believed = await phoneAt('1001', 'open.example', 'none');
    expect((await world.register(believed)).statusCode).toBe(200);
    expect(await callOf(believed)).toBe('answered');
    // The same socket, and the other domain.
    Object.assign(believed.options, { domain: 'office.example', password: 'guess' });
    expect(await callOf(believed)).toBe('403');
    Object.assign(believed.options, { password: 'pw1' });
    expect(await callOf(believed)).toBe('answered');
  });
});

describe('auth: none with calls', () => {
  test('whoever comes from the list calls without a password, with or without a name', async () => {
    world = await ContractWorld.start(`domains: [${open}]`);
    expect(await callOf(await phoneAt('anybody', 'open.example', 'none'))).toBe('answered');
    expect(world.hooks.calls).toEqual([]);
  });

  test('others get 403 and no hook hears of it', async () => {
    world = await ContractWorld.start(`domains: [${open}]`);
    const stranger = await phoneAt('1001', 'open.example', 'none', { address: '10.0.2.1' });
    expect((await world.register(stranger)).statusCode).toBe(403);
    expect(await callOf(stranger)).toBe('403');
    expect(world.hooks.calls).toEqual([]);
  });
});

test('a binding that was stored before there were domains is the hooks’', async () => {
  world = await ContractWorld.start();
  const address = { address: '10.0.1.1', port: 5060 };
  const old = {
    ...{ sessionId: 's', username: '1001', realm: 'r', contact: 'sip:1001@10.0.1.1', instance: null, callId: 'c' },
    ...{ sequence: 1, q: 1, userAgent: null, registeredAtMs: 1, expiresAtMs: 2 },
    flow: { kind: 'udp', local: address, remote: address, connectionId: null },
  };
  expect(readBindingRecord(old)).toMatchObject({ username: '1001', domain: null });
});
