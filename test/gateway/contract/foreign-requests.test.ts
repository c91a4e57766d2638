import { afterEach, expect, test } from 'vitest';
import { answerChallenge } from '../../../sip/auth/digest.js';
import type { HeaderList } from '../../../sip/build.js';
import { tagOf } from '../../../sip/header-values.js';
import type { SipResponse } from '../../../sip/message.js';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { type EndpointRequest, SipEndpoint } from '../../support/sip-endpoint.js';

let world: ContractWorld;
const endpoints: SipEndpoint[] = [];

afterEach(async () => {
  for (const endpoint of endpoints.splice(0)) await endpoint.close();
  await world.finish();
});

async function start(config = ''): Promise<void> {
  world = await ContractWorld.start(config);
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
}

async function at(address: string): Promise<SipEndpoint> {
  const endpoint = await SipEndpoint.open(world.network.host(address), address);
  endpoints.push(endpoint);
  return endpoint;
}

/** What everybody on the way has seen of the call that was answered last. */
function dialog(): Pick<EndpointRequest, 'callId' | 'fromTag' | 'toTag'> {
  const { callId, from, to } = world.wire.filter(({ text }) => text === '200 INVITE').at(-1)!.message;
  return { callId, fromTag: tagOf(from)!, toTag: tagOf(to)! };
}

let sequence = 1_000_000;

/** Sends a request of that dialog and gives its final response; null when there is none. */
async function ask(
  endpoint: SipEndpoint,
  method: string,
  headers: HeaderList = [],
  parts: Partial<EndpointRequest> = dialog(),
): Promise<SipResponse | null> {
  sequence += 1;
  const request = endpoint.send({ method, user: '9000', from: '1001', sequence, headers, ...parts });
  await world.clock.advance(100);
  return endpoint.answersTo(request).find(({ statusCode }) => statusCode >= 200) ?? null;
}

function proof(challenged: SipResponse, username: string, method: string): HeaderList {
  const { random } = world;
  const options = { username, password: username, method, uri: 'sip:9000@10.0.0.1', random, nonceCount: 1 };
  const answer = answerChallenge(challenged.headers.all('WWW-Authenticate'), options);
  return [['Authorization', answer?.value ?? '']];
}

const offer = silentMedia('10.0.5.1').offer('sendrecv');

/** A call from somebody who is not registered, answered. */
async function strangersCall(address: string): Promise<SipEndpoint> {
  const stranger = await at(address);
  const invite = stranger.send({ method: 'INVITE', user: '9000', from: '77', body: offer });
  await world.until(() => stranger.answersTo(invite).some(({ statusCode }) => statusCode === 200), 'the 200');
  stranger.acknowledge(invite, stranger.answersTo(invite).at(-1)!);
  await world.clock.advance(50);
  return stranger;
}

test('RFC 3261 §26.1.3 a BYE from elsewhere is the user’s when he proves it, and nobody else’s', async () => {
  await start();
  const phone = await world.addRegistered('1001');
  const call = await world.dial(phone, '9000', 'answered');
  const elsewhere = await at('10.0.2.66');
  const challenged = await ask(elsewhere, 'BYE');
  expect(challenged?.statusCode).toBe(401);
  expect((await ask(elsewhere, 'BYE', proof(challenged!, '1002', 'BYE')))?.statusCode).toBe(403);
  const wrong = await ask(elsewhere, 'UPDATE', [['Authorization', 'Digest username="1001"']]);
  expect(wrong?.statusCode).toBe(401);
  // Nothing of it has reached the call, not even its CSeq.
  expect(call.ended).toBeNull();
  const right = await ask(elsewhere, 'UPDATE', proof(wrong!, '1001', 'UPDATE'));
  expect(right?.statusCode).toBe(200);
  // Now the call is with him there.
  expect((await ask(elsewhere, 'BYE'))?.statusCode).toBe(200);
  call.hangUp();
  await world.expectNothingLeft();
});

