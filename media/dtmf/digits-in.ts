import type { RtpHeader } from '../rtp/packet.js';
import type { TelephoneEventFormat } from '../sdp/leg-media.js';
import { InbandListener } from './inband-listener.js';
import { DtmfReceiver } from './rfc4733.js';
import type { DtmfSource, InbandDtmf } from './source.js';

export interface DigitsInOptions {
  /** `off` unless told; `auto`: in the sound of a peer that agreed on no telephone-event. */
  readonly inbandDtmf?: InbandDtmf | undefined;
  onDigit(digit: string, durationMs: number, source: DtmfSource): void;
}

/** telephone-event at one clock rate. */
interface EventFormat {
  readonly payloadType: number;
  readonly clockRateHz: number;
  readonly digits: DtmfReceiver;
}

/** The digits of one leg, by whichever way was agreed on: telephone-events (RFC 4733), else tones in the sound. */
export class DigitsIn {
  readonly #options: DigitsInOptions;
  #events: readonly EventFormat[] = [];
  #inband: InbandListener | null = null;

  constructor(options: DigitsInOptions) {
    this.#options = options;
  }

  /** A digit that is on when its way is given up is reported. */
  set(events: readonly TelephoneEventFormat[]): void {
    const { onDigit, inbandDtmf } = this.#options;
    const before = this.#events;
    this.#events = events.map(({ receivePayloadType: payloadType, clockRateHz }) => {
      // Another number for the same events is no end of them.
      const same = before.find((event) => event.clockRateHz === clockRateHz);
      const tell = (digit: string, durationMs: number): void => onDigit(digit, durationMs, 'rfc4733');
      return { payloadType, clockRateHz, digits: same?.digits ?? new DtmfReceiver({ clockRateHz, onDigit: tell }) };
    });
    for (const { digits } of before) if (this.#events.every((event) => event.digits !== digits)) digits.reset();
    if (events.length > 0) {
      this.#inband?.reset();
      this.#inband = null;
    } else if (inbandDtmf === 'auto') {
      this.#inband ??= new InbandListener((digit, durationMs) => onDigit(digit, durationMs, 'inband'));
    }
  }

  /** Every sample is wanted. */
  get isListening(): boolean {
    return this.#inband !== null;
  }

  isEvent(payloadType: number): boolean {
    return this.#eventOf(payloadType) !== null;
  }

  /** A packet for which `isEvent` holds. */
  event(header: RtpHeader, data: Uint8Array, arrivalMs: number): void {
    const event = this.#eventOf(header.payloadType);
    event?.digits.push(header.timestamp, data, header.payloadOffset, header.payloadBytes, arrivalMs);
  }

  /** Sound, decoded or made up, in the order of time. */
  sound(pcm: Int16Array, offset: number, samples: number, rateHz: number): void {
    this.#inband?.push(pcm, offset, samples, rateHz);
  }

  /** Sound does not go on from what came before. */
  pause(): void {
    this.#inband?.reset();
  }

  /** Once per beat. */
  poll(nowMs: number): void {
    for (let i = 0; i < this.#events.length; i += 1) this.#events[i]!.digits.poll(nowMs);
  }

  /** Another source speaks. */
  reset(): void {
    for (const { digits } of this.#events) digits.reset();
    this.#inband?.reset();
  }

  #eventOf(payloadType: number): EventFormat | null {
    const events = this.#events;
    for (let i = 0; i < events.length; i += 1) {
      if (events[i]!.payloadType === payloadType) return events[i]!;
    }
    return null;
  }
}
