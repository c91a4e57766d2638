import { describe, expect, test } from 'vitest';
import type { SipRequest } from '../../../sip/message.js';
import type { AckAnswer, SessionHandlers } from '../../../sip/ua/types.js';
import { ANSWER, answered, OFFER, pair } from '../../support/ua-bench.js';

/** A promise of an answer that the test keeps or breaks. */
function promised() {
  let keep: (answer: AckAnswer) => void = () => undefined;
  let breakIt: (error: Error) => void = () => undefined;
  const promise = new Promise<AckAnswer>((resolve, reject) => {
    keep = resolve;
    breakIt = reject;
  });
  return { promise, keep, breakIt };
}

/** A call without an offer that bob has answered with his; alice still looks for her answer. */
async function asked(handlers: Partial<SessionHandlers> = {}, bobs: Partial<SessionHandlers> = {}) {
  const flow = await pair();
  const answer = promised();
  flow.alice.handlers = { onAnswered: () => answer.promise, ...handlers };
  flow.bob.handlers = bobs;
  flow.bob.onInvite = (session) => session.accept({ body: OFFER });
  const call = flow.alice.call(flow.bob, { body: null });
  await flow.bench.clock.advance(100);
  return { ...flow, call, answer };
}

const bodies = (messages: readonly { readonly body: Buffer }[]): string[] => messages.map(({ body }) => String(body));

describe('RFC 3261 §13.2.2.4 the ACK to a 2xx with an offer', () => {
  test('waits for an answer that takes time, whatever the peer repeats, and carries it each time', async () => {
    const { bench, bob, call, answer } = await asked();
    await bench.clock.advance(3000);
    expect(bench.ladder().filter((line) => line.endsWith('200 INVITE')).length).toBeGreaterThan(2);
    expect([bench.sent('ACK'), call.state]).toEqual([[], 'answered']);
    bench.lose = ({ text }) => text === 'ACK' && bench.sent('lost ACK').length === 0;
    answer.keep(ANSWER);
    await bench.clock.advance(6000);
    expect(bodies([...bench.sent('lost ACK'), ...bench.sent('ACK')])).toEqual(['v=0 answer', 'v=0 answer']);
    expect([bob.heard, call.state]).toEqual([['confirmed v=0 answer'], 'confirmed']);
    call.end();
    await bench.expectNothingLeft();
  });

  test.each([
    ['rejected 488', (answer: ReturnType<typeof promised>) => answer.keep(null)],
    ['rejected 488', (answer: ReturnType<typeof promised>) => answer.keep(undefined)],
    ['internal-error 500', (answer: ReturnType<typeof promised>) => answer.breakIt(new Error('nobody there'))],
  ])('without an answer the session ends behind it: %s', async (end, settle) => {
    const { bench, alice, bob, answer } = await asked();
    bench.wire.length = 0;
    settle(answer);
    await bench.clock.advance(100);
    bench.expectLadder(`
      alice > bob ACK
      alice > bob BYE
      bob > alice 200 BYE`);
    expect([alice.heard, bob.heard]).toEqual([[`ended local ${end}`], ['confirmed null', 'ended remote bye']]);
    await bench.expectNothingLeft();
  });

  test('a promise that nobody keeps ends it after 64·T1', async () => {
    const { bench, alice } = await asked();
    await bench.clock.advance(31_800);
    expect(alice.heard).toEqual([]);
    await bench.clock.advance(300);
    expect(alice.heard).toEqual(['ended local timeout 408']);
    await bench.expectNothingLeft();
  });

  test('the caller hangs up: ACK, then BYE; the answer comes too late', async () => {
    const { bench, alice, call, answer } = await asked();
    bench.wire.length = 0;
    call.end();
    answer.keep(ANSWER);
    await bench.clock.advance(100);
    bench.expectLadder(`
      alice > bob ACK
      alice > bob BYE
      bob > alice 200 BYE`);
    expect([bodies(bench.sent('ACK')), alice.heard]).toEqual([[''], ['ended local bye']]);
    await bench.expectNothingLeft();
  });

  test('hanging up in the handler that goes on to promise does not wait for the promise', async () => {
    const { promise } = promised();
    const { bench, alice, bob } = await pair();
    bob.onInvite = (session) => session.accept({ body: OFFER });
    const onAnswered = (): Promise<AckAnswer> => {
      call.end();
      return promise;
    };
    alice.handlers = { onAnswered };
    const call = alice.call(bob, { body: null });
    await bench.clock.advance(100);
    expect(alice.heard).toEqual(['ended local bye']);
    await bench.expectNothingLeft();
  });

  test('the callee is gone meanwhile', async () => {
    const { bench, alice, bob, answer } = await asked();
    bench.wire.length = 0;
    await bob.ua.close();
    await bench.clock.advance(100);
    answer.keep(ANSWER);
    await bench.clock.advance(100);
    bench.expectLadder(`
      bob > alice BYE
      alice > bob 200 BYE`);
    expect(alice.heard).toEqual(['ended remote bye']);
  });

  test('the user agent closes: ACK, then BYE', async () => {
    const { bench, alice, bob } = await asked();
    bench.wire.length = 0;
    await alice.ua.close();
    await bench.clock.advance(100);
    expect(bench.ladder().slice(0, 2)).toEqual(['alice > bob ACK', 'alice > bob BYE']);
    expect([alice.heard, bob.heard]).toEqual([['ended local closed'], ['confirmed null', 'ended remote bye']]);
  });

  test('requests in between: INFO passes, an offer of the peer gets 500, ours waits, and a lost dialog ends', async () => {
    const { bench, alice, bob, call, answer } = await asked({
      onRequest: (info) => {
        alice.ua.respond(info, 200);
        return true;
      },
    });
    expect((await during(bench, bob.session.request('INFO'))).statusCode).toBe(200);
    expect(
      (await during(bench, bob.session.request('UPDATE', { body: OFFER, contentType: 'application/sdp' }))).statusCode,
    ).toBe(500);
    const waits = call.reinvite(OFFER);
    expect(bench.sent('INVITE')).toHaveLength(1);
    answer.keep(ANSWER);
    expect(await during(bench, waits)).toEqual({ ok: true, body: ANSWER });

    const lost: Awaited<ReturnType<typeof asked>> = await asked(
      {},
      {
        onRequest: (info) => {
          lost.bob.ua.respond(info, 481);
          return true;
        },
      },
    );
    await during(lost.bench, lost.call.request('INFO'));
    expect(
      lost.bench
        .ladder()
        .filter((line) => line.startsWith('alice > bob'))
        .slice(-2),
    ).toEqual(['alice > bob ACK', 'alice > bob BYE']);
    for (const one of [call, lost.call]) one.end();
    for (const one of [bench, lost.bench]) await one.clock.advance(200_000);
    expect(alice.ua.counts()).toMatchObject({ dialogs: 0, sessions: 0 });
    expect(lost.alice.heard).toEqual(['ended remote timeout 481']);
  });

  test('where our offer is answered nothing waits, and a promise that breaks ends the session', async () => {
    const { bench, alice, bob } = await pair();
    const { promise, breakIt } = promised();
    alice.handlers = { onAnswered: () => promise };
    bob.onInvite = (session) => session.accept({ body: ANSWER });
    alice.call(bob);
    await bench.clock.advance(100);
    expect(bob.heard).toEqual(['confirmed null']);
    breakIt(new Error('too late'));
    await bench.clock.advance(100);
    expect(alice.heard).toEqual(['ended local internal-error 500']);
    await bench.expectNothingLeft();
  });
});

