import { describe, expect, test } from 'vitest';
import { sessionExpires } from '../../../sip/headers/session-expires.js';
import type { SipMessage } from '../../../sip/message.js';
import type { SessionPartPort } from '../../../sip/ua/session-extension.js';
import { type SessionTimerOptions, SessionTimers } from '../../../sip/ua/session-timer.js';
import type { ReinviteResult } from '../../../sip/ua/types.js';
import { ANSWER, pair, type UaBenchOptions } from '../../support/ua-bench.js';

const HOUR_MS = 3_600_000;

/** A pair whose callee answers at once; null stands for a side without timers. */
async function timed(
  ours: SessionTimerOptions | null,
  theirs: SessionTimerOptions | null,
  options: UaBenchOptions = {},
) {
  const flow = await pair(options);
  const timers = [ours, theirs].map((each) => (each === null ? null : new SessionTimers(each)));
  const [alices, bobs] = timers;
  if (alices) flow.alice.ua.use(alices);
  if (bobs) flow.bob.ua.use(bobs);
  flow.bob.onInvite = (session) => session.accept({ body: ANSWER });
  return { ...flow, timers: { alice: alices ?? new SessionTimers(), bob: bobs ?? new SessionTimers() } };
}

const header = (message: SipMessage | undefined, name: string) => message?.headers.get(name);

