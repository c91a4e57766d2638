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
