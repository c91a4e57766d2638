import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Subscription } from '../../../sip/ua/subscriber.js';
import { EventBench, RESOURCE, words } from '../../support/event-bench.js';

type Step =
  | { readonly do: 'subscribe'; readonly expiresS: number; readonly retry: boolean }
  | { readonly do: 'end' | 'refresh'; readonly which: number }
  | { readonly do: 'notify'; readonly words: readonly string[] }
  | { readonly do: 'terminate'; readonly reason: string; readonly retryAfterS: number | undefined }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'cut'; readonly who: 'alice' | 'bob' }
  | { readonly do: 'heal' };

const which = fc.nat(20);
const anyStep = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('subscribe'),
      expiresS: fc.constantFrom(0, 60, 100, 600),
      retry: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('end', 'refresh'), which }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('notify'), words: fc.subarray(['a', 'b', 'c', 'd']) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('terminate'),
      reason: fc.constantFrom('deactivated', 'probation', 'rejected', 'timeout', 'giveup', 'noresource', 'invariant'),
      retryAfterS: fc.constantFrom(undefined, 5),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.oneof(fc.nat(3), fc.nat(600), fc.nat(120_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut'), who: fc.constantFrom('alice', 'bob') }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('heal') }) },
) as fc.Arbitrary<Step>;

/** One run: whatever happens, ends are told once, and what is still subscribed knows the last state. */
class World {
  readonly flow: EventBench;
  readonly subscriptions: { readonly one: Subscription; ends: number; known: readonly string[] | null }[] = [];
  #cut: string | null = null;
  #last: readonly string[] | null = null;

  constructor(flow: EventBench) {
    this.flow = flow;
    flow.bench.lose = ({ from, to }) => from === this.#cut || to === this.#cut;
  }

  async play(step: Step): Promise<void> {
    const { flow } = this;
    switch (step.do) {
      case 'subscribe':
        this.#subscribe(step);
        return;
      case 'notify':
        this.#last = step.words;
        flow.subscriptions.notify(words, RESOURCE, step.words);
        return;
      case 'terminate':
        flow.subscriptions.end(words, RESOURCE, step.reason, step.retryAfterS);
        this.#last = null;
        return;
      case 'wait':
        await flow.clock.advance(step.ms);
        return;
      case 'cut':
        this.#cut = step.who;
        return;
      case 'heal':
        this.#cut = null;
        return;
      default: {
        const { one } = this.subscriptions[step.which % Math.max(1, this.subscriptions.length)] ?? {};
        if (step.do === 'end') void one?.end();
        else one?.refresh();
      }
    }
  }

  #subscribe({ expiresS, retry }: Extract<Step, { do: 'subscribe' }>): void {
    const entry = {
      ends: 0,
      known: null as readonly string[] | null,
      one: this.flow.subscriber.subscribe(this.flow.options({ expiresS, retry }), {
        onNotify: ({ state }) => {
          entry.known = state;
        },
        onEnded: () => {
          entry.ends += 1;
        },
      }),
    };
    this.subscriptions.push(entry);
  }

  async finish(): Promise<void> {
    const { flow, subscriptions } = this;
    this.#cut = null;
    flow.bench.network.lossRate = 0;
    await flow.clock.advance(700_000);
    for (const { one, known } of subscriptions) {
      if (one.state === 'active' && this.#last !== null)
        expect([...(known ?? [])].sort()).toEqual([...this.#last].sort());
    }
    const ended = subscriptions.map(({ one }) => one.end());
    await flow.clock.advance(100_000);
    await Promise.all(ended);
    expect(subscriptions.map(({ ends, one }) => `${ends} ${one.state}`)).toEqual(subscriptions.map(() => '1 ended'));
    await flow.clock.advance(700_000);
    expect(flow.subscriptions.size).toBe(0);
    await flow.bench.expectNothingLeft();
  }
}

test('RFC 6665 §4 on a network that loses, whatever happens: one end each, the last state arrives, nothing is left', async () => {
  let active = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 1_000_000 }),
      fc.array(anyStep, { maxLength: 40 }),
      async (seed, steps) => {
        const world = new World(await EventBench.create({ seed, lossRate: 0.1, jitterMs: 5 }));
        for (const step of steps) await world.play(step);
        active += world.subscriptions.filter(({ one }) => one.state === 'active').length;
        await world.finish();
      },
    ),
    { numRuns: 200 },
  );
  // Most were ended by then, how many depends on the seed.
  expect(active).toBeGreaterThan(5);
}, 120_000);
