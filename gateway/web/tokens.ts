import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import {
  type DoorTokenBody,
  type SessionTokenBody,
  v1Claims,
  v2Claims,
  type WebIssuer,
  type WebProtocol,
} from '../../contract/web.js';
import { type JwtFault, readJwt, signJwt } from './jwt.js';

/** Doors that tokens speak of. Nothing here is entered by `rtmp`, `sip` or `rtp`: applications that have them keep them. */
export type TokenDoor = 'whip' | 'whep' | 'webrtc' | 'rtmp' | 'sip' | 'rtp';

/** What a token of either generation allows its bearer. */
export interface WebGrant {
  readonly door: TokenDoor;
  /** Null: any. */
  readonly room: string | null;
  /** Null: any. */
  readonly peer: string | null;
  readonly mayPublish: boolean;
  readonly maySubscribe: boolean;
  readonly extraData: string | null;
  /** No application has vouched for its bearer: it is asked for the PIN. */
  readonly isGuest: boolean;
  /** Tells one token from another without being one. */
  readonly tokenId: string;
}

export type TokenReading =
  | { readonly ok: true; readonly grant: WebGrant }
  | { readonly ok: false; readonly fault: JwtFault };

/** Makes and reads the tokens of browsers: contract atm0s §5.2, both generations, with one key. Neither keeps anything. */
export class WebTokens {
  readonly #clock: Pick<Clock, 'epochMs'>;
  readonly #secret: string;

  constructor(clock: Pick<Clock, 'epochMs'>, secret: string) {
    this.#clock = clock;
    this.#secret = secret;
  }

  /** POST /app/{protocol}_session. */
  forSession(protocol: WebProtocol, body: SessionTokenBody): string {
    const nowMs = this.#clock.epochMs();
    const may = (wish: boolean | null | undefined, ...others: readonly WebProtocol[]): boolean =>
      protocol === 'Webrtc' ? (wish ?? true) : others.includes(protocol);
    const claims = {
      room: body.room,
      peer: body.peer,
      protocol,
      publish: may(body.publish, 'Whip', 'Rtmp', 'Sip'),
      subscribe: may(body.subscribe, 'Whep', 'Sip'),
      ts: nowMs,
      ...expiry(nowMs, body.expires_in),
      ...extra(body.extra_data),
    };
    return signJwt(claims, this.#secret);
  }

  /** POST /token/{door}. */
  forDoor(iss: WebIssuer, body: DoorTokenBody): string {
    const { room, peer, ttl, record } = body;
    const claims = { iss, ...expiry(this.#clock.epochMs(), ttl), room, peer, record: record ?? false };
    return signJwt({ ...claims, ...extra(body.extra_data) }, this.#secret);
  }

  /**
   * POST /join/token: for the page /join, both ways, under any name.
   * @param nonce  makes it another token than that of the next visitor: what came by a token may be ended with it
   */
  forGuest(room: string, ttlS: number, nonce: string): string {
    const claims = { iss: 'webrtc', ...expiry(this.#clock.epochMs(), ttlS), room, peer: null, guest: true, jti: nonce };
    return signJwt(claims, this.#secret);
  }

  /** How a connection is named to its own page: everybody in the room may read `connId`, the key after it is told to nobody else. */
  sealed(connId: string): string {
    return `${connId}.${this.#keyOf(connId)}`;
  }

  /** The connection that a page names; null: the key is wrong or missing. */
  opened(sealed: string): string | null {
    const [connId = '', key = ''] = sealed.split('.', 2);
    const [given, right] = [Buffer.from(key), Buffer.from(this.#keyOf(connId))];
    return given.length === right.length && timingSafeEqual(given, right) ? connId : null;
  }

  #keyOf(connId: string): string {
    return createHmac('sha256', this.#secret).update(`connection ${connId}`).digest('base64url').slice(0, 22);
  }

  /** Never throws. A token of v2 has an `iss`, one of v1 has a `protocol`. */
  read(token: string): TokenReading {
    const read = readJwt(token, this.#secret, this.#clock.epochMs());
    if (!read.ok) return read;
    const tokenId = createHash('sha256').update(token).digest('base64url').slice(0, 22);
    const grant = 'iss' in read.claims ? ofV2(read.claims, tokenId) : ofV1(read.claims, tokenId);
    return grant === null ? { ok: false, fault: 'malformed' } : { ok: true, grant };
  }
}

function expiry(nowMs: number, seconds: number | null | undefined): { exp?: number } {
  return seconds === null || seconds === undefined ? {} : { exp: Math.floor(nowMs / 1000) + seconds };
}

function extra(data: string | null): { extra_data?: string } {
  return data === null ? {} : { extra_data: data };
}

const doors: Readonly<Record<WebProtocol, TokenDoor>> = {
  Whip: 'whip',
  Whep: 'whep',
  Webrtc: 'webrtc',
  Rtmp: 'rtmp',
  Sip: 'sip',
};

function ofV1(claims: unknown, tokenId: string): WebGrant | null {
  const read = v1Claims.safeParse(claims);
  if (!read.success) return null;
  const { room, peer, protocol, publish, subscribe, extra_data: extraData } = read.data;
  const may = (wish: boolean | null | undefined, not: WebProtocol): boolean => wish ?? protocol !== not;
  const ways = { mayPublish: may(publish, 'Whep'), maySubscribe: may(subscribe, 'Whip') };
  return { door: doors[protocol], room, peer, ...ways, extraData, isGuest: false, tokenId };
}

function ofV2(claims: unknown, tokenId: string): WebGrant | null {
  const read = v2Claims.safeParse(claims);
  if (!read.success) return null;
  const { iss: door, room, peer, extra_data: extraData, guest } = read.data;
  const ways = { mayPublish: door !== 'whep', maySubscribe: door !== 'whip' };
  return { door, room, peer, ...ways, extraData, isGuest: guest === true, tokenId };
}
