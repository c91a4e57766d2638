import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { HeaderList } from '../../../sip/build.js';
import { nameAddr } from '../../../sip/header-values.js';
import { contacts } from '../../../sip/headers.js';
import { serializeUri, sipUri } from '../../../sip/uri.js';
import { bobsAor, RegistrarBench } from '../../support/registrar-bench.js';

/** One REGISTER: who sends it, what it asks for, and how long nothing happens before it. */
interface Step {
  readonly pauseS: number;
  readonly client: number;
  /** Index of the host, and what its Contact asks for; null leaves it to the Expires header. */
  readonly contacts: readonly { readonly host: number; readonly expiresS: number | null }[];
  readonly all: boolean;
  readonly expiresS: number | null;
  /** 0 sends the CSeq of the last REGISTER again. */
  readonly sequenceStep: number;
}

interface Bound {
  client: number;
  sequence: number;
  untilMs: number;
}

const limits = { minS: 60, defaultS: 300, maxS: 900, maxContacts: 3 };
const seconds = fc.constantFrom(null, 0, 30, 60, 120, 5000);
const step: fc.Arbitrary<Step> = fc.record({
  pauseS: fc.constantFrom(0, 1, 59, 200),
  client: fc.nat(2),
  contacts: fc.array(fc.record({ host: fc.nat(3), expiresS: seconds }), { maxLength: 3 }),
  all: fc.constantFrom(false, false, false, true),
  expiresS: seconds,
  sequenceStep: fc.constantFrom(0, 1, 1, 1, 5),
});

/** RFC 3261 §10.3 as it would be told to a child: a list of Contacts, looked at one after another. */
class Model {
  bound = new Map<number, Bound>();

  /** The status code; on 200 the change has been made. */
  register(nowMs: number, asked: Step, sequence: number): number {
    for (const [host, { untilMs }] of this.bound) if (untilMs <= nowMs) this.bound.delete(host);
    const isLate = (each: Bound | undefined) => each?.client === asked.client && sequence <= each.sequence;
    if (asked.all) {
      if (asked.expiresS !== 0) return 400;
      if ([...this.bound.values()].some(isLate)) return 500;
      this.bound.clear();
      return 200;
    }
    const next = new Map(this.bound);
    const seen = new Set<number>();
    for (const { host, expiresS } of asked.contacts) {
      if (seen.has(host)) continue;
      seen.add(host);
      const wanted = expiresS ?? asked.expiresS ?? limits.defaultS;
      if (wanted > 0 && wanted < limits.minS) return 423;
      if (isLate(this.bound.get(host))) return 500;
      if (wanted === 0) next.delete(host);
      else next.set(host, { client: asked.client, sequence, untilMs: nowMs + Math.min(wanted, limits.maxS) * 1000 });
    }
    if (next.size > limits.maxContacts) return 403;
    this.bound = next;
    return 200;
  }

  listed(nowMs: number): string[] {
    return [...this.bound].map(([host, { untilMs }]) => `sip:bob@192.0.2.${host} ${(untilMs - nowMs) / 1000}`).sort();
  }
}

function headersOf(asked: Step): HeaderList {
  const lines = asked.contacts.map(({ host, expiresS }) => {
    const expiry = expiresS === null ? '' : `;expires=${expiresS}`;
    return ['Contact', `<sip:bob@192.0.2.${host}>${expiry}`] as const;
  });
  const expires = asked.expiresS === null ? [] : [['Expires', String(asked.expiresS)] as const];
  return [...(asked.all ? [['Contact', '*'] as const] : lines), ...expires];
}

test('RFC 3261 §10.3 any REGISTERs of three clients end as in a plain model of the rules', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 25 }), async (steps) => {
      const world = await RegistrarBench.start({ registrar: { policy: limits } });
      const phone = await world.bench.agent('phone', '10.0.0.1');
      const model = new Model();
      const sequences = [1, 1, 1];
      for (const asked of steps) {
        // Whole seconds, so that the answer's rounding is none.
        await world.bench.clock.advance(asked.pauseS * 1000);
        sequences[asked.client] = sequences[asked.client]! + asked.sequenceStep;
        const sequence = sequences[asked.client]!;
        // The REGISTER travels for a millisecond.
        const nowMs = world.bench.clock.epochMs() + 1;
        const expected = model.register(nowMs, asked, sequence);
        const answering = phone.ua.request({
          method: 'REGISTER',
          uri: sipUri({ host: 'biloxi.example.com' }),
          to: nameAddr(bobsAor),
          target: world.server.target,
          callId: `client-${asked.client}`,
          sequence,
          headers: headersOf(asked),
        });
        await world.bench.clock.advance(1000);
        const answer = await answering;
        expect(answer.statusCode).toBe(expected);
        if (expected !== 200) continue;
        const told = contacts(answer);
        const listed = told.ok
          ? told.value.values.map(({ uri, params }) => `${serializeUri(uri)} ${params.get('expires')}`)
          : [];
        expect(listed.sort()).toEqual(model.listed(nowMs));
      }
      await world.finish();
    }),
    { numRuns: 60 },
  );
});
