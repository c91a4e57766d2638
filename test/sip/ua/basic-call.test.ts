import { expect, test } from 'vitest';
import { ANSWER, OFFER, UaBench } from '../../support/ua-bench.js';

async function pair(options: ConstructorParameters<typeof UaBench>[0] = {}) {
  const bench = new UaBench(options);
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  return { bench, alice, bob };
}

test('RFC 3665 §3.1 a call is set up and the called side hangs up', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  expect(call.state).toBe('calling');
  await bench.clock.advance(100);
  expect(call.state).toBe('early');
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect([call.state, bob.session.state]).toEqual(['confirmed', 'confirmed']);
  expect(bob.session.offer).toEqual(OFFER);
  bob.session.end();
  await bench.clock.advance(100);
  bench.expectLadder(`
      0 alice > bob INVITE
      1 bob > alice 180 INVITE
    100 bob > alice 200 INVITE
    101 alice > bob ACK
    200 bob > alice BYE
    201 alice > bob 200 BYE
  `);
  expect(alice.heard).toEqual(['progress 180', 'answered v=0 answer', 'ended remote bye']);
  expect(bob.heard).toEqual(['confirmed null', 'ended local bye']);
  await bench.expectNothingLeft();
});