test('RFC 4028 §7.1, §9 both can: the caller asks, the callee grants and lets the caller refresh, by UPDATE at half', async () => {
  const { bench, alice, bob, timers } = await timed({ sessionExpiresS: 600 }, { sessionExpiresS: 1800 });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(header(bench.sent('INVITE')[0], 'Session-Expires')).toBe('600');
  expect(header(bench.sent('INVITE')[0], 'Supported')).toContain('timer');
  expect(header(bench.sent('200 INVITE')[0], 'Session-Expires')).toBe('600;refresher=uac');
  expect(header(bench.sent('200 INVITE')[0], 'Require')).toBe('timer');
  bench.wire.length = 0;
  await bench.clock.advance(299_800);
  expect(bench.ladder()).toEqual([]);
  await bench.clock.advance(300);
  bench.expectLadder(`
    alice > bob UPDATE
    bob > alice 200 UPDATE
  `);
  expect(header(bench.sent('UPDATE')[0], 'Session-Expires')).toBe('600;refresher=uac');
  expect(header(bench.sent('200 UPDATE')[0], 'Session-Expires')).toBe('600;refresher=uac');
  expect([timers.alice.counters.refreshed, timers.bob.counters.refreshedByPeer]).toEqual([1, 1]);
  expect(alice.heard.filter((line) => line.startsWith('offer'))).toEqual([]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 4028 §9 the callee refreshes when it wants to; 24 hours of it leave the call as it was', async () => {
  const { bench, alice, bob, timers } = await timed({}, { refresher: 'us', sessionExpiresS: 90 });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(header(bench.sent('200 INVITE')[0], 'Session-Expires')).toBe('90;refresher=uas');
  expect(header(bench.sent('200 INVITE')[0], 'Require')).toBeUndefined();
  bench.wire.length = 0;
  await bench.clock.advance(24 * HOUR_MS);
  expect(new Set(bench.ladder())).toEqual(new Set(['bob > alice UPDATE', 'alice > bob 200 UPDATE']));
  // Each refresh starts the next 45 s when its answer has come, some milliseconds later.
  expect(timers.bob.counters.refreshed).toBeGreaterThan(1900);
  expect(timers.bob.counters).toMatchObject({ refreshFailures: 0, expired: 0 });
  expect([call.state, bob.session.state, alice.ends, bob.ends]).toEqual(['confirmed', 'confirmed', [], []]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 4028 §7.1 24 hours on a network that loses a tenth of the datagrams', async () => {
  const { bench, alice, bob, timers } = await timed({ sessionExpiresS: 180 }, {}, { lossRate: 0.1, seed: 4 });
  const call = alice.call(bob);
  await bench.clock.advance(24 * HOUR_MS);
  expect([call.state, bob.session.state]).toEqual(['confirmed', 'confirmed']);
  expect(timers.alice.counters.refreshed).toBeGreaterThan(900);
  call.end();
  await bench.expectNothingLeft();
});

describe('RFC 4028 §7.2, §9 a side without timers', () => {
  test('a callee that says nothing of it: no timer runs', async () => {
    const { bench, alice, bob } = await timed({}, null);
    const call = alice.call(bob);
    await bench.clock.advance(100);
    bench.wire.length = 0;
    await bench.clock.advance(3 * HOUR_MS);
    expect(bench.ladder()).toEqual([]);
    expect(call.state).toBe('confirmed');
    call.end();
    await bench.expectNothingLeft();
  });

  test('a caller that cannot: the callee says nothing of it either', async () => {
    const { bench, alice, bob } = await timed(null, {});
    const call = alice.call(bob);
    await bench.clock.advance(100);
    expect(header(bench.sent('200 INVITE')[0], 'Session-Expires')).toBeUndefined();
    bench.wire.length = 0;
    await bench.clock.advance(3 * HOUR_MS);
    expect(bench.ladder()).toEqual([]);
    call.end();
    await bench.expectNothingLeft();
  });

  test('an interval that a proxy asked for is not refused, and the callee refreshes', async () => {
    const { bench, alice, bob, timers } = await timed(null, {});
    const call = alice.call(bob, { headers: [['Session-Expires', '60']] });
    await bench.clock.advance(100);
    expect(header(bench.sent('200 INVITE')[0], 'Session-Expires')).toBe('60;refresher=uas');
    await bench.clock.advance(31_000);
    expect([timers.bob.counters.refreshed, timers.bob.counters.tooSmall]).toEqual([1, 0]);
    call.end();
    await bench.expectNothingLeft();
  });

  test('a caller that can but does not ask gets our interval', async () => {
    const { bench, alice, bob } = await timed(null, { sessionExpiresS: 300 });
    const call = alice.call(bob, { headers: [['Supported', 'timer']] });
    await bench.clock.advance(100);
    expect(header(bench.sent('200 INVITE')[0], 'Session-Expires')).toBe('300;refresher=uac');
    call.end();
    await bench.expectNothingLeft();
  });
});

describe('RFC 4028 §6, §7.3 422', () => {
  test('the INVITE goes again with what the 422 asks for, and so do refreshes', async () => {
    const { bench, alice, bob, timers } = await timed({ sessionExpiresS: 100 }, { minSeS: 600 });
    const call = alice.call(bob);
    await bench.clock.advance(100);
    bench.expectLadder(`
      alice > bob INVITE
      bob > alice 422 INVITE
      alice > bob ACK
      alice > bob INVITE
      bob > alice 200 INVITE
      alice > bob ACK
    `);
    expect(header(bench.sent('422 INVITE')[0], 'Min-SE')).toBe('600');
    const again = bench.sent('INVITE')[1];
    expect([header(again, 'Session-Expires'), header(again, 'Min-SE')]).toEqual(['600', '600']);
    expect(again?.callId).toBe(bench.sent('INVITE')[0]?.callId);
    expect(timers.bob.counters.tooSmall).toBe(1);
    await bench.clock.advance(300_000);
    expect(header(bench.sent('UPDATE')[0], 'Min-SE')).toBe('600');
    call.end();
    await bench.expectNothingLeft();
  });

  test('one that asks for nothing better is a failure like any other', async () => {
    const { bench, alice, bob } = await timed({ sessionExpiresS: 100 }, null);
    bob.onInvite = (session) => session.reject(422, { headers: [['Min-SE', '90']] });
    alice.call(bob);
    await bench.clock.advance(100);
    expect(bench.sent('INVITE')).toHaveLength(1);
    expect(alice.ends).toMatchObject([{ cause: 'rejected', statusCode: 422 }]);
    await bench.expectNothingLeft();
  });

  test('a peer that asks for more every time is given up', async () => {
    const { bench, alice, bob } = await timed({}, null);
    let least = 2000;
    bob.onInvite = (session) => {
      least += 100;
      session.reject(422, { headers: [['Min-SE', String(least)]] });
    };
    alice.call(bob);
    await bench.clock.advance(1000);
    expect(bench.sent('INVITE')).toHaveLength(4);
    expect(alice.ends).toMatchObject([{ cause: 'rejected', statusCode: 422 }]);
    await bench.expectNothingLeft();
  });

  test.each(['Session-Expires', 'Min-SE'])('a %s that is no number is a bad request', async (name) => {
    const { bench, alice, bob } = await timed(null, {});
    alice.call(bob, { headers: [[name, 'soon']] });
    await bench.clock.advance(100);
    expect(alice.ends).toMatchObject([{ cause: 'rejected', statusCode: 400 }]);
    await bench.expectNothingLeft();
  });
});

describe('RFC 4028 §10 a peer that is gone', () => {
  test('who waits for refreshes sends BYE 32 s before the end, with a reason', async () => {
    const { bench, alice, bob, timers } = await timed({ sessionExpiresS: 600 }, {});
    alice.call(bob);
    await bench.clock.advance(100);
    bench.wire.length = 0;
    bench.lose = ({ from }) => from === 'alice';
    await bench.clock.advance(567_000);
    expect(bob.ends).toEqual([]);
    await bench.clock.advance(1000);
    const bye = bench.sent('BYE')[0] ?? bench.sent('lost BYE')[0];
    expect(header(bye, 'Reason')).toBe('SIP ;cause=408 ;text="Session Expired"');
    await bench.clock.advance(60_000);
    expect(bob.ends).toMatchObject([{ by: 'local', cause: 'session-expired', statusCode: 408 }]);
    expect(timers.bob.counters.expired).toBe(1);
    await bench.expectNothingLeft();
  });

  test('a short interval ends a third before its time', async () => {
    const { bench, alice, bob } = await timed({ sessionExpiresS: 90 }, {});
    alice.call(bob);
    await bench.clock.advance(100);
    bench.lose = ({ from }) => from === 'alice';
    await bench.clock.advance(59_000);
    expect(bob.session.state).toBe('confirmed');
    await bench.clock.advance(2000);
    expect(bob.session.state).toBe('ending');
    await bench.expectNothingLeft();
  });

  test('who refreshes and gets no answer ends the session then', async () => {
    const { bench, alice, bob } = await timed({ sessionExpiresS: 600 }, {});
    alice.call(bob);
    await bench.clock.advance(100);
    bench.lose = ({ from }) => from === 'bob';
    await bench.clock.advance(300_000 + 32_000 + 33_000);
    expect(alice.ends).toMatchObject([{ by: 'local', cause: 'timeout' }]);
    await bench.expectNothingLeft();
  });
});

test.each([
  ['caller', {}, { sessionExpiresS: 300 }, '300;refresher=uac'],
  ['callee', { sessionExpiresS: 300 }, { refresher: 'us' }, '300;refresher=uac'],
  ['caller, who takes no less than 400 s,', { minSeS: 400 }, { sessionExpiresS: 300 }, '400;refresher=uac'],
] as const)(
  'RFC 4028 §7.4 the %s refreshes with the interval that the session has',
  async (_who, ours, theirs, asked) => {
    const { bench, alice, bob } = await timed(ours, theirs);
    const call = alice.call(bob);
    await bench.clock.advance(900_000);
    const updates = bench.sent('UPDATE').filter(({ kind }) => kind === 'request');
    expect(updates.length).toBeGreaterThan(3);
    expect(new Set(updates.map((update) => header(update, 'Session-Expires')))).toEqual(new Set([asked]));
    call.end();
    await bench.expectNothingLeft();
  },
);

test('RFC 4028 §7.4 a re-INVITE refreshes too, and whoever refreshed goes on doing so', async () => {
  const { bench, alice, bob, timers } = await timed({ sessionExpiresS: 600 }, {});
  const call = alice.call(bob);
  await bench.clock.advance(200_000);
  bench.wire.length = 0;
  await Promise.all([bob.session.reinvite(Buffer.from('v=0 hold')), bench.clock.advance(100)]);
  expect(header(bench.sent('INVITE')[0], 'Session-Expires')).toContain('refresher=uas');
  expect(header(bench.sent('200 INVITE')[0], 'Session-Expires')).toContain('refresher=uas');
  expect(sessionExpires(bench.sent('200 INVITE')[0]!)).toMatchObject({ value: { refresher: 'uas' } });
  await bench.clock.advance(250_000);
  expect(timers.alice.counters.refreshed).toBe(0);
  const left = sessionExpires(bench.sent('200 INVITE')[0]!);
  const intervalMs = left.ok ? (left.value?.intervalS ?? 0) * 1000 : 0;
  await bench.clock.advance(intervalMs / 2 - 250_000 + 1000);
  expect([timers.alice.counters.refreshed, timers.bob.counters.refreshed]).toEqual([1, 0]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 4028 §7.4 a refused refresh is tried again, and the session ends when none succeeds', async () => {
  const { bench, alice, bob } = await timed(null, null);
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const invite = bench.sent('INVITE')[0];
  const answer = bench.sent('200 INVITE')[0];
  if (invite?.kind !== 'request' || answer?.kind !== 'response') throw new Error('no call');
  answer.headers.set('Session-Expires', '180;refresher=uac');
  const asked: number[] = [];
  const ended: string[] = [];
  const refresh = (): Promise<ReinviteResult> => {
    asked.push(bench.clock.nowMs());
    return Promise.resolve({ ok: false, statusCode: 500 });
  };
  const port: SessionPartPort = {
    context: alice.ua.context,
    role: 'uac',
    invite,
    session: call,
    dialogId: '',
    peerAllows: () => true,
    refresh,
    hangUp: (end) => ended.push(end.cause),
  };
  const timers = new SessionTimers();
  const part = timers.session.session(port, timers.session.invite?.({} as never) ?? null);
  const startMs = bench.clock.nowMs();
  part?.refreshed({ request: invite, response: answer, by: 'local' });
  await bench.clock.advance(200_000);
  expect(asked.map((atMs) => (atMs - startMs) / 1000)).toEqual([90, 100, 110, 120, 130, 140]);
  expect(ended).toEqual(['session-expired']);
  expect(timers.counters).toMatchObject({ refreshFailures: 6, expired: 1 });
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 4028 §3 UPDATEs before the answer say nothing of timers', async () => {
  const { bench, alice, bob } = await timed({}, {});
  bob.onInvite = (session) => session.progress(180);
  const call = alice.call(bob);
  await bench.clock.advance(100);
  await Promise.all([call.update(null), bench.clock.advance(100)]);
  expect(header(bench.sent('UPDATE')[0], 'Session-Expires')).toBeUndefined();
  expect(header(bench.sent('200 UPDATE')[0], 'Session-Expires')).toBeUndefined();
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  call.end();
  await bench.expectNothingLeft();
});
