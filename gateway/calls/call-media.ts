import { type AppError, messageOf } from '../../base/errors.js';
import type { LegId, RoomId } from '../../base/ids.js';
import type { Random } from '../../base/random.js';
import {
  acceptAnswer,
  answerOffer,
  type CodecName,
  type ComfortNoisePolicy,
  createOfferAnswer,
  type Direction,
  type DtlsIdentity,
  dtlsOffer,
  earlyAnswer,
  type InbandDtmf,
  type LegMedia,
  type LocalMedia,
  type LocalSrtp,
  makeOffer,
  mediaForOffer,
  type OfferAnswerState,
  type QualityReport,
  type QualitySummary,
  type RtcpXrPolicy,
  type SrtpPolicy,
  type SrtpProfileName,
} from '../../media/index.js';
import type { LegEvent, MediaLeg, MediaPool, PortSource } from '../../rooms/index.js';
import { type ContactKind, OwnOffers } from './own-offers.js';

/**
 * Where a leg's RTP socket is bound, and the address its SDP shows to that peer (design: local nets, public IP). A leg in a
 * remote media host has an address of that one's.
 */
export interface MediaPath {
  readonly bindAddress: string;
  readonly advertisedAddress: string;
}

export interface CallMediaSettings {
  readonly codecs: readonly CodecName[];
  /** Whose order an answer of ours follows: the offerer's, or that of `codecs` (contract 5.3: a profile's). */
  readonly answerOrder: 'offer' | 'local';
  readonly rtpTimeoutMs: number;
  /** After which a browser that neither checks nor says anything is gone. */
  readonly consentTimeoutMs: number;
  readonly rtcpXr: RtcpXrPolicy;
  readonly inbandDtmf: InbandDtmf;
  readonly comfortNoise: ComfortNoisePolicy;
  readonly srtp: SrtpSettings;
}

/** Whether the sound of a leg is encrypted, and what we offer then. */
export interface SrtpSettings {
  readonly policy: SrtpPolicy;
  readonly suites: readonly SrtpProfileName[];
  /** For DTLS; without one there is none. */
  readonly identity?: DtlsIdentity | undefined;
  readonly offersDtls?: boolean;
}

export interface CallMediaOptions {
  readonly pool: MediaPool;
  readonly ports: PortSource;
  readonly random: Random;
  readonly settings: CallMediaSettings;
  readonly cname: string;
}

/** What a peer's description led to; `warning` is for the Warning header of a 488 (RFC 3261 §20.43). */
export type MediaOutcome =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly fault: string; readonly warning: { readonly code: number; readonly text: string } };

const telephoneEvent = true;
const ptimeMs = 20;

/** Where the leg of a call is to be. */
export interface OpenMedia {
  readonly legId: LegId;
  readonly roomId: RoomId;
  readonly path: MediaPath;
  readonly onEvent: (event: LegEvent) => void;
}

/** One early dialog of a call that we dial: RFC 3261 §12.1, RFC 3960 §2. */
interface EarlyDialog {
  readonly state: OfferAnswerState;
  readonly media: LegMedia;
}

/** Who answers an offer of ours. */
export interface AnsweringDialog {
  readonly dialogId: string;
  /** Index of the contact. */
  readonly branch: number;
}

/** Early dialogs whose descriptions are kept; a forking proxy rarely opens more than a few. */
const MAX_EARLY = 32;

function freshState(random: Random): OfferAnswerState {
  // RFC 8866 §5.2: unique per session; 31 bits, because some peers read it into a signed integer.
  return createOfferAnswer({ sessionId: String(random.uint32() >>> 1), username: '-' });
}

/** Answers an offer as the leg would, without a port: whether the call can have media at all, before anybody is asked. */
export function probeOffer(
  offer: Buffer,
  { codecs, srtp }: { readonly codecs: readonly CodecName[]; readonly srtp: SrtpSettings },
  random: Random,
): MediaOutcome {
  const local: LocalMedia = {
    address: '0.0.0.0',
    rtpPort: 9,
    rtcpPort: 10,
    codecs,
    telephoneEvent,
    ptimeMs,
    direction: 'sendrecv',
    srtp: { ...srtp, random },
    iceRandom: random,
  };
  const answered = answerOffer(freshState(random), offer.toString('utf8'), local);
  return answered.ok ? { ok: true, body: Buffer.from(answered.sdp) } : answered;
}

