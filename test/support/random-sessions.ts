import fc from 'fast-check';
import { expect } from 'vitest';
import type { Session } from '../../sip/ua/types.js';
import { type Agent, ANSWER, OFFER, UaBench } from './ua-bench.js';

/** One thing that happens; numbers pick among what is there at that time. */
export type Action =
  | { readonly do: 'call'; readonly who: number; readonly to: readonly number[]; readonly late: boolean }
  | { readonly do: 'progress' | 'accept' | 'reject' | 'end' | 'reinvite' | 'info'; readonly which: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'cut'; readonly who: number }
  | { readonly do: 'heal' };

const which = fc.nat(100);
const who = fc.nat(2);
export const anyAction: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('call'),
      who,
      to: fc.array(who, { minLength: 1, maxLength: 2 }),
      late: fc.boolean(),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('progress', 'accept', 'accept', 'reject', 'end', 'end', 'reinvite', 'reinvite', 'info'),
      which,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.oneof(fc.nat(3), fc.nat(600), fc.nat(70_000)) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cut'), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('heal') }) },
) as fc.Arbitrary<Action>;

/** Three agents on a bad network, and all the sessions between them. */
export class RandomSessions {
  readonly bench: UaBench;
  readonly agents: Agent[] = [];
  readonly sessions: Session[] = [];
  readonly #promises: Promise<unknown>[] = [];
  readonly #cut = new Set<string>();

  constructor(seed: number, visited: Set<string>) {
    this.bench = new UaBench({ seed, lossRate: 0.1, jitterMs: 5, visited });
    this.bench.lose = ({ from, to }) => this.#cut.has(from) || this.#cut.has(to);
  }

  async start(): Promise<void> {
    for (const [index, name] of ['alice', 'bob', 'carol'].entries()) {
      const agent = await this.bench.agent(name, `10.0.0.${index + 1}`);
      agent.onInvite = (session) => this.sessions.push(session);
      agent.handlers = { onAnswered: ({ body }) => (body === null ? undefined : ANSWER) };
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
        if (this.sessions.length > 0) this.#act(step.do, this.sessions[step.which % this.sessions.length]!);
    }
  }

  #call({ who: caller, to, late }: Extract<Action, { do: 'call' }>): void {
    const agent = this.agents[caller]!;
    const targets = [...new Set(to)].map((index) => this.agents[index]!).filter((other) => other !== agent);
    if (targets.length === 0) return;
    this.sessions.push(
      agent.call(
        targets.map(({ target }) => target),
        { body: late ? null : OFFER },
      ),
    );
  }

  #act(what: 'progress' | 'accept' | 'reject' | 'end' | 'reinvite' | 'info', session: Session): void {
    const incoming = this.agents.flatMap((agent) => agent.incoming).find((one) => one === session);
    if (what === 'progress') incoming?.progress(183, { body: ANSWER });
    else if (what === 'accept') incoming?.accept({ body: ANSWER });
    else if (what === 'reject') incoming?.reject(486);
    else if (what === 'end') session.end();
    else if (what === 'reinvite') this.#promises.push(session.reinvite(OFFER));
    else this.#promises.push(session.request('INFO'));
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
