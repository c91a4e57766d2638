import type { Clock } from '../../base/clock.js';
import type { CallId, RoomId } from '../../base/ids.js';
import { hostPort } from '../../base/ip-ranges.js';
import type { Logger } from '../../base/log.js';
import type { ReferDecision, Reference, ReferRequest, Uri } from '../../sip/index.js';
import type { CommandResult } from '../api/commands.js';
import type { EntryWish } from '../calls/call.js';
import type { CallEnd } from '../calls/call-end.js';
import type { CallRunner } from '../calls/call-runner.js';
import type { OutgoingCalls } from '../calls/outgoing.js';
import type { CallListener } from '../calls/reporter.js';
import type { CallService } from '../calls/service.js';
import type { Decider } from '../decide/decider.js';
import type { Domain, Domains } from '../decide/domains.js';
import type { BindingKeeper } from '../registrar/keeper.js';
import { reachable } from '../registrar/registrar.js';
import { AttendedTransfers } from './attended.js';
import { plainEntry } from './door.js';
import { RoomReferrals } from './referred-to-room.js';

export interface ReferredOptions {
  readonly service: CallService;
  readonly outgoing: Pick<OutgoingCalls, 'inviteClient' | 'inviteServer'>;
  readonly keeper: Pick<BindingKeeper, 'ofUser'>;
  readonly domains: Pick<Domains, 'find'>;
  readonly decider: Pick<Decider, 'route'>;
  /** Whether a host of a URI is this gateway. */
  readonly isHere: (host: string) => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** References that are being called; more get a 503. */
const MAX_CALLS = 1000;

/** Where a Refer-To leads: to the phones of a user of ours, to a number that the application knows, or away; null: nowhere. */
type Place =
  | { readonly kind: 'user'; readonly sessionId: string }
  | { readonly kind: 'number'; readonly number: string; readonly domain: Domain | null }
  | { readonly kind: 'elsewhere'; readonly address: string; readonly number: string };

/**
 * A member's phone asks us to call somebody: he is rung into its room, where `refer` of the room's settings is `room`, and the
 * phone is told how that goes (RFC 3515 §2.4.4, §2.4.5). A number of ours that is nobody's phone is asked of the application
 * (referred-to-room.ts). Limit: MAX_CALLS at a time.
 */
export class ReferredCalls implements CallListener {
  readonly #options: ReferredOptions;
  readonly #attended: AttendedTransfers;
  readonly #toRooms: RoomReferrals;
  readonly #open = new Map<CallId, Reference>();

  constructor(options: ReferredOptions) {
    this.#options = options;
    this.#attended = new AttendedTransfers(options);
    this.#toRooms = new RoomReferrals(options);
    options.service.reporter.listen(this);
  }

  /** Null: no member of a room that lets its members call others. */
  decide(refer: ReferRequest, reference: Reference): ReferDecision | null {
    const { service } = this.#options;
    const { dialog } = refer;
    const call =
      dialog === null ? undefined : service.table.live().find(({ sip }) => sip?.dialog?.callId === dialog.callId);
    if (call === undefined) return null;
    const replaces = refer.headers.find(([name]) => name.toLowerCase() === 'replaces')?.[1];
    if (replaces !== undefined && refer.method === 'INVITE') return this.#attended.decide(call, replaces, reference);
    const room = service.entrance.roomOf(call.info.callId)?.room;
    const member = room?.members.get(call.info.callId);
    if (room?.policy.refer !== 'room' || member === undefined) return null;
    if (member.place !== 'room' || member.role === 'listener') return { status: 'rejected', statusCode: 403 };
    if (refer.method !== 'INVITE') return { status: 'rejected', statusCode: 603 };
    const place = this.#placeOf(refer.uri);
    if (place === null) return { status: 'rejected', statusCode: 404 };
    if (place.kind === 'number') return this.#toRooms.decide(call, room, { ...place, reference });
    if (this.#open.size >= MAX_CALLS) return { status: 'rejected', statusCode: 503 };
    // Who may lock the room means it.
    const passesLock = member.role === 'host';
    if (service.entrance.check(room.id, { ...plainEntry, passesLock }) !== null)
      return { status: 'rejected', statusCode: 403 };
    const dialled = this.#dial(call, room.id, place, { passesLock });
    if (!dialled.ok) return { status: 'rejected', statusCode: dialled.code === 'NOT_FOUND' ? 404 : 503 };
    const callId = dialled.value.sessionId as CallId;
    this.#options.log.info('room.referred', { roomId: room.id, by: call.info.callId, callId });
    this.#open.set(callId, reference);
    reference.onClosed(() => this.#open.delete(callId));
    return { status: 'accepted' };
  }

  #placeOf(uri: Uri): Place | null {
    const { keeper, domains, isHere } = this.#options;
    if (!('host' in uri) || uri.user === undefined || uri.user === '') return null;
    const { user: number, host, port } = uri;
    const domain = domains.find(host);
    if (domain === null && !isHere(host)) {
      return { kind: 'elsewhere', number, address: port === undefined ? host : hostPort(host, port) };
    }
    const [binding] = reachable(keeper.ofUser({ username: number, domain: domain?.name ?? null }));
    if (binding !== undefined) return { kind: 'user', sessionId: binding.sessionId };
    // Calls there are no members of rooms.
    return domain?.routing === 'control' ? null : { kind: 'number', number, domain };
  }

  #dial(
    call: CallRunner,
    roomId: RoomId,
    place: Exclude<Place, { kind: 'number' }>,
    entry: EntryWish,
  ): CommandResult<{ readonly sessionId: string }> {
    const { outgoing } = this.#options;
    const common = { room_id: roomId, from_number: call.info.fromNumber, server_alias: null, hook_uri: null };
    if (place.kind === 'user') return outgoing.inviteClient({ ...common, dest_session_id: place.sessionId }, entry);
    const { address, number } = place;
    return outgoing.inviteServer({ ...common, dest_addr: address, dest_auth: null, to_number: number }, entry);
  }

  onState(call: CallRunner, state: 'Connecting' | 'Ringing' | 'Connected'): void {
    const reference = this.#open.get(call.info.callId);
    if (state === 'Ringing') reference?.progress(180, 'Ringing');
    if (state === 'Connected') reference?.final(200, 'OK');
  }

  onEnd(call: CallRunner, end: CallEnd): void {
    this.#open.get(call.info.callId)?.final(end.code ?? 503, end.reason);
  }
}
