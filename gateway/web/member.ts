import type { LegId, RoomId } from '../../base/ids.js';
import type { LegMedia } from '../../media/index.js';
import type { LegEvent, MediaLeg } from '../../rooms/index.js';
import type { LeaveCause, MemberDoor } from '../rooms/door.js';
import type { WebMedia } from './media.js';
import type { WebPlace } from './places.js';
import type { TokenDoor } from './tokens.js';

/** By which of the three ways a browser comes in. */
export type WebDoor = Extract<TokenDoor, 'whip' | 'whep' | 'webrtc'>;

/** `connecting`: answered, and its transport is not up yet; it is in no room. */
export type WebState = 'connecting' | 'joined' | 'over';

export interface WebMemberInfo {
  readonly connId: string;
  readonly door: WebDoor;
  readonly roomId: RoomId;
  readonly peer: string;
  readonly identity: string | null;
  readonly extraData: string | null;
  readonly isGuest: boolean;
  /** False: it publishes its sound and no presence. */
  readonly hasPresence: boolean;
  readonly tokenId: string;
}

export interface WebMemberHandlers {
  /** Its transport is up: it can come into its room. */
  onUp(member: WebMember): void;
  onDigit(member: WebMember, digit: string): void;
  /** Level, one-way and the like. */
  onLegEvent(member: WebMember, event: LegEvent): void;
  /** It has ended; once. Its media closes by itself. */
  onOver(member: WebMember, cause: LeaveCause, reason: string): void;
}

/** One browser from its answer to its end. It decides nothing about rooms. */
export class WebMember implements MemberDoor {
  readonly kind = 'webrtc';
  readonly device = 'browser';
  readonly direction = 'in';
  readonly stream = null;
  readonly refer = null;
  readonly info: WebMemberInfo;
  readonly media: WebMedia;
  /** Changes with each restart of ICE: RFC 9725 §4.3.1. */
  etag: string;
  /** Until it sends. */
  isSpectator: boolean;
  readonly #handlers: WebMemberHandlers;
  #state: WebState = 'connecting';

  constructor(
    info: WebMemberInfo,
    media: WebMedia,
    { etag, isSpectator }: Pick<WebMember, 'etag' | 'isSpectator'>,
    handlers: WebMemberHandlers,
  ) {
    this.info = info;
    this.media = media;
    this.etag = etag;
    this.isSpectator = isSpectator;
    this.#handlers = handlers;
  }

  get memberId(): string {
    return this.info.connId;
  }

  get peer(): string {
    return this.info.peer;
  }

  get identity(): string | null {
    return this.info.identity;
  }

  get extraData(): string | null {
    return this.info.extraData;
  }

  get isCompany(): boolean {
    return !this.isSpectator && this.info.hasPresence;
  }

  get leg(): MediaLeg | null {
    return this.media.leg;
  }

  get state(): WebState {
    return this.#state;
  }

  /** What its last offer and our answer agreed on. */
  get agreed(): LegMedia | null {
    return this.media.media;
  }

  /** Throws what MediaPool.openLeg throws. */
  open(place: WebPlace): Promise<void> {
    return this.media.open(this.info.connId as LegId, this.info.roomId, place, (event) => this.#take(event));
  }

  end(cause: LeaveCause, text: string): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    this.#handlers.onOver(this, cause, text);
    // To the browser it is the end of DTLS (close_notify), which its page sees as a closed connection.
    void this.media.close();
  }

  /** A browser by WHIP has nothing to show it on; a page reads it from the room's events. */
  tell(): void {}

  #take(event: LegEvent): void {
    if (this.#state === 'over') return;
    switch (event.type) {
      case 'media-secured':
        if (this.#state !== 'connecting') return;
        this.#state = 'joined';
        this.#handlers.onUp(this);
        return;
      case 'media-gone':
        if (event.reason === 'closed') this.end('left', 'the page ended the connection');
        else this.end('failed', `nothing has come from the page for ${Math.round(event.silentMs)} ms`);
        return;
      case 'media-insecure':
        this.end('failed', event.reason);
        return;
      case 'lost':
        this.end('failed', 'media host lost');
        return;
      case 'dtmf':
        this.#handlers.onDigit(this, event.digit);
        return;
      default:
        this.#handlers.onLegEvent(this, event);
        return;
    }
  }
}
