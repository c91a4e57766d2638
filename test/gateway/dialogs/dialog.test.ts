import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Description } from '../../../gateway/dialogs/description.js';
import {
  createIncomingDialog,
  createOutgoingDialog,
  type Dialog,
  type DialogAction,
  type DialogEvent,
  errorOf,
  noError,
  step,
} from '../../../gateway/dialogs/dialog.js';

const description: Description = { json: { m: [] }, body: Buffer.from('v=0'), isHold: false };
const held: Description = { ...description, isHold: true };
const described = fc.constantFrom(null, description, held);

/** What the control server and the gateway may do at any time. */
const commands = fc.oneof(
  fc.constant<DialogEvent>({ type: 'ring', alertInfo: null }),
  described.map((each): DialogEvent => ({ type: 'answer', description: each })),
  described.map((each): DialogEvent => ({ type: 'ok', description: each })),
  described.map((each): DialogEvent => ({ type: 'reinvite', description: each })),
  fc.constantFrom(null, 486).map((code): DialogEvent => ({ type: 'hangup', code, reason: null })),
  fc.constant<DialogEvent>({ type: 'control-failed' }),
  fc.constantFrom('setup' as const, 'reply' as const).map((timer): DialogEvent => ({ type: 'timer', timer })),
  fc.constant<DialogEvent>({ type: 'close', error: errorOf(503) }),
);
/** What the peer may do, in any order too: the state of the session is not for this machine to trust. */
const peer = fc.oneof(
  described.map((each): DialogEvent => ({ type: 'progress', description: each })),
  fc
    .tuple(described, fc.boolean())
    .map(([each, isOffer]): DialogEvent => ({ type: 'answered', description: each, isOffer })),
  described.map((each): DialogEvent => ({ type: 'confirmed', description: each })),
  fc
    .tuple(described, fc.boolean())
    .map(([each, hasAck]): DialogEvent => ({ type: 'offered', description: each, hasAck })),
  described.map((each): DialogEvent => ({ type: 'reinvite-confirmed', description: each })),
  described.map((each): DialogEvent => ({ type: 'reinvited', offer: description, description: each })),
  described.map((each): DialogEvent => ({ type: 'solicited', description: each })),
  fc.constant<DialogEvent>({ type: 'reinvite-failed', error: errorOf(488) }),
  fc.constant<DialogEvent>({ type: 'referred', refer: { to: '1004' } }),
  fc.constant<DialogEvent>({ type: 'session-ended', error: noError }),
);

function fresh(originator: boolean, hasControl: boolean): Dialog {
  if (!originator) return createIncomingDialog({ authenticated: true, them: description, nowS: 1 })[0];
  return createOutgoingDialog({ hasControl, us: hasControl ? null : description, nowS: 1 });
}

describe('a dialog', () => {
  test('mediaswitch row 13: whatever happens in whatever order, its end is told once, last, and with nothing running', () => {
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.boolean(),
        fc.array(fc.oneof(commands, peer), { maxLength: 40 }),
        (out, has, events) => {
          let dialog = fresh(out, has);
          const told: boolean[] = [];
          const running = new Set<string>();
          let ends = 0;
          let finishes = 0;
          const all: DialogEvent[] = [...events, { type: 'session-ended', error: noError }];
          for (const event of all) {
            const before = dialog.phase.at;
            const [next, actions] = step(dialog, event, 2);
            dialog = next;
            for (const action of actions) {
              if (action.do === 'tell') told.push(dialog.hangup);
              else if (action.do === 'end-session') ends += 1;
              else if (action.do === 'finish') finishes += 1;
              else if (action.do === 'start-timer') running.add(action.timer);
              else if (action.do === 'stop-timer') running.delete(action.timer);
            }
            if (before === 'ended') expect(actions.filter((each) => each.do !== 'refuse-offer')).toEqual([]);
            // An end of ours leaves no timer behind.
            if (dialog.phase.at === 'ending') expect([...running]).toEqual([]);
          }
          expect(dialog.phase.at).toBe('ended');
          expect(told.filter((hangup) => hangup)).toEqual([true]);
          expect(told.at(-1)).toBe(true);
          expect(finishes).toBe(1);
          expect(ends).toBeLessThanOrEqual(1);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('mediaswitch row 13: without a control server no command is waited for', () => {
    fc.assert(
      fc.property(fc.array(peer, { maxLength: 20 }), (events) => {
        let dialog = fresh(true, false);
        for (const event of events) {
          const [next, actions] = step(dialog, event, 2);
          dialog = next;
          const isOffer = event.type === 'offered' && !['ended', 'ending'].includes(dialog.phase.at);
          const answers = actions.filter(({ do: what }) => what === 'answer-offer' || what === 'refuse-offer');
          if (isOffer) expect(answers).toHaveLength(1);
          expect(dialog.phase).not.toMatchObject({ exchange: { is: 'offered' } });
        }
      }),
    );
  });

  test('mediaswitch row 16: an offer that is refused leaves what held before it', () => {
    const [accepted] = step(fresh(false, true), { type: 'answer', description }, 2);
    const [up] = step(accepted, { type: 'confirmed', description: null }, 3);
    const [asked, actions] = step(up, { type: 'offered', description: held, hasAck: true }, 4);
    expect([asked.hold, asked.them]).toEqual([true, held]);
    expect(actions.map((action: DialogAction) => action.do)).toEqual(['start-timer', 'tell']);
    const [refused, after] = step(asked, { type: 'timer', timer: 'reply' }, 34);
    expect([refused.hold, refused.them]).toEqual([false, description]);
    expect(after).toContainEqual({ do: 'refuse-offer', statusCode: 500 });
  });
});
