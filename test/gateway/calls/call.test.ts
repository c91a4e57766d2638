import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RoomId } from '../../../base/ids.js';
import {
  type Call,
  type CallAction,
  type CallEvent,
  type CallTimeouts,
  createIncomingCall,
  createOutgoingCall,
  step,
} from '../../../gateway/calls/call.js';
import { endCauses } from '../../../gateway/calls/call-end.js';

const timeouts: CallTimeouts = { waitOtherPeersMs: 30_000, emptyGraceMs: 0, acceptAloneMs: 0, outgoingAloneMs: 0 };
const room = 'r1' as RoomId;
const accept: CallEvent = { type: 'decided', route: { kind: 'room', roomId: room, waits: false, echo: false } };
const wait: CallEvent = { type: 'decided', route: { kind: 'room', roomId: room, waits: true, echo: false } };
const reject: CallEvent = { type: 'decided', route: { kind: 'reject', statusCode: 486, cause: 'hook-rejected' } };

const callee = { username: '1002', domain: 'a.example' };
const bridge: CallEvent = {
  type: 'decided',
  route: { kind: 'room', roomId: room, waits: true, echo: false, callee },
};

/** Runs the events one after the other; the actions of each, as short words. */
function run(start: Call, events: readonly CallEvent[]): { call: Call; acts: string[][]; actions: CallAction[] } {
  let call = start;
  const acts: string[][] = [];
  const actions: CallAction[] = [];
  for (const event of events) {
    const [next, done] = step(call, event);
    call = next;
    actions.push(...done);
    acts.push(done.map(word));
  }
  return { call, acts, actions };
}

function word(action: CallAction): string {
  switch (action.do) {
    case 'report':
      return `report ${action.state}`;
    case 'finish':
      return `finish ${action.end.state} ${action.end.code} ${action.end.cause}`;
    case 'end-session':
      return `end-session ${action.statusCode}`;
    case 'join-room':
      return `join-room ${action.connected ? 'connected' : 'connecting'}`;
    case 'start-timer':
    case 'stop-timer':
      return `${action.do} ${action.timer}`;
    default:
      return action.do;
  }
}

const incoming = (overrides: Partial<CallTimeouts> = {}): Call => createIncomingCall({ ...timeouts, ...overrides });
const outgoing = (): Call => createOutgoingCall(room, timeouts)[0];
const remoteBye: CallEvent = {
  type: 'session-ended',
  outcome: { by: 'remote', cause: 'bye', statusCode: null, reasonPhrase: null },
};

