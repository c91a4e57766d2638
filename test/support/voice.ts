import type { Clock, Timer } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import type { Network } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import {
  acceptAnswer,
  answerOffer,
  type CodecName,
  createOfferAnswer,
  type Direction,
  type DtlsIdentity,
  type LegMedia,
  type LocalMedia,
  MediaSession,
  makeOffer,
  mediaForOffer,
  type OfferAnswerState,
  type SampleRateHz,
  type SrtpPolicy,
} from '../../media/index.js';

export interface VoiceOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly random: Random;
  readonly address: string;
  readonly rtpPort: number;
  /** What it says, all the time; 0 is silence. */
  readonly toneHz: number;
  readonly codecs?: readonly CodecName[];
  /** Changes its offers on their way out. */
  readonly edit?: (sdp: string) => string;
  /** Whether it knows RFC 4733; true unless told. */
  readonly telephoneEvent?: boolean;
  /** At which it says and hears; 8000 unless told. */
  readonly rateHz?: SampleRateHz;
  /** `off` unless told. */
  readonly srtp?: SrtpPolicy;
  /** Its certificate: it offers DTLS then, and no keys. */
  readonly identity?: DtlsIdentity | undefined;
  /** It answers offers with ICE as a gateway does; off unless told. */
  readonly hasIce?: boolean;
  /** It describes itself as a browser does, checks, and takes no offer without ICE; it needs `identity`. */
  readonly isBrowser?: boolean;
}

const RATE_HZ = 8000;

/** The sound of a fake phone: says one tone, keeps what it hears, makes and answers offers. Driven by the given clock. */
export class Voice {
  toneHz: number;
  direction: Direction = 'sendrecv';
  /** DTMF digits heard. */
  readonly digits: string[] = [];
  /** What was agreed on last. */
  media: LegMedia | null = null;
  readonly session: MediaSession;
  readonly rateHz: SampleRateHz;
  readonly #options: VoiceOptions;
  readonly #heard: Int16Array[] = [];
  readonly #frame: Int16Array;
  #state: OfferAnswerState;
  #beat: Timer | null = null;
  #nextBeatMs = 0;
  #phase = 0;
  /** What it says in place of its tone, while there is any. */
  #speech: Int16Array = new Int16Array(0);

  constructor(options: VoiceOptions) {
    const { clock, network, random, address, rtpPort } = options;
    this.#options = options;
    this.toneHz = options.toneHz;
    this.rateHz = options.rateHz ?? RATE_HZ;
    this.#frame = new Int16Array(this.rateHz / 50);
    this.#state = createOfferAnswer({ sessionId: String(random.uint32() >>> 1), username: '-' });
    this.session = new MediaSession({
      clock,
      network,
      random,
      log: silentLogger,
      address,
      rtpPort,
      rtcpPort: rtpPort + 1,
      ssrc: random.uint32(),
      sequence: random.uint32() & 0xffff,
      timestamp: random.uint32(),
      cname: `voice-${rtpPort}`,
      rtpTimeoutMs: 0,
      events: {
        onStarted: () => undefined,
        onTimeout: () => undefined,
        onOneWay: () => undefined,
        onTwoWay: () => undefined,
        onSecurityFailed: () => undefined,
        onGone: () => undefined,
        onDtmf: (digit) => this.digits.push(digit),
      },
    });
  }

  async open(): Promise<void> {
    await this.session.open();
    if (this.rateHz !== RATE_HZ) {
      this.session.prepare(this.rateHz);
      this.session.retune();
    }
    this.#nextBeatMs = this.#options.clock.nowMs() + 20;
    this.#arm();
  }

  async close(): Promise<void> {
    this.#beat?.cancel();
    this.#beat = null;
    await this.session.close();
  }

