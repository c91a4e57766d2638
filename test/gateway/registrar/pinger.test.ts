import { afterEach, describe, expect, test } from 'vitest';
import { RegisterDesk } from '../../support/register-desk.js';
import type { SipEndpoint } from '../../support/sip-endpoint.js';

let desk: RegisterDesk;

afterEach(() => desk.finish());

async function registered(policy: string): Promise<SipEndpoint> {
  const domain = `{ name: "*", auth: none, allow: 10.0.4.0/24, routing: redirect, policy: ${policy} }`;
  desk = await RegisterDesk.start(`domains: [${domain}]`);
  const phone = await desk.endpointAt('10.0.4.1');
  await desk.ask(phone, 'bob', [
    ['Contact', '<sip:bob@10.0.4.1:5060;line=7>'],
    ['Expires', '3000'],
  ]);
  return phone;
}

/** Lets time pass and answers each new OPTIONS. */
async function answerFor(phone: SipEndpoint, ms: number, statusCode: number): Promise<void> {
  const seen = new Set<string>();
  for (let passed = 0; passed < ms; passed += 1000) {
    await desk.world.clock.advance(1000);
    for (const request of phone.requests('OPTIONS')) {
      const key = String(request.via[0]?.params.get('branch'));
      if (!seen.has(key)) phone.respond(request, statusCode);
      seen.add(key);
    }
  }
}

function branches(phone: SipEndpoint): number {
  return new Set(phone.requests('OPTIONS').map(({ via }) => via[0]?.params.get('branch'))).size;
}

describe('RFC 3261 §11 OPTIONS to a registered phone', () => {
  test('go to its Contact at the interval of its domain; whatever it answers, it is there', async () => {
    const phone = await registered('{ ping: 30 }');
    await answerFor(phone, 600_000, 501);
    expect(branches(phone)).toBe(20);
    expect(phone.requests('OPTIONS')[0]?.uri).toMatchObject({ user: 'bob', host: '10.0.4.1', port: 5060 });
    expect(await desk.sessions()).toHaveLength(1);
    await desk.ask(phone, 'bob', [
      ['Contact', '*'],
      ['Expires', '0'],
    ]);
    const asked = branches(phone);
    await desk.world.clock.advance(100_000);
    expect(branches(phone)).toBe(asked);
  });

  test.each([408, 503])(
    'mediaswitch row 7: a %i that the phone sends is an answer like any other',
    async (statusCode) => {
      const phone = await registered('{ ping: 30 }');
      await answerFor(phone, 300_000, statusCode);
      expect(branches(phone)).toBe(10);
      expect(await desk.sessions()).toHaveLength(1);
    },
  );

  test('that stay unanswered seven times end the registration', async () => {
    const phone = await registered('{ ping: 30 }');
    await desk.world.clock.advance(205_000);
    expect(await desk.sessions()).toHaveLength(1);
    await desk.world.clock.advance(36_000);
    expect([branches(phone), await desk.sessions()]).toEqual([7, []]);
    const ended = desk.world.gateway.log.filter(({ event }) => event === 'register.ended');
    expect(ended.map(({ fields }) => fields.why)).toEqual(['silent']);
    await desk.world.expectNothingLeft();
  });

  test('a phone that registers again begins anew', async () => {
    const phone = await registered('{ ping: 30 }');
    await desk.world.clock.advance(170_000);
    await desk.ask(phone, 'bob', [
      ['Contact', '<sip:bob@10.0.4.1:5060;line=7>'],
      ['Expires', '3000'],
    ]);
    await desk.world.clock.advance(170_000);
    expect(await desk.sessions()).toHaveLength(1);
    await desk.world.clock.advance(71_000);
    expect(await desk.sessions()).toEqual([]);
  });

  test('are not sent where the domain does not say so', async () => {
    const phone = await registered('{ min: 60 }');
    await desk.world.clock.advance(100_000);
    expect(branches(phone)).toBe(0);
  });
});
