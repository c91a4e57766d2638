import fc from 'fast-check';
import { expect } from 'vitest';
import type { AckAnswer, OfferReply, Session } from '../../sip/ua/types.js';
import { type Agent, ANSWER, OFFER, UaBench } from './ua-bench.js';

const deeds = [
  'progress',
  'ring reliably',
  'describe reliably',
  'describe reliably',
  'accept',
  'reject',
  'end',
  'reinvite',
  'solicit',
  'answer',
  'update',
  'offer by update',
  'offer by update',
  'refresh',
  'info',
  'reply',
  'refuse',
] as const;
type Deed = (typeof deeds)[number];

/** One thing that happens; numbers pick among what is there at that time. */
export type Action =
  | {
      readonly do: 'call';
      readonly who: number;
      readonly to: readonly number[];
      readonly late: boolean;
      readonly reliable: 'off' | 'supported' | 'required';
    }
  | { readonly do: Deed; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'cut'; readonly who: number }
  | { readonly do: 'heal' };

const which = fc.nat(100);
const anyWait = fc.oneof(
  { weight: 4, arbitrary: fc.nat(3) },
  { weight: 4, arbitrary: fc.nat(600) },
  { weight: 1, arbitrary: fc.nat(70_000) },
);
const who = fc.nat(2);
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('call'),
      who,
      to: fc.array(who, { minLength: 1, maxLength: 2 }),
      late: fc.boolean(),
      reliable: fc.constantFrom('off', 'supported', 'supported', 'required'),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constantFrom(...deeds), which }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: anyWait }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut'), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('heal') }) },
) as fc.Arbitrary<Action>;

/** Three agents on a bad network, and all the sessions between them. */
export class RandomSessions {
  readonly bench: UaBench;
  readonly agents: Agent[] = [];
  readonly sessions: Session[] = [];
  readonly #promises: Promise<unknown>[] = [];
  readonly #cut = new Set<string>();
  /** ACKs that wait for theirs. */
  readonly #answers: ((answer: Buffer | null) => void)[] = [];
  /** Offers that wait for their reply. */
  readonly #replies: OfferReply[] = [];

  constructor(seed: number, visited: Set<string>) {
    this.bench = new UaBench({ seed, lossRate: 0.1, jitterMs: 5, visited });
    this.bench.lose = ({ from, to }) => this.#cut.has(from) || this.#cut.has(to);
  }

  async start(): Promise<void> {
    for (const [index, name] of ['alice', 'bob', 'carol'].entries()) {
      const agent = await this.bench.agent(name, `10.0.0.${index + 1}`);
      agent.onInvite = (session) => this.sessions.push(session);
      agent.handlers = {
        onAnswered: ({ body }) => (body === null ? undefined : this.#late()),
        onProgress: (info) => {
          // Some PRACKs carry an offer.
          if (this.bench.random.uint32() % 2 === 0) this.#keep(info.offer?.(OFFER));
        },
        onOffer: (_offer, reply) => {
          const choice = this.bench.random.uint32() % 4;
          if (choice === 0) this.#replies.push(reply);
          else if (choice === 1) reply.reject(488);
          else reply.accept(ANSWER);
        },
      };
      this.agents.push(agent);
    }
  }

  /** Plays one action; one that has nothing to act on does nothing. */
  async play(step: Action): Promise<void> {
    switch (step.do) {
      case 'call':
        this.#call(step);
        return;
      case 'wait':
        await this.bench.clock.advance(step.ms);
        return;
      case 'cut':
        this.#cut.add(this.agents[step.who]!.name);
        return;
      case 'heal':
        this.#cut.clear();
        return;
      default:
        // Mostly the newest ones: old sessions are over.
        if (this.sessions.length > 0)
          this.#act(step.do, this.sessions.at(-1 - (step.which % Math.min(this.sessions.length, 4)))!);
    }
  }

  /** At once, later, never, or none. */
  #late(): AckAnswer | Promise<AckAnswer> {
    const choice = this.bench.random.uint32() % 4;
    if (choice > 1) return choice === 2 ? ANSWER : null;
    return new Promise((resolve) => {
      if (choice === 1) this.#answers.push(resolve);
    });
  }

  #keep(promise: Promise<unknown> | undefined): void {
    if (promise !== undefined) this.#promises.push(promise);
  }

  #call({ who: caller, to, late, reliable }: Extract<Action, { do: 'call' }>): void {
    const agent = this.agents[caller]!;
    const targets = [...new Set(to)].map((index) => this.agents[index]!).filter((other) => other !== agent);
    if (targets.length === 0) return;
    this.sessions.push(
      agent.call(
        targets.map(({ target }) => target),
        { body: late ? null : OFFER, reliable },
      ),
    );
  }

  #act(what: Deed, session: Session): void {
    const incoming = this.agents.flatMap((agent) => agent.incoming).find((one) => one === session);
    const deed: Readonly<Record<Deed, () => void>> = {
      progress: () => incoming?.progress(183, { body: ANSWER }),
      'ring reliably': () => incoming?.progress(180, { reliable: true }),
      'describe reliably': () => incoming?.progress(183, { reliable: true, body: ANSWER }),
      accept: () => incoming?.accept({ body: ANSWER }),
      reject: () => incoming?.reject(486),
      end: () => session.end(),
      reinvite: () => this.#keep(session.reinvite(OFFER)),
      solicit: () => this.#keep(session.solicit(() => this.#late())),
      answer: () => this.#answers.shift()?.(ANSWER),
      update: () => this.#keep(session.update(null)),
      'offer by update': () => this.#keep(session.update(OFFER)),
      refresh: () => this.#keep(session.refresh()),
      info: () => this.#keep(session.request('INFO')),
      reply: () => this.#replies.shift()?.accept(ANSWER),
      refuse: () => this.#replies.shift()?.reject(488),
    };
    deed[what]();
  }

  /** Ends everything, on a network that may still be cut, and asserts that each session ended once and nothing is left. */
  async finish(): Promise<void> {
    for (const session of this.sessions) session.end();
    await this.bench.clock.advance(150_000);
    for (const session of this.sessions) session.end();
    await this.bench.expectNothingLeft();
    for (const agent of this.agents) {
      expect(agent.endings).toEqual(agent.endings.map(() => 1));
      expect(agent.ends).toHaveLength(agent.endings.length);
    }
    expect(this.sessions.map(({ state }) => state)).toEqual(this.sessions.map(() => 'ended'));
    // Every promise has been settled; one that is not would hang this test.
    await Promise.all(this.#promises);
  }
}
