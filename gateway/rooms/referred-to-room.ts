import { messageOf } from '../../base/errors.js';
import type { CallId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import type { ReferDecision, Reference } from '../../sip/index.js';
import type { Route } from '../calls/call.js';
import type { CallRunner } from '../calls/call-runner.js';
import type { CallService } from '../calls/service.js';
import type { Decider } from '../decide/decider.js';
import { type Domain, isRoutedByHooks } from '../decide/domains.js';
import { sourceText } from '../registrar/authenticator.js';
import { type EnterOptions, plainEntry } from './door.js';
import type { RoomMember } from './member.js';
import type { Room } from './room.js';

export interface RoomReferralOptions {
  readonly service: CallService;
  readonly decider: Pick<Decider, 'route'>;
  readonly log: Logger;
}

/** Who asks, who is with him, and what for. */
interface Asked {
  readonly by: CallRunner;
  readonly room: Room;
  readonly guest: RoomMember;
  /** User part of the Refer-To. */
  readonly number: string;
  /** Of its host; null: the hooks'. */
  readonly domain: Domain | null;
  readonly reference: Reference;
}

/**
 * Blind transfer to a number of this gateway (RFC 5589 §6): who is alone with a member in its room goes where the application sends a
 * call of his to that number. It is asked as about such a call, with `referred_by`; he comes in as that call would, but his
 * leg goes on, so that nobody is rung. Limit: one question of each transferor at a time.
 */
export class RoomReferrals {
  readonly #options: RoomReferralOptions;
  readonly #asking = new Set<CallId>();

  constructor(options: RoomReferralOptions) {
    this.#options = options;
  }

  /** 404: there is not one other person in the room who could go; 491: the last REFER is not answered yet. Else a NOTIFY follows. */
  decide(by: CallRunner, room: Room, to: Pick<Asked, 'number' | 'domain' | 'reference'>): ReferDecision {
    const { callId } = by.info;
    const others = [...room.members.values()].filter(({ id }) => id !== callId);
    const [guest] = others;
    if (guest === undefined || others.length > 1 || guest.place !== 'room') {
      return { status: 'rejected', statusCode: 404 };
    }
    if (this.#asking.has(callId)) return { status: 'rejected', statusCode: 491 };
    this.#asking.add(callId);
    this.#ask({ by, room, guest, ...to })
      .catch((error: unknown) => {
        this.#options.log.error('call.fault', { callId, message: messageOf(error) });
        to.reference.final(500);
      })
      .finally(() => this.#asking.delete(callId));
    return { status: 'accepted' };
  }

  async #ask(asked: Asked): Promise<void> {
    const { service, decider } = this.#options;
    const { by, guest, number, domain } = asked;
    const callId = guest.id as CallId;
    const guestCall = service.table.get(callId);
    const flow = guestCall?.sip?.flow ?? by.sip?.flow ?? null;
    const isRemote = isRoutedByHooks(domain);
    // The application may ring somebody before it answers, as inside the hook of a call.
    if (isRemote) service.orphans.hookBegan(callId);
    try {
      const { route } = await decider.route({
        ...{ callId, domain, called: number, toNumber: number },
        source: flow === null ? '' : sourceText(flow.remote),
        username: guest.identity,
        fromNumber: guestCall?.info.wantedPeer ?? guest.peer,
        referredBy: by.info.wantedPeer,
      });
      this.#apply(asked, route);
    } finally {
      if (isRemote) service.orphans.hookEnded(callId);
    }
  }

  /** Tells the transferor how it went, and moves the guest. */
  #apply(asked: Asked, route: Route): void {
    const { guest, room, reference } = asked;
    const refusal = this.#refusalOf(asked, route);
    if (refusal !== null || route.kind === 'reject') {
      reference.final(refusal?.statusCode ?? 603, refusal?.text);
      return;
    }
    const { log, service } = this.#options;
    // Told before he moves, which may end the call that is told in.
    reference.final(200);
    const { roomId: to } = route;
    if (to !== room.id) service.entrance.moveAsCaller(guest.id, to, entryOf(route));
    log.info('room.sent-on', { roomId: room.id, by: asked.by.info.callId, callId: guest.id, number: asked.number, to });
  }

  #refusalOf({ room, guest }: Asked, route: Route): { readonly statusCode: number; readonly text?: string } | null {
    const { rooms, entrance } = this.#options.service;
    if (route.kind === 'reject') {
      const { statusCode, reasonPhrase } = route;
      return { statusCode, ...(reasonPhrase === undefined ? {} : { text: reasonPhrase }) };
    }
    // Nobody will ever answer there (contract 4.4).
    if (route.waits && rooms.isTombstoned(route.roomId)) return { statusCode: 486 };
    if (entrance.roomOf(guest.id)?.room.id !== room.id) return { statusCode: 481 };
    return route.roomId === room.id ? null : entrance.check(route.roomId, entryOf(route));
  }
}

function entryOf({ entry = {}, echo }: Extract<Route, { kind: 'room' }>): EnterOptions {
  return { ...plainEntry, ...entry, echo };
}
