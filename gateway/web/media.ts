import type { LegId, RoomId } from '../../base/ids.js';
import type { SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import {
  answerOffer,
  type CodecName,
  type ComfortNoisePolicy,
  createOfferAnswer,
  type Direction,
  type DtlsIdentity,
  type InbandDtmf,
  type LegMedia,
  type LocalMedia,
  type OfferAnswerState,
  type RtcpXrPolicy,
} from '../../media/index.js';
import type { LegEvent, MediaLeg, MediaPool, PortSource } from '../../rooms/index.js';
import { withCandidates, withCredentials } from './fragment.js';
import { candidatesOf, type WebPlace } from './places.js';

export interface WebMediaSettings {
  readonly codecs: readonly CodecName[];
  readonly identity: DtlsIdentity;
  readonly inbandDtmf: InbandDtmf;
  readonly comfortNoise: ComfortNoisePolicy;
  readonly rtcpXr: RtcpXrPolicy;
  /** `shared`: all at the one port of their media host. */
  readonly transport: 'pair' | 'shared';
  readonly timeoutMs: number;
  /** Of a NAT in front of this machine; null: none. */
  readonly publicIp: string | null;
}

export interface WebMediaOptions {
  readonly pool: MediaPool;
  readonly ports: PortSource;
  readonly random: Random;
  readonly cname: string;
  readonly settings: WebMediaSettings;
}

/** `unreadable`: no session description. `unacceptable`: one that has no sound that we can give or take. */
export type WebAnswer =
  | { readonly ok: true; readonly sdp: string; readonly media: LegMedia }
  | { readonly ok: false; readonly fault: 'unreadable' | 'unacceptable'; readonly text: string };

/** A description of a leg that is not there yet shows nothing of where it will be. */
const nowhere: SocketAddress = { address: '0.0.0.0', port: 9 };

/**
 * The media side of one browser: its leg and its offers, which it alone makes (RFC 9725 §4.2). DTLS, ICE and rtcp-mux are asked for,
 * as RFC 8834 has it: there is no other way to find a browser, or to be found by one.
 */
export class WebMedia {
  readonly #options: WebMediaOptions;
  readonly #wanted: Direction;
  readonly #tracks: number;
  #state: OfferAnswerState;
  #leg: MediaLeg | null = null;
  #offer = '';
  #media: LegMedia | null = null;
  #isClosed = false;

  /**
   * @param wanted  what its token allows, seen from here
   * @param tracks  so many single voices in place of the mix; 0: the mix
   */
  constructor(options: WebMediaOptions, wanted: Direction, tracks = 0) {
    this.#options = options;
    this.#wanted = wanted;
    this.#tracks = tracks;
    // RFC 8866 §5.2: unique per session; 31 bits, because some read it into a signed integer.
    this.#state = createOfferAnswer({ sessionId: String(options.random.uint32() >>> 1), username: '-' });
  }

  get leg(): MediaLeg | null {
    return this.#leg;
  }

  get media(): LegMedia | null {
    return this.#media;
  }

  /** Whether that offer can be answered at all, before anything is opened for it. */
  probe(offer: string): WebAnswer {
    return this.#judge(answerOffer(this.#state, offer, this.#local()));
  }

  /** Throws NoPortError, BindError or MediaHostLost. */
  async open(legId: LegId, roomId: RoomId, place: WebPlace, onEvent: (event: LegEvent) => void): Promise<void> {
    const { pool, ports, cname, settings } = this.#options;
    const { transport, timeoutMs, inbandDtmf, comfortNoise } = settings;
    this.#leg = await pool.openLeg({
      ...{ legId, roomId, ports, inbandDtmf, comfortNoise, cname, onEvent, transport },
      ...place,
      // Who is silent may be muted: whether somebody is there is seen from its checks.
      rtpTimeoutMs: 0,
      consentTimeoutMs: timeoutMs,
    });
    if (this.#isClosed) void this.#leg.close();
  }

  /** Our answer to an offer, the first or a later one. A refused offer changes nothing. */
  answer(offer: string): WebAnswer {
    const answered = answerOffer(this.#state, offer, this.#local());
    const judged = this.#judge(answered);
    if (!judged.ok || !answered.ok) return judged;
    this.#state = answered.state;
    this.#offer = offer;
    this.#media = judged.media;
    this.#leg?.set(judged.media);
    return judged;
  }

  /**
   * An ICE restart: RFC 9725 §4.3.2, RFC 8445 §9. The answer has new credentials of ours.
   * @param candidates  of the fragment; a lite client is checked there, any other is found by its own checks
   */
  restart(ufrag: string, password: string, candidates: readonly string[] = []): WebAnswer {
    const offer = withCredentials(this.#offer, ufrag, password);
    const isLite = this.#media?.ice?.isRemoteLite === true;
    return this.answer(isLite && candidates.length > 0 ? withCandidates(offer, candidates) : offer);
  }

  /** May be called twice, also while `open` is pending. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#leg?.close();
  }

  #judge(answered: ReturnType<typeof answerOffer>): WebAnswer {
    if (!answered.ok) {
      const fault = answered.fault === 'unparsable' ? 'unreadable' : 'unacceptable';
      return { ok: false, fault, text: answered.warning.text };
    }
    const { media, sdp } = answered;
    const missing = missingIn(media);
    if (missing !== null) return { ok: false, fault: 'unacceptable', text: missing };
    // A lite client answers our checks for as long as it is there.
    return { ok: true, sdp, media: { ...media, consents: true } };
  }

  #local(): LocalMedia {
    const { random, settings, cname } = this.#options;
    const { codecs, identity, rtcpXr, publicIp } = settings;
    const places = this.#leg === null ? [nowhere] : candidatesOf(placesOf(this.#leg), publicIp);
    const { address, port } = places[0] ?? nowhere;
    return {
      address,
      rtpPort: port,
      rtcpPort: port,
      candidates: places,
      codecs,
      telephoneEvent: true,
      ptimeMs: 20,
      direction: this.#wanted,
      srtp: { policy: 'required', suites: [], identity, random },
      rtcpXr,
      iceRandom: random,
      ...(this.#leg === null ? {} : { source: { ssrc: this.#leg.ssrc, cname } }),
      tracks: this.#tracks,
    };
  }
}

function placesOf({ advertisedAddress, rtpPort, places }: MediaLeg): readonly SocketAddress[] {
  return advertisedAddress === null ? places : [{ address: advertisedAddress, port: rtpPort }];
}

function missingIn({ dtls, ice, direction }: LegMedia): string | null {
  if (dtls === undefined) return 'sound comes and goes over DTLS-SRTP alone: a=fingerprint and a=setup are needed';
  if (ice === undefined) return 'ICE and rtcp-mux are needed, with the address of the c-line among the candidates';
  if (ice.isRemoteLite && (ice.checks?.places.length ?? 0) === 0) {
    return 'a client that is ICE-lite has to tell, in its offer, a candidate by an address that is reached from here';
  }
  if (direction === 'inactive')
    return 'nothing is left to send or to receive: the offer and the token allow different ways';
  return null;
}
