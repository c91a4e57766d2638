import { expect, test } from 'vitest';
import { type Agent, ANSWER, UaBench } from '../../support/ua-bench.js';

const OTHER = Buffer.from('v=0 other');

async function pair(): Promise<{ bench: UaBench; alice: Agent; bob: Agent }> {
  const bench = new UaBench();
  return { bench, alice: await bench.agent('alice', '10.0.0.1'), bob: await bench.agent('bob', '10.0.0.2') };
}

/** Takes that offer and refuses all others. */
function takes(agent: Agent, wanted: string, statusCode = 488): void {
  agent.onInvite = (session) => {
    if (session.offer?.toString() === wanted) session.accept({ body: ANSWER });
    else session.reject(statusCode);
  };
}

test.each([415, 488])('RFC 3261 §8.1.3.5 after a %i another offer goes out in the same call', async (statusCode) => {
  const { bench, alice, bob } = await pair();
  takes(bob, 'v=0 other', statusCode);
  const asked: number[] = [];
  alice.handlers.onRefused = ({ response, branch }) => {
    asked.push(response.statusCode, branch);
    return OTHER;
  };
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(asked).toEqual([statusCode, 0]);
  expect(alice.heard).toEqual(['answered v=0 answer']);
  expect(new Set(bob.incoming.map(({ callId }) => callId)).size).toBe(1);
  const [first, second] = bob.incoming.map(({ invite }) => invite.cseq.sequence);
  expect(second).toBe(first! + 1);
  call.end();
  await bench.expectNothingLeft();
});

test('a contact is offered four things at most, then its refusal stands', async () => {
  const { bench, alice, bob } = await pair();
  takes(bob, 'nothing');
  alice.handlers.onRefused = () => OTHER;
  alice.call(bob);
  await bench.clock.advance(100);
  expect(bob.incoming.map(({ offer }) => offer?.toString())).toEqual([
    'v=0 offer',
    ...['v=0 other', 'v=0 other', 'v=0 other'],
  ]);
  expect(alice.heard).toEqual(['ended remote rejected 488']);
  await bench.expectNothingLeft();
});

test.each([
  ['another status', 486, {}],
  ['a call without an offer', 488, { body: null }],
])('%s is not asked about', async (_name, statusCode, options) => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.reject(statusCode);
  alice.handlers.onRefused = () => OTHER;
  alice.call(bob, options);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual([`ended remote rejected ${statusCode}`]);
  await bench.expectNothingLeft();
});

test('RFC 3261 §9.1 a cancelled call offers nothing more', async () => {
  const { bench, alice, bob } = await pair();
  alice.handlers.onRefused = () => OTHER;
  const call = alice.call(bob);
  await bench.clock.advance(100);
  call.end();
  bob.session.reject(488);
  await bench.clock.advance(100);
  expect(bob.incoming).toHaveLength(1);
  await bench.expectNothingLeft();
});

test('each contact gets its own other offer, and who answers is told apart by its index', async () => {
  const { bench, alice, bob } = await pair();
  const carol = await bench.agent('carol', '10.0.0.3');
  takes(carol, 'v=0 other');
  const answeredBy: number[] = [];
  alice.handlers = {
    onRefused: ({ branch }) => (branch === 1 ? OTHER : null),
    onAnswered: ({ branch }) => {
      answeredBy.push(branch);
      return undefined;
    },
  };
  const call = alice.call([bob.target, carol.target]);
  await bench.clock.advance(100);
  expect(bob.incoming).toHaveLength(1);
  expect(answeredBy).toEqual([1]);
  call.end();
  await bench.expectNothingLeft();
});

test('a handler that throws ends the call', async () => {
  const { bench, alice, bob } = await pair();
  takes(bob, 'nothing');
  alice.handlers.onRefused = () => {
    throw new Error('broken');
  };
  alice.call(bob);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['ended local internal-error 500']);
  await bench.expectNothingLeft();
});