/**
 * The media side of one call: its leg in a media host and the offer/answer state that belongs to it (RFC 3264).
 * One leg serves all branches of an outgoing attempt, because they all got the same offer.
 */
export class CallMedia {
  readonly #options: CallMediaOptions;
  readonly #srtp: LocalSrtp;
  #state: OfferAnswerState;
  /** Of a call that we dial. */
  #offers: OwnOffers | null = null;
  #leg: MediaLeg | null = null;
  #path: MediaPath | null = null;
  #media: LegMedia | null = null;
  readonly #early = new Map<string, EarlyDialog>();
  /** Who hears early media; null for nobody. */
  #earlyRoom: RoomId | null = null;
  #isEarlyMember = false;
  #closing: Promise<unknown> | null = null;

  constructor(options: CallMediaOptions) {
    this.#options = options;
    this.#srtp = { ...options.settings.srtp, random: options.random };
    this.#state = freshState(options.random);
  }

  /** What joins rooms; null until open() is done. */
  get leg(): MediaLeg | null {
    return this.#leg;
  }

  /** What a peer says that puts us on hold in the middle of a call (RFC 3264 §8.4); from the first offer on it is an announcer. */
  get isHeld(): boolean {
    const direction = this.#media?.direction;
    return direction === 'recvonly' || direction === 'inactive';
  }

  /** The peer's description is that of a browser; false before there is one. */
  get isBrowser(): boolean {
    return this.#media?.consents === true;
  }

  /** The codec that is sent; null before one is agreed on. */
  get codec(): string | null {
    return this.#media?.send?.codec ?? null;
  }

  /** The suite that is sent with, `DTLS` where a handshake chooses it; null in the clear, and before an agreement. */
  get srtp(): string | null {
    if (this.#media?.dtls !== undefined) return dtlsOffer;
    return this.#media?.srtp?.send?.profile ?? null;
  }

  /** Binds the ports in the room's media host. Rejects with an AppError when there is none. */
  async open({ legId, roomId, path, onEvent }: OpenMedia): Promise<void> {
    this.#path = path;
    this.#leg = await this.#options.pool.openLeg({
      legId,
      roomId,
      address: path.bindAddress,
      ports: this.#options.ports,
      rtpTimeoutMs: this.#options.settings.rtpTimeoutMs,
      inbandDtmf: this.#options.settings.inbandDtmf,
      comfortNoise: this.#options.settings.comfortNoise,
      cname: this.#options.cname,
      // For browsers: what was agreed on says whether it is one.
      consentTimeoutMs: this.#options.settings.consentTimeoutMs,
      saysBye: true,
      onEvent,
    });
    // The call may have ended while the host was binding.
    if (this.#closing !== null) void this.#leg.close();
  }

