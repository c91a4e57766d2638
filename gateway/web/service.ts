import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { RoomId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import { type Random, randomToken } from '../../base/random.js';
import type { ApiErrorCode } from '../../contract/errors.js';
import type { Direction } from '../../media/index.js';
import { BindError, NoPortError } from '../../rooms/index.js';
import type { EnterOptions, LeaveCause, RoomEntrance } from '../rooms/door.js';
import { plainEntry } from '../rooms/door.js';
import { fragmentOf, type IceFragment } from './fragment.js';
import { type GivenIceServer, type IceServer, iceServersFor } from './ice-servers.js';
import { WebMedia, type WebMediaOptions } from './media.js';
import { type WebDoor, WebMember } from './member.js';
import type { WebPlace } from './places.js';
import type { WebGrant } from './tokens.js';

export interface WebServiceOptions extends WebMediaOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly entrance: RoomEntrance;
  readonly iceServers: readonly IceServer[];
  /** Where the leg of a page at that address is bound; null: nowhere. */
  readonly placeFor: (client: string) => WebPlace | null;
  /** Why nobody more is taken now; null: they are. */
  readonly refusal: () => Extract<ApiErrorCode, 'DRAINING' | 'MAX_CONN' | 'OVERLOADED'> | null;
}

/** Somebody wants in. */
export interface WebRequest {
  readonly door: WebDoor;
  readonly grant: WebGrant;
  readonly sdp: string;
  /** Named by the client; null: whatever the token says. */
  readonly room: string | null;
  readonly peer: string | null;
  /** So many single voices in place of the mix; the mix unless told. */
  readonly tracks?: number;
  /** It wants to hear nothing, whatever it may. */
  readonly isDeaf?: boolean;
  /** It publishes sound and no presence, and is nobody's company (contract atm0s §4.4). */
  readonly hasNoPresence?: boolean;
  /** The address that its request came from. */
  readonly client: string;
}

export interface WebRefusal {
  readonly ok: false;
  readonly code: ApiErrorCode;
  readonly message: string;
}

export type WebOutcome =
  | {
      readonly ok: true;
      readonly connId: string;
      readonly sdp: string;
      readonly etag: string;
      readonly iceServers: readonly GivenIceServer[];
    }
  | WebRefusal;

/** What a PATCH led to: nothing to say, or a text and a new tag. */
export type PatchOutcome =
  | { readonly ok: true; readonly answer: null }
  | {
      readonly ok: true;
      readonly answer: string;
      readonly etag: string;
      readonly iceServers?: readonly GivenIceServer[];
    }
  | WebRefusal;

/** Kept of those who have gone; the oldest are forgotten. */
const MOST_GONE = 1000;

function no(code: ApiErrorCode, message: string): WebRefusal {
  return { ok: false, code, message };
}

/** A peer without a name: the first is the contract's word, the others are numbered. */
function defaultPeer(door: WebDoor, number: number): string {
  if (door === 'whip') return 'publisher';
  return door === 'whep' ? `whep-${number}` : `web-${number}`;
}

/**
 * The browsers of this gateway (contract atm0s §5.2): from an offer with a token to a member of a room, and to its end. A member
 * comes into its room when its transport is up, and not when its offer was answered: who waits there waits for
 * somebody to talk to. Limit: `refusal`, and a leg for each; what does not connect is over after ten seconds.
 */
export class WebService {
  readonly counters = { started: 0, joined: 0, ended: 0, refused: 0, restarts: 0, candidates: 0 };
  readonly #options: WebServiceOptions;
  readonly #members = new Map<string, WebMember>();
  /** Of those who have gone lately, the token they came by, so that its bearer may still read why. */
  readonly #gone = new Map<string, string>();
  #numbered = 0;
  #emptied: (() => void)[] = [];

  constructor(options: WebServiceOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#members.size;
  }