  offer(): Buffer {
    const made = makeOffer(this.#state, this.#local());
    this.#state = made.state;
    if (this.media === null) this.session.set(mediaForOffer(this.#local()));
    // Ours would wait to be checked; with an answer that says so it checks.
    const sdp = this.#options.isBrowser === true ? made.sdp.replace('a=ice-lite\r\n', '') : made.sdp;
    return Buffer.from(this.#options.edit?.(sdp) ?? sdp);
  }

  accept(answer: Buffer): void {
    const accepted = acceptAnswer(this.#state, answer.toString());
    if (!accepted.ok) throw new Error(`answer refused: ${accepted.fault}`);
    this.#state = accepted.state;
    this.#use(accepted.media);
  }

  answer(offer: Buffer): Buffer {
    if (this.#options.isBrowser === true && !offer.includes('a=ice-ufrag:')) throw new Error('offer refused: no ICE');
    const answered = answerOffer(this.#state, offer.toString(), this.#local());
    if (!answered.ok) throw new Error(`offer refused: ${answered.fault}`);
    this.#state = answered.state;
    this.#use(answered.media);
    return Buffer.from(answered.sdp);
  }

  /** Says this from the next beat on, then its tone again. */
  say(pcm: Int16Array): void {
    this.#speech = pcm;
  }

  /** Everything heard since the last call, silence included: one frame per 20 ms. */
  takeHeard(): Int16Array {
    const samples = this.#frame.length;
    const all = new Int16Array(this.#heard.length * samples);
    for (const [index, frame] of this.#heard.splice(0).entries()) all.set(frame, index * samples);
    return all;
  }

  #use(media: LegMedia): void {
    this.media = media;
    this.session.set(media);
  }

  #local(): LocalMedia {
    const { address, rtpPort, codecs, srtp: policy = 'off', identity, random } = this.#options;
    const { hasIce = false, isBrowser = false } = this.#options;
    return {
      address,
      rtpPort,
      rtcpPort: rtpPort + 1,
      codecs: codecs ?? ['pcmu', 'pcma'],
      telephoneEvent: this.#options.telephoneEvent ?? true,
      ptimeMs: 20,
      direction: this.direction,
      ...(hasIce || isBrowser ? { iceRandom: random } : {}),
      toBrowser: isBrowser,
      srtp:
        identity === undefined
          ? { policy, suites: ['AES_CM_128_HMAC_SHA1_80'], random }
          : { policy, suites: [], random, identity, offersDtls: true },
    };
  }

  #arm(): void {
    const { clock } = this.#options;
    this.#beat = clock.setTimer(this.#nextBeatMs - clock.nowMs(), () => {
      const nowMs = this.#nextBeatMs;
      this.#nextBeatMs += 20;
      const into = new Int16Array(this.#frame.length);
      this.session.pull(nowMs, into);
      this.#heard.push(into);
      this.session.push(nowMs, this.#say());
      this.#arm();
    });
  }

  #say(): Int16Array | null {
    if (this.#speech.length > 0) {
      this.#frame.fill(0);
      this.#frame.set(this.#speech.subarray(0, this.#frame.length));
      this.#speech = this.#speech.subarray(this.#frame.length);
      return this.#frame;
    }
    if (this.toneHz === 0) return null;
    for (let i = 0; i < this.#frame.length; i += 1) {
      this.#frame[i] = Math.round(8000 * Math.sin(this.#phase));
      this.#phase += (2 * Math.PI * this.toneHz) / this.rateHz;
    }
    return this.#frame;
  }
}

/** Level of one frequency in dB below full scale (Goertzel). */
export function levelOf(samples: Int16Array, hz: number, rateHz = RATE_HZ): number {
  const step = (2 * Math.PI * hz) / rateHz;
  let real = 0;
  let imaginary = 0;
  for (let i = 0; i < samples.length; i += 1) {
    real += samples[i]! * Math.cos(step * i);
    imaginary += samples[i]! * Math.sin(step * i);
  }
  const amplitude = (2 * Math.hypot(real, imaginary)) / Math.max(1, samples.length) / 32768;
  return 20 * Math.log10(Math.max(amplitude, 1e-6));
}

/** The beats of 20 ms in which a tone (a multiple of 50 Hz) is not heard, below −20 dB, by their index. */
export function gapsOf(samples: Int16Array, hz: number, rateHz = RATE_HZ): number[] {
  const beatSamples = rateHz / 50;
  return Array.from({ length: Math.floor(samples.length / beatSamples) }, (_, beat) => beat).filter(
    (beat) => levelOf(samples.subarray(beat * beatSamples, (beat + 1) * beatSamples), hz, rateHz) < -20,
  );
}

/**
 * Median level over windows of 100 ms. A jitter buffer that drops or repeats a frame turns the phase of a tone, which
 * would cancel itself in one long window; use it where a tone must be heard, and levelOf where it must not.
 */
export function steadyLevelOf(samples: Int16Array, hz: number, rateHz = RATE_HZ): number {
  const windowSamples = rateHz / 10;
  const levels: number[] = [];
  for (let from = 0; from + windowSamples <= samples.length; from += windowSamples) {
    levels.push(levelOf(samples.subarray(from, from + windowSamples), hz, rateHz));
  }
  return levels.sort((a, b) => a - b)[levels.length >> 1] ?? Number.NEGATIVE_INFINITY;
}