/** What comes of it, once time has passed. */
async function during<T>(bench: Awaited<ReturnType<typeof pair>>['bench'], promise: Promise<T>): Promise<T> {
  await bench.clock.advance(200);
  return promise;
}

describe('RFC 3261 §14.1 a re-INVITE without an offer', () => {
  /** A session whose callee offers when he is asked to. */
  async function solicited(ask: (offer: Buffer) => AckAnswer | Promise<AckAnswer>) {
    const reoffer: (string | null)[] = [];
    const flow = await answered({
      onOffer: (offer, reply) => reply.accept(offer === null ? Buffer.from('v=0 theirs') : ANSWER),
      onReofferAnswered: (body) => reoffer.push(body === null ? null : String(body)),
    });
    const result = flow.call.solicit(ask);
    await flow.bench.clock.advance(100);
    return { ...flow, result, reoffer };
  }

  test('the ACK answers the offer of its 2xx, at once', async () => {
    const offers: string[] = [];
    const { bench, call, result, reoffer } = await solicited((offer) => {
      offers.push(String(offer));
      return ANSWER;
    });
    expect(await result).toEqual({ ok: true, body: Buffer.from('v=0 theirs') });
    bench.expectLadder(`
      alice > bob INVITE
      bob > alice 200 INVITE
      alice > bob ACK`);
    const invite = bench.sent('INVITE')[0] as SipRequest;
    expect([invite.body.length, invite.headers.get('Supported') ?? '']).toEqual([
      0,
      expect.not.stringContaining('100rel'),
    ]);
    expect([offers, reoffer]).toEqual([['v=0 theirs'], ['v=0 answer']]);
    expect(await during(bench, call.reinvite(OFFER))).toEqual({ ok: true, body: ANSWER });
    call.end();
    await bench.expectNothingLeft();
  });

  test('or later; meanwhile an INVITE of the peer gets 491, and a lost ACK is sent again whole', async () => {
    const { promise, keep } = promised();
    const { bench, bob, call, result, reoffer } = await solicited(() => promise);
    expect(bench.sent('ACK')).toEqual([]);
    bench.lose = ({ text }) => text === 'ACK' && bench.sent('lost ACK').length === 0;
    keep(ANSWER);
    expect(await result).toMatchObject({ ok: true });
    await bench.clock.advance(5000);
    expect(bodies([...bench.sent('lost ACK'), ...bench.sent('ACK')])).toEqual(['v=0 answer', 'v=0 answer']);
    expect([reoffer, bob.heard.at(-1)]).toEqual([['v=0 answer'], 'confirmed null']);
    call.end();
    await bench.expectNothingLeft();
  });

  test('glare: the one of the peer waits its turn behind our ACK', async () => {
    const { promise, keep } = promised();
    const { bench, bob, call } = await solicited(() => promise);
    const theirs = bob.session.reinvite(Buffer.from('v=0 hold'));
    await bench.clock.advance(50);
    keep(ANSWER);
    await bench.clock.advance(5000);
    expect(await theirs).toEqual({ ok: true, body: ANSWER });
    call.end();
    await bench.expectNothingLeft();
  });

  test.each([
    ['no answer', (): AckAnswer => null, 'ended local rejected 488', 488],
    ['a promise of none', (): Promise<AckAnswer> => Promise.resolve(null), 'ended local rejected 488', 488],
    ['a fault', (): Promise<AckAnswer> => Promise.reject(new Error('x')), 'ended local internal-error 500', 500],
  ] as const)('%s ends the session behind its ACK', async (_what, ask, heard, statusCode) => {
    const { bench, alice, result } = await solicited(ask);
    expect(await result).toEqual({ ok: false, statusCode });
    expect(bench.ladder().slice(2, 4)).toEqual(['alice > bob ACK', 'alice > bob BYE']);
    expect(alice.heard.at(-1)).toBe(heard);
    await bench.expectNothingLeft();
  });

  test('hanging up meanwhile: ACK, then BYE', async () => {
    const { bench, call, result } = await solicited(() => promised().promise);
    call.end();
    await bench.clock.advance(100);
    expect(await result).toEqual({ ok: false, statusCode: 487 });
    expect(bench.ladder().slice(2, 4)).toEqual(['alice > bob ACK', 'alice > bob BYE']);
    await bench.expectNothingLeft();
  });

  test('a refusal leaves the session as it was; without a dialog there is nothing to ask', async () => {
    const { bench, call } = await answered({ onOffer: (_offer, reply) => reply.reject(488) });
    expect(
      await during(
        bench,
        call.solicit(() => ANSWER),
      ),
    ).toEqual({ ok: false, statusCode: 488 });
    expect(call.state).toBe('confirmed');
    call.end();
    await bench.clock.advance(100);
    expect(await call.solicit(() => ANSWER)).toEqual({ ok: false, statusCode: 481 });
    await bench.expectNothingLeft();
  });
});

test('RFC 3261 §13.2.2.4 two sessions pass a late offer on: each ACK waits for the one before it', async () => {
  const { bench, alice, bob } = await pair();
  const middle = await bench.agent('middle', '10.0.0.3');
  const waiting = promised();
  middle.handlers = {
    onAnswered: ({ body }) => {
      middle.session.accept({ body: body! });
      return waiting.promise;
    },
    onConfirmed: ({ body }) => waiting.keep(body),
  };
  middle.onInvite = () => void middle.call(bob, { body: null });
  bob.onInvite = (session) => session.accept({ body: OFFER });
  alice.handlers = { onAnswered: ({ body }) => Buffer.from(`answer to ${body}`) };
  const call = alice.call(middle, { body: null });
  await bench.clock.advance(300);
  expect(bench.ladder().filter((line) => !line.includes(' 100 '))).toEqual([
    'alice > middle INVITE',
    'middle > bob INVITE',
    'bob > middle 200 INVITE',
    'middle > alice 200 INVITE',
    'alice > middle ACK',
    'middle > bob ACK',
  ]);
  expect(bob.heard).toEqual(['confirmed answer to v=0 offer']);
  call.end();
  for (const { ua } of [middle, bob]) await ua.close();
});