  /** Our offer in a dialog. RTP is received from now on (RFC 3264 §5.1). */
  offer(kind: ContactKind = 'phone'): Buffer {
    const local = this.#local(kind);
    const made = makeOffer(this.#state, local);
    this.#state = made.state;
    if (this.#media === null) this.#leg?.set(mediaForOffer(local));
    return Buffer.from(made.sdp);
  }

  /** Our offers to all contacts of a call that we dial, in their order. */
  offersTo(contacts: readonly ContactKind[]): readonly Buffer[] {
    const offers = new OwnOffers(this.#state, (kind) => this.#local(kind));
    this.#offers = offers;
    this.#leg?.set(mediaForOffer(this.#local(contacts.includes('browser') ? 'browser' : 'phone')));
    return contacts.map((kind, branch) => Buffer.from(offers.first(branch, kind)));
  }

  /** Another offer to a contact that refused the last one (488); null where there is none. */
  offerAgain(branch: number): Buffer | null {
    const sdp = this.#offers?.next(branch) ?? null;
    return sdp === null ? null : Buffer.from(sdp);
  }

  /**
   * SDP of an 18x, the last one is heard: in a reliable response it is the dialog's answer (`isFinal`, RFC 3262 §5),
   * otherwise the exchange stays open for the final one. With a room its members hear the far end's ringback or
   * announcement; nothing of theirs goes out before somebody has answered.
   */
  early(
    { dialogId, branch }: AnsweringDialog,
    answer: Buffer,
    { isFinal, roomId }: { isFinal: boolean; roomId: RoomId | null },
  ): void {
    const known = this.#early.get(dialogId);
    if (known === undefined && this.#early.size >= MAX_EARLY) return;
    const state = known?.state ?? this.#offeredTo(branch);
    const sdp = answer.toString('utf8');
    const early = isFinal ? acceptAnswer(state, sdp) : earlyAnswer(state, sdp);
    if (!early.ok) return;
    this.#earlyRoom = roomId;
    this.#hearEarly(dialogId, early);
    if (roomId !== null && !this.#isEarlyMember) this.#leg?.join(roomId, { echo: false });
    this.#isEarlyMember = roomId !== null;
  }

  /**
   * The answer to our offer, in the dialog that won; null where the 2xx came without one: an 18x of that dialog has
   * had it, surely or perhaps.
   */
  complete(answer: Buffer | null, dialog?: AnsweringDialog): MediaOutcome {
    const early = dialog === undefined ? undefined : this.#early.get(dialog.dialogId);
    this.#early.clear();
    if (dialog !== undefined) this.#state = early?.state ?? this.#offeredTo(dialog.branch);
    const isAgreed = early !== undefined && early.state.pending === null;
    const sdp = answer === null || answer.length === 0 ? null : answer.toString('utf8');
    const accepted = isAgreed ? { ok: true as const, ...early } : acceptAnswer(this.#state, sdp);
    if (!accepted.ok) return accepted;
    this.#state = accepted.state;
    this.#use(accepted.media);
    return { ok: true, body: Buffer.alloc(0) };
  }

  /** Our answer to the peer's offer, first or later, in an early dialog too. A refused offer changes nothing. */
  answer(offer: Buffer, dialogId?: string): MediaOutcome {
    const early = dialogId === undefined ? undefined : this.#early.get(dialogId);
    const answered = answerOffer(early?.state ?? this.#state, offer.toString('utf8'), this.#local());
    if (!answered.ok) return answered;
    if (early !== undefined && dialogId !== undefined) {
      this.#hearEarly(dialogId, answered);
    } else {
      this.#state = answered.state;
      this.#use(answered.media);
    }
    return { ok: true, body: Buffer.from(answered.sdp) };
  }

  /** How the leg sounds; null while there is none. */
  quality(): Promise<QualityReport | null> {
    return this.#leg?.quality() ?? Promise.resolve(null);
  }

  /**
   * Gives the ports back; the leg's last figures follow. May be called at any time, also twice, also while open() is
   * pending.
   */
  close(onFault: (message: string) => void, onFigures: (summary: QualitySummary) => void): void {
    if (this.#closing !== null) return;
    this.#closing = (this.#leg?.close() ?? Promise.resolve(null))
      .then((stats) => (stats?.quality === undefined ? undefined : onFigures(stats.quality)))
      .catch((error: AppError) => onFault(messageOf(error)));
  }

  #offeredTo(branch: number): OfferAnswerState {
    return this.#offers?.stateOf(branch) ?? this.#state;
  }

  #hearEarly(dialogId: string, { state, media }: EarlyDialog): void {
    this.#early.set(dialogId, { state, media });
    const hears = media.direction === 'sendrecv' || media.direction === 'recvonly';
    const direction: Direction = hears ? 'recvonly' : 'inactive';
    this.#leg?.set({ ...media, ...(this.#earlyRoom === null ? {} : { direction }), isEarly: true });
  }

  #use(media: LegMedia): void {
    this.#media = media;
    this.#leg?.set(media);
  }

  #local(kind: ContactKind = 'phone'): LocalMedia {
    return {
      toBrowser: kind === 'browser',
      address: this.#leg?.advertisedAddress ?? this.#path?.advertisedAddress ?? '0.0.0.0',
      rtpPort: this.#leg?.rtpPort ?? 9,
      rtcpPort: this.#leg?.rtcpPort ?? 10,
      codecs: this.#options.settings.codecs,
      answerOrder: this.#options.settings.answerOrder,
      telephoneEvent,
      ptimeMs,
      direction: 'sendrecv',
      srtp: this.#srtp,
      rtcpXr: this.#options.settings.rtcpXr,
      iceRandom: this.#options.random,
      ...(this.#leg === null ? {} : { source: { ssrc: this.#leg.ssrc, cname: this.#options.cname } }),
    };
  }
}
