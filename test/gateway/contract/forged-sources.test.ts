import { afterEach, expect, test } from 'vitest';
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
