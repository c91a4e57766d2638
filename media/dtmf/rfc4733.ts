/** One telephone-event payload (RFC 4733 §2.3); read and written in place. */
export interface TelephoneEvent {
  /** 0–9, 10 = `*`, 11 = `#`, 12–15 = A–D (RFC 4733 §3.2); 16 = flash. */
  event: number;
  end: boolean;
  /** Power below 0 dBm0, 0 … 63; 10 means −10 dBm0. */
  volume: number;
  /** RTP clock ticks since the event's timestamp, 0 … 65535. */
  duration: number;
}

export const telephoneEventBytes = 4;

/** Reads one payload into `into`; false for one too short to hold an event. */
export function readTelephoneEvent(
  _payload: Uint8Array,
  _offset: number,
  _length: number,
  _into: TelephoneEvent,
): boolean {
  return false;
}

/** Writes one payload at `offset`; returns its 4 bytes. */
export function writeTelephoneEvent(_event: TelephoneEvent, _out: Uint8Array, _offset: number): number {
  return telephoneEventBytes;
}

export interface DtmfReceiverOptions {
  readonly clockRateHz: number;
  /** Once per digit, when its end is known: an end packet, the next event, or silence. Must not throw. */
  onDigit(digit: string, durationMs: number): void;
}

/** Makes digits of telephone-event packets. */
export class DtmfReceiver {
  constructor(_options: DtmfReceiverOptions) {}

  /** One packet of the telephone-event payload type, in any order and as often as it comes. */
  push(_rtpTimestamp: number, _payload: Uint8Array, _offset: number, _length: number, _nowMs: number): void {}

  /** Once per beat: reports an event whose end packets were all lost. */
  poll(_nowMs: number): void {}

  /** The peer began a new RTP line (new SSRC): what went before no longer counts. An open event is reported. */
  reset(): void {}
}

/** What one beat carries in place of sound; owned by the caller and reused. */
export interface EventPacket {
  /** `telephoneEventBytes` long. */
  readonly payload: Uint8Array;
  /** The event's own timestamp: that of its first beat, the same in all its packets. */
  rtpTimestamp: number;
  /** Set on the first packet of an event (RFC 4733 §2.5.1.1). */
  marker: boolean;
}

export interface DtmfSenderOptions {
  readonly clockRateHz: number;
  /** Power below 0 dBm0; 10 unless told. */
  readonly volume?: number;
}

/** Sends digits as telephone-events, one packet a beat. */
export class DtmfSender {
  constructor(_options: DtmfSenderOptions) {}

  /** Queues digits (`0`-`9`, `*`, `#`, `A`-`D`); returns how many were taken. */
  send(_digits: string, _durationMs: number): number {
    return 0;
  }

  /** Digits wait or one is being sent. */
  get active(): boolean {
    return false;
  }

  /**
   * Once per beat of `ticks` whose first sample has `rtpTimestamp`: true when `packet` was filled and goes out in
   * place of sound, false when sound may be sent (nothing to do, or the pause between two digits).
   */
  step(_rtpTimestamp: number, _ticks: number, _packet: EventPacket): boolean {
    return false;
  }
}