describe('incoming calls', () => {
  test('contract 4.2(3) Accept is answered once the ports are bound, then joins as connected', () => {
    const { call, acts } = run(incoming(), [accept, { type: 'media-opened' }]);
    expect(acts).toEqual([['open-media'], ['answer', 'join-room connected', 'join-media', 'report Connected']]);
    expect(call.phase.at).toBe('connected');
  });

  test('contract 4.2(4) WaitOtherPeers rings, joins unconnected and is answered when another member is Connected', () => {
    const { acts } = run(incoming(), [
      wait,
      { type: 'media-opened' },
      { type: 'accompanied' },
      { type: 'other-connected' },
    ]);
    expect(acts[1]).toEqual(['ring', 'report Ringing', 'start-timer wait-other-peers', 'join-room connecting']);
    expect(acts[3]).toEqual([
      'stop-timer wait-other-peers',
      'answer',
      'mark-connected',
      'join-media',
      'report Connected',
    ]);
  });

  test('contract 4.2(5) nobody within 30 s: 486', () => {
    const { acts } = run(incoming(), [wait, { type: 'media-opened' }, { type: 'timer', timer: 'wait-other-peers' }]);
    expect(acts[2]).toEqual(['end-session 486', 'finish Rejected 486 wait-timeout']);
  });

  test('contract 4.4 the callee leaves before anybody answered: the waiting caller gets 486', () => {
    const { acts } = run(incoming(), [
      wait,
      { type: 'media-opened' },
      { type: 'accompanied' },
      { type: 'alone', hadOthers: true },
    ]);
    expect(acts[3]).toEqual(['end-session 486', 'finish Rejected 486 others-left']);
  });

  test('contract 4.2(6) CANCEL while the hook is pending: the late answer only passes through its room', () => {
    const cancelled: CallEvent = {
      type: 'session-ended',
      outcome: { by: 'remote', cause: 'cancelled', statusCode: 487, reasonPhrase: null },
    };
    const { acts } = run(incoming(), [cancelled, wait, reject]);
    expect(acts).toEqual([['finish Canceled 487 remote-cancelled', 'forget'], ['pass-through-room'], []]);
  });

  test('contract 2.4 Reject is 486 and no media is opened', () => {
    expect(run(incoming(), [reject]).acts).toEqual([['end-session 486', 'finish Rejected 486 hook-rejected']]);
  });

  test('contract 4.4 empty_grace_ms keeps the leg until the timer, and company cancels it', () => {
    const start = run(incoming({ emptyGraceMs: 500 }), [
      accept,
      { type: 'media-opened' },
      { type: 'accompanied' },
    ]).call;
    const left = run(start, [{ type: 'alone', hadOthers: true }]);
    expect(left.acts).toEqual([['start-timer empty-grace']]);
    expect(run(left.call, [{ type: 'accompanied' }]).acts[0]).toContain('stop-timer empty-grace');
    expect(run(left.call, [{ type: 'timer', timer: 'empty-grace' }]).acts).toEqual([
      ['end-session 486', 'finish Ended null others-left'],
    ]);
  });

  test('contract 4.2(5) accept_alone_timeout_ms runs only while nobody ever came', () => {
    const alone = run(incoming({ acceptAloneMs: 1000 }), [accept, { type: 'media-opened' }]);
    expect(alone.acts[1]).toContain('start-timer alone');
    expect(run(alone.call, [{ type: 'timer', timer: 'alone' }]).call.phase.at).toBe('ending');
    const met = run(alone.call, [{ type: 'accompanied' }, { type: 'timer', timer: 'alone' }]);
    expect(met.call.phase.at).toBe('connected');
  });

  test('no RTP port: 503 for the caller', () => {
    expect(run(incoming(), [accept, { type: 'media-failed' }]).acts[1]).toEqual([
      'end-session 503',
      'finish Failed 503 media-unavailable',
    ]);
  });
});

describe('callers who are put through to a user', () => {
  const opened: CallEvent = { type: 'media-opened' };

  test('hear nothing before a phone of his rings, and wait without a timer', () => {
    const { call, acts } = run(incoming(), [bridge, opened, { type: 'callee-ringing' }, { type: 'callee-ringing' }]);
    expect(acts).toEqual([['open-media'], ['join-room connecting', 'dial-callee'], ['ring', 'report Ringing'], []]);
    expect(call.phase).toEqual({ at: 'waiting' });
  });

  test.each([
    [486, 'Rejected'],
    [500, 'Failed'],
    [603, 'Rejected'],
  ])('end with the %i of the phones: %s', (code, state) => {
    const failed: CallEvent = { type: 'callee-failed', code, reason: 'So It Is' };
    const { acts } = run(incoming(), [bridge, opened, failed]);
    expect(acts[2]).toEqual([`end-session ${code}`, `finish ${state} ${code} remote-rejected`]);
  });

  test('are a call once answered: a leg that ends later ends it as others-left, without time of grace', () => {
    const { acts } = run(incoming({ ...timeouts, emptyGraceMs: 5000 }), [
      bridge,
      opened,
      { type: 'other-connected' },
      { type: 'callee-failed', code: 480, reason: 'gone' },
      { type: 'alone', hadOthers: true },
    ]);
    expect(acts[3]).toEqual([]);
    expect(acts[4]?.at(-1)).toBe('finish Ended null others-left');
  });
});