test('RFC 3261 §26.1.3 who has registered from there needs no proof, and is spoken to there', async () => {
  await start();
  const phone = await world.addRegistered('1001');
  const call = await world.dial(phone, '9000', 'answered');
  const there = await at('10.0.2.66');
  const challenged = await ask(there, 'REGISTER', [['Expires', '60']], { user: undefined, to: '1001' });
  await ask(there, 'REGISTER', [['Expires', '60'], ...proof(challenged!, '1001', 'REGISTER')], { to: '1001' });
  expect((await ask(there, 'UPDATE'))?.statusCode).toBe(200);
  await world.gateway.api('DELETE', `/sip/conn/${world.hooks.bodies('invite')[0]?.conn_id}`);
  await world.clock.advance(100);
  const [bye] = there.requests('BYE');
  there.respond(bye!, 200);
  call.hangUp();
  await world.expectNothingLeft();
});

test.each([
  ['hook', 200],
  ['challenge', 403],
  ['reject', 403],
] as const)(
  'contract §2.6 a trunk’s call, unknown_call: %s: from its other address 200, from elsewhere %i',
  async (mode, statusCode) => {
    await start(`unknown_call: ${mode}\nservers: [{alias: pbx, cidrs: [10.0.7.0/24], auth: none}]`);
    const elsewhere = await at('10.0.8.1');
    const other = await at('10.0.7.2');
    await strangersCall('10.0.7.1');
    expect((await ask(elsewhere, 'UPDATE'))?.statusCode).toBe(statusCode);
    expect((await ask(other, 'BYE'))?.statusCode).toBe(200);
    await world.expectNothingLeft();
  },
);

test('contract §2.6 whom a rule keeps out of calls it keeps out of dialogs, but not of those that are his', async () => {
  const cidr = 'cidr: 10.0.5.0/24';
  await start(
    `ip_rules: [{scope: call, peer: client, action: allow, ${cidr}}, {scope: call, peer: any, action: deny, ${cidr}}]`,
  );
  const phone = await world.addRegistered('1001', { address: '10.0.5.1' });
  const call = await world.dial(phone, '9000', 'answered');
  const denied = await at('10.0.5.2');
  expect((await ask(denied, 'BYE'))?.statusCode).toBe(403);
  expect((await ask(denied, 'BYE', [], { toTag: 'none' }))?.statusCode).toBe(403);
  // The phone is no client any more; its call is.
  await world.while(phone.register(0));
  call.hangUp();
  await world.until(() => call.ended !== null, 'the end');
  expect(world.ladder(phone, 'BYE')).toEqual(['> BYE', '< 200 BYE']);
  await world.expectNothingLeft();
});

test('contract §2.6 deny_mode: drop says nothing to who claims a dialog either', async () => {
  await start('deny_mode: drop\nip_rules: [{scope: call, peer: any, action: deny, cidr: 10.0.5.0/24}]');
  const denied = await at('10.0.5.2');
  expect(await ask(denied, 'BYE', [], { toTag: 'none' })).toBeNull();
  expect(denied.received).toEqual([]);
  await world.expectNothingLeft();
});

test('design §9 requests in a dialog are never shed: a caller may send more of them than calls', async () => {
  await start();
  const stranger = await strangersCall('10.0.5.1');
  const infos = Array.from({ length: 60 }, (_, i) =>
    stranger.send({ method: 'INFO', user: '9000', from: '77', sequence: 100 + i, ...dialog() }),
  );
  await world.clock.advance(100);
  const codes = infos.map((info) => stranger.answersTo(info).at(-1)?.statusCode);
  expect(codes).not.toContain(503);
  expect(codes).toHaveLength(60);
  expect((await ask(stranger, 'BYE'))?.statusCode).toBe(200);
  await world.expectNothingLeft();
});

test('RFC 3261 §10.2 a REGISTER in a dialog is judged like any other', async () => {
  await start('ip_rules: [{scope: register, peer: any, action: deny, cidr: 10.0.5.0/24}]');
  const stranger = await strangersCall('10.0.5.1');
  const { callId, fromTag, toTag } = dialog();
  const registered = await ask(stranger, 'REGISTER', [], { callId, fromTag, toTag, from: '77', to: '9000' });
  expect(registered?.statusCode).toBe(403);
  expect((await ask(stranger, 'BYE'))?.statusCode).toBe(200);
  await world.expectNothingLeft();
});
