import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { parseDialogReference, type ReferDecision, type Reference } from '../../sip/index.js';
import type { CallRunner } from '../calls/call-runner.js';
import type { CallService } from '../calls/service.js';
import { type EnterOptions, plainEntry } from './door.js';
import type { RoomMember } from './member.js';
import type { Room } from './room.js';

export interface AttendedOptions {
  readonly service: CallService;
  readonly clock: Clock;
  readonly log: Logger;
}

/** A call of the transferor, and where it is. */
interface Side {
  readonly call: CallRunner;
  readonly member: RoomMember;
  readonly room: Room;
}

/**
 * Attended transfer into a room (RFC 5589 §7, RFC 3891): a phone that is in a room and talks to somebody else by a second call
 * of ours gives its place in the room to him. It sends a REFER in either call, whose Refer-To names the other one by
 * Replaces. Both end here, so that no INVITE is needed: he moves, and the call that Replaces names is over.
 */
export class AttendedTransfers {
  readonly #options: AttendedOptions;

  constructor(options: AttendedOptions) {
    this.#options = options;
  }

  /**
   * Null: neither call is in a room whose `refer` is `room`. 400: Replaces cannot be read; 403: the transferor may not, or
   * the room is locked to him; 480: the room is full; 603: the other call is not ours or not his, or there is no single one at its other end.
   */
  decide(referred: CallRunner, replaces: string, reference: Reference): ReferDecision | null {
    const asked = parseDialogReference(replaces);
    if (!asked.ok) return { status: 'rejected', statusCode: 400, reasonPhrase: 'Bad Replaces' };
    const named = this.#find(asked.value);
    const [here, there] = [this.#sideOf(referred), named === undefined ? null : this.#sideOf(named)];
    if (here?.room.policy.refer !== 'room' && there?.room.policy.refer !== 'room') return null;
    if (here === null || there === null || here.room.id === there.room.id || !isSameUser(here.call, there.call)) {
      return { status: 'rejected', statusCode: 603 };
    }
    const [room, consultation] = here.room.policy.refer === 'room' ? [here, there] : [there, here];
    if (room.member.place !== 'room' || room.member.role === 'listener') return { status: 'rejected', statusCode: 403 };
    const others = [...consultation.room.members.values()].filter(({ id }) => id !== consultation.member.id);
    const [guest] = others;
    if (guest === undefined || others.length > 1 || guest.place !== 'room') {
      return { status: 'rejected', statusCode: 603 };
    }
    const entry = { passesLock: room.member.role === 'host', takesPlaceOf: room.member.id };
    const refusal = this.#options.service.entrance.check(room.room.id, entryOf(guest, entry));
    if (refusal !== null) return { status: 'rejected', statusCode: refusal.statusCode };
    // The answer to the REFER goes before the ends of calls that it leads to.
    this.#options.clock.setTimer(0, () => this.#transfer({ room, guest, entry, replaced: there.call, reference }));
    return { status: 'accepted' };
  }

  #transfer({
    room,
    guest,
    entry,
    replaced,
    reference,
  }: {
    readonly room: Side;
    readonly guest: RoomMember;
    readonly entry: Pick<EnterOptions, 'passesLock' | 'takesPlaceOf'>;
    readonly replaced: CallRunner;
    readonly reference: Reference;
  }): void {
    const { service, log } = this.#options;
    const { entrance } = service;
    const roomId = room.room.id;
    const refusal = entrance.check(roomId, entryOf(guest, entry));
    if (refusal !== null || entrance.roomOf(guest.id) === null || !entrance.has(roomId)) {
      reference.final(refusal?.statusCode ?? 481);
      return;
    }
    // Told before he moves, which may end the call that is told in.
    reference.final(200);
    entrance.move(guest.id, { to: roomId, isAway: false, origin: null, entry });
    log.info('room.transferred', { roomId, by: room.call.info.callId, callId: guest.id });
    // RFC 3891 §3: its place is taken. The transferor ends the other one (RFC 5589 §7.1).
    replaced.post({ type: 'close', cause: 'replaced', reason: 'Replaced' });
  }

  /** Its tags are named as the one that is replaced sees them: `to-tag` is ours. */
  #find({ callId, toTag, fromTag }: { readonly callId: string; readonly toTag: string; readonly fromTag: string }) {
    return this.#options.service.table.live().find(({ sip }) => {
      const dialog = sip?.dialog ?? null;
      return dialog?.callId === callId && dialog.localTag === toTag && dialog.remoteTag === fromTag;
    });
  }

  #sideOf(call: CallRunner): Side | null {
    const room = this.#options.service.entrance.roomOf(call.info.callId)?.room;
    const member = room?.members.get(call.info.callId);
    return room === undefined || member === undefined ? null : { call, member, room };
  }
}

function entryOf({ role }: RoomMember, entry: Partial<EnterOptions>): EnterOptions {
  return { ...plainEntry, role, ...entry };
}

/** Nobody transfers the call of somebody else, whose tags he may have read: one user, or, where we know none, one host. */
function isSameUser(a: CallRunner, b: CallRunner): boolean {
  if (a.info.identity !== b.info.identity) return false;
  const [from, to] = [a.sip?.flow?.remote.address, b.sip?.flow?.remote.address];
  return a.info.identity !== null || (from !== undefined && from === to);
}