describe('outgoing calls', () => {
  test('contract 4.3(1) the leg is in its room before it is dialled', () => {
    expect(createOutgoingCall(room, timeouts)[1].map(word)).toEqual(['join-room connecting', 'open-media']);
  });

  test('contract 4.3(3) 18x rings once, 2xx connects', () => {
    const { acts } = run(outgoing(), [
      { type: 'media-opened' },
      { type: 'progress' },
      { type: 'progress' },
      { type: 'answered' },
      remoteBye,
    ]);
    expect(acts).toEqual([
      ['dial'],
      ['report Ringing'],
      [],
      ['mark-connected', 'join-media', 'report Connected'],
      ['finish Ended null remote-bye', 'forget'],
    ]);
  });

  test.each([
    [486, 'Rejected 486 remote-rejected'],
    [603, 'Rejected 603 remote-rejected'],
    [404, 'Rejected 404 remote-rejected'],
    [407, 'Failed 407 auth-failed'],
    [503, 'Failed 503 remote-rejected'],
  ])('a final %i is reported as %s', (statusCode, expected) => {
    const failed: CallEvent = {
      type: 'session-ended',
      outcome: { by: 'remote', cause: 'rejected', statusCode, reasonPhrase: 'Nope' },
    };
    expect(run(outgoing(), [{ type: 'media-opened' }, failed]).acts[1]).toEqual([`finish ${expected}`, 'forget']);
  });

  test('contract 4.4 the caller gives up: the ringing leg is cancelled', () => {
    const { acts } = run(outgoing(), [
      { type: 'accompanied' },
      { type: 'media-opened' },
      { type: 'progress' },
      { type: 'alone', hadOthers: true },
    ]);
    expect(acts[3]).toEqual(['end-session 487', 'finish Canceled 487 others-left']);
  });
});

const anyEvent: fc.Arbitrary<CallEvent> = fc.oneof(
  fc.constantFrom<CallEvent>(
    accept,
    wait,
    reject,
    bridge,
    { type: 'callee-ringing' },
    { type: 'callee-failed', code: 480, reason: 'Temporarily Unavailable' },
    { type: 'media-opened' },
    { type: 'media-failed' },
    { type: 'progress' },
    { type: 'answered' },
    { type: 'other-connected' },
    { type: 'accompanied' },
    { type: 'alone', hadOthers: true },
    { type: 'alone', hadOthers: false },
    { type: 'timer', timer: 'wait-other-peers' },
    { type: 'timer', timer: 'empty-grace' },
    { type: 'timer', timer: 'alone' },
  ),
  fc.constantFrom(...endCauses).map((cause): CallEvent => ({ type: 'close', cause })),
  fc
    .record({
      by: fc.constantFrom<'local' | 'remote'>('local', 'remote'),
      cause: fc.constantFrom(
        'rejected',
        'cancelled',
        'bye',
        'timeout',
        'no-ack',
        'transport',
        'ring-timeout',
        'closed',
      ),
      statusCode: fc.option(fc.integer({ min: 300, max: 699 }), { nil: null }),
      reasonPhrase: fc.constant(null),
    })
    .map((outcome): CallEvent => ({ type: 'session-ended', outcome })),
);

test('whatever happens in whatever order, a call ends exactly once and is forgotten exactly once', () => {
  const last: CallEvent = {
    type: 'session-ended',
    outcome: { by: 'remote', cause: 'bye', statusCode: null, reasonPhrase: null },
  };
  fc.assert(
    fc.property(fc.boolean(), fc.array(anyEvent, { maxLength: 30 }), (isIncoming, events) => {
      const { call, actions } = run(isIncoming ? incoming() : outgoing(), [...events, last]);
      const count = (name: CallAction['do']): number => actions.filter((action) => action.do === name).length;
      expect(call.phase.at).toBe('ended');
      expect(call.inRoom).toBe(false);
      expect(count('finish')).toBe(1);
      expect(count('forget')).toBe(1);
      expect(count('end-session')).toBeLessThanOrEqual(1);
      expect(count('answer')).toBeLessThanOrEqual(1);
      const finishedAt = actions.findIndex((action) => action.do === 'finish');
      const after = actions.slice(finishedAt + 1).map((action) => action.do);
      expect(after.filter((name) => name !== 'forget' && name !== 'pass-through-room')).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});
