import { afterEach, expect, test } from 'vitest';
import { tagOf } from '../../../sip/header-values.js';
import { ContractWorld } from '../../support/contract-world.js';
import { silentMedia } from '../../support/phone.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';

let world: ContractWorld;

afterEach(() => world.finish());

const body = silentMedia('10.0.2.1').offer('sendrecv');

test('RFC 3261 §12.2.2 an INVITE in a dialog that does not exist is told so once and leaves nothing behind', async () => {
  world = await ContractWorld.start();
  const endpoint = await SipEndpoint.open(world.network.host('10.0.2.1'), '10.0.2.1');
  const invite = endpoint.send({ method: 'INVITE', user: '9000', toTag: 'gone', body });
  await world.clock.advance(10_000);
  expect(endpoint.received).toMatchObject([{ statusCode: 481 }]);
  expect(world.leftovers()).toEqual({});
  // The same question again: the same answer.
  endpoint.sendMessage(invite);
  await world.clock.advance(100);
  expect(endpoint.received).toMatchObject([{ statusCode: 481 }, { statusCode: 481 }]);
  await endpoint.close();
});

test('contract §2.6 a datagram from the address and port of a TCP connection is not from its user', async () => {
  world = await ContractWorld.start('ip_rules: [{ scope: call, peer: client, action: deny, cidr: 0.0.0.0/0 }]');
  const phone = await world.addRegistered('1001', { transport: 'tcp' });
  const sessions = await world.gateway.api('GET', '/sip/sessions');
  const source = String(sessions.json.data[0].source);
  const { address } = phone.options;
  const forger = await SipEndpoint.open(world.network.host(address), address, { port: Number(source.split(':')[1]) });
  forger.send({ method: 'INVITE', user: '9000', from: '1001', body });
  await world.clock.advance(100);
  expect(world.hooks.bodies('invite')).toMatchObject([{ source, username: null }]);
  // The connection's own requests are: the rule for clients is theirs.
  await world.dial(phone, '9000', 'ended rejected');
  expect(phone.call?.ended?.statusCode).toBe(403);
  await forger.close();
  await world.expectNothingLeft();
});

test('RFC 3261 §26.1.3 who knows a dialog but comes from elsewhere does not draw the call to himself', async () => {
  world = await ContractWorld.start();
  world.hooks.on('invite', { json: { strategy: 'Accept', room_id: 'r' } });
  const phone = await world.addRegistered('1001');
  const call = await world.dial(phone, '9000', 'answered');
  const answer = world.wire.find(({ text }) => text === '200 INVITE')!.message;
  const thief = await SipEndpoint.open(world.network.host('10.0.2.66'), '10.0.2.66');
  const forged = thief.send({
    method: 'UPDATE',
    user: '9000',
    from: '1001',
    fromTag: tagOf(answer.from)!,
    toTag: tagOf(answer.to)!,
    callId: answer.callId,
    sequence: 1_000_000,
  });
  await world.clock.advance(100);
  expect(thief.answersTo(forged)).toMatchObject([{ statusCode: 401 }]);
  // The gateway ends the call: its BYE goes to the phone.
  await world.gateway.api('DELETE', `/sip/conn/${world.hooks.bodies('invite')[0]?.conn_id}`);
  await world.until(() => call.ended !== null, 'the BYE at the phone');
  expect(thief.requests('BYE')).toEqual([]);
  await thief.close();
  await world.expectNothingLeft();
});