  /** Whether that member came by that token; of those who have gone the last thousand are known. */
  cameBy(memberId: string, tokenId: string): boolean {
    return (this.#members.get(memberId)?.info.tokenId ?? this.#gone.get(memberId)) === tokenId;
  }

  has(connId: string): boolean {
    return this.#members.has(connId);
  }

  etagOf(connId: string): string | null {
    return this.#members.get(connId)?.etag ?? null;
  }

  /** Answers the offer, or says why not; everything that can be found out is found out before anything is opened. */
  async connect(request: WebRequest): Promise<WebOutcome> {
    const outcome = await this.#connect(request);
    if (outcome.ok) return outcome;
    this.counters.refused += 1;
    const { door, client } = request;
    this.#options.log.info('web.refused', { door, client, code: outcome.code, reason: outcome.message });
    return outcome;
  }

  /** A fragment of the client: candidates, which change nothing here, or a restart of ICE (RFC 9725 §4.3). */
  patch(connId: string, { ufrag, password, candidates }: IceFragment): PatchOutcome {
    const member = this.#members.get(connId);
    if (member === undefined) return no('CONNECTION_NOT_FOUND', 'it is not there, or has ended');
    this.counters.candidates += candidates.length;
    if (ufrag === null || ufrag === member.agreed?.ice?.remoteUfrag) return { ok: true, answer: null };
    if (password === null) return no('BAD_REQUEST', 'a restart needs a=ice-ufrag and a=ice-pwd');
    const answered = member.media.restart(ufrag, password, candidates);
    if (!answered.ok) return no('NOT_ACCEPTABLE', answered.text);
    this.counters.restarts += 1;
    return { ok: true, answer: fragmentOf(answered.sdp), etag: this.#renew(member) };
  }

  /** A whole new offer of the client: other codecs, a hold, a new certificate. */
  reoffer(connId: string, sdp: string): PatchOutcome {
    const member = this.#members.get(connId);
    if (member === undefined) return no('CONNECTION_NOT_FOUND', 'it is not there, or has ended');
    const ufrag = member.agreed?.ice?.remoteUfrag;
    const answered = member.media.answer(sdp);
    if (!answered.ok) return no(answered.fault === 'unreadable' ? 'BAD_REQUEST' : 'NOT_ACCEPTABLE', answered.text);
    if (member.isSpectator && hears(answered.media.direction)) {
      member.isSpectator = false;
      this.#options.entrance.speaks(connId);
    }
    const isRestart = ufrag !== answered.media.ice?.remoteUfrag;
    const { iceServers: servers, clock } = this.#options;
    // Those of the first answer may have ended.
    const iceServers = iceServersFor(servers, member.peer, clock.epochMs());
    return { ok: true, answer: answered.sdp, etag: isRestart ? this.#renew(member) : member.etag, iceServers };
  }

  /** The client is done. False: there is none of that id. */
  end(connId: string): boolean {
    const member = this.#members.get(connId);
    member?.end('left', 'the page took it back');
    return member !== undefined;
  }

  endAll(text: string): void {
    for (const member of [...this.#members.values()]) member.end('room-closed', text);
  }

  /** Resolves when nobody is left. */
  emptied(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }

  async #connect(request: WebRequest): Promise<WebOutcome> {
    const { entrance, placeFor, refusal, iceServers, clock, random } = this.#options;
    const refused = refusal();
    if (refused !== null) return no(refused, 'nobody more is taken now');
    const names = this.#namesOf(request);
    if ('code' in names) return names;
    const media = new WebMedia(this.#options, directionOf(request), request.tracks);
    const probe = media.probe(request.sdp);
    if (!probe.ok) return no(probe.fault === 'unreadable' ? 'BAD_REQUEST' : 'NOT_ACCEPTABLE', probe.text);
    const isSpectator = !hears(probe.media.direction);
    const { door, grant } = request;
    const closed = entrance.check(names.roomId, entryOf({ isGuest: grant.isGuest, isSpectator }));
    if (closed !== null) return no(closed.code, closed.text);
    const place = placeFor(request.client);
    if (place === null) return no('INTERNAL_ERROR', 'no address for sound');
    const { peer: claimed, extraData, isGuest, tokenId } = grant;
    const member = new WebMember(
      {
        connId: randomToken(random, 18),
        door,
        ...names,
        // Who a token names is known; who only says a name is anybody.
        identity: claimed === null ? null : `token:${claimed}`,
        extraData,
        isGuest,
        hasPresence: request.hasNoPresence !== true,
        tokenId,
      },
      media,
      { etag: this.#tag(), isSpectator },
      this.#handlers(),
    );
    const answered = await this.#answer(member, place, request);
    if ('code' in answered) return answered;
    const servers = iceServersFor(iceServers, names.peer, clock.epochMs());
    return { ok: true, connId: member.memberId, sdp: answered.sdp, etag: member.etag, iceServers: servers };
  }

  /** Opens the leg and answers. What came in between, a shutdown or the end of the leg, ends it. */
  async #answer(
    member: WebMember,
    place: WebPlace,
    { sdp, client }: WebRequest,
  ): Promise<{ sdp: string } | WebRefusal> {
    const { connId, door, roomId, peer } = member.info;
    this.#members.set(connId, member);
    this.counters.started += 1;
    try {
      await member.open(place);
    } catch (error) {
      member.end('failed', messageOf(error));
      const isFull = error instanceof NoPortError || (error instanceof BindError && error.systemCode === 'EMFILE');
      return isFull ? no('OVERLOADED', 'no port for sound is free') : no('INTERNAL_ERROR', 'no media for it');
    }
    const answered = member.state === 'over' ? null : member.media.answer(sdp);
    if (answered === null || !answered.ok) {
      member.end('failed', answered?.text ?? 'ended');
      return no('NOT_ACCEPTABLE', answered?.text ?? 'it was ended');
    }
    this.#options.log.info('web.started', { connId, door, roomId, peer, client });
    return { sdp: answered.sdp };
  }

  #namesOf({ door, grant, room, peer }: WebRequest): { roomId: RoomId; peer: string } | WebRefusal {
    if (grant.room !== null && room !== null && room !== grant.room) {
      return no('INVALID_TOKEN', 'the token is for another room');
    }
    if (grant.peer !== null && peer !== null && peer !== grant.peer) {
      return no('INVALID_TOKEN', 'the token is for another peer');
    }
    const roomId = grant.room ?? room;
    if (roomId === null) return no('BAD_REQUEST', 'room: the token is for any, so that one has to be named');
    this.#numbered += 1;
    return { roomId: roomId as RoomId, peer: grant.peer ?? peer ?? defaultPeer(door, this.#numbered) };
  }

  #handlers(): ConstructorParameters<typeof WebMember>[3] {
    const { entrance, log } = this.#options;
    return {
      onUp: (member) => {
        const { connId, roomId, peer, isGuest } = member.info;
        const refusal = entrance.enter(member, roomId, entryOf({ isGuest, isSpectator: member.isSpectator }));
        if (refusal !== null) {
          member.end('failed', refusal.text);
          return;
        }
        this.counters.joined += 1;
        log.info('web.joined', { connId, roomId, peer, codec: member.agreed?.send?.codec ?? null });
      },
      onDigit: (member, digit) => entrance.digit(member.memberId, digit),
      onLegEvent: (member, event) => entrance.legEvent(member.memberId, event),
      onOver: (member, cause, reason) => this.#over(member, cause, reason),
    };
  }

  #over(member: WebMember, cause: LeaveCause, reason: string): void {
    const { connId, tokenId } = member.info;
    this.#members.delete(connId);
    this.#gone.set(connId, tokenId);
    if (this.#gone.size > MOST_GONE) this.#gone.delete(this.#gone.keys().next().value ?? '');
    this.counters.ended += 1;
    this.#options.entrance.left(connId, cause);
    this.#options.log.info('web.ended', { connId, cause, reason });
    if (this.size > 0) return;
    for (const told of this.#emptied.splice(0)) told();
  }

  #renew(member: WebMember): string {
    member.etag = this.#tag();
    return member.etag;
  }

  /** A strong one (RFC 9110 §8.8.3). */
  #tag(): string {
    return `"${randomToken(this.#options.random, 9)}"`;
  }
}

/** What we do: hear who may publish, and send to who may subscribe. */
function directionOf({ grant, isDeaf = false }: WebRequest): Direction {
  const sends = grant.maySubscribe && !isDeaf;
  if (grant.mayPublish) return sends ? 'sendrecv' : 'recvonly';
  return sends ? 'sendonly' : 'inactive';
}

function hears(direction: Direction): boolean {
  return direction === 'sendrecv' || direction === 'recvonly';
}

/** A token of an application is proof enough of who may come in. */
function entryOf({ isGuest, isSpectator }: { readonly isGuest: boolean; readonly isSpectator: boolean }): EnterOptions {
  return { ...plainEntry, role: isSpectator ? 'listener' : 'member', skipsPin: !isGuest };
}
