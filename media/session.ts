import type { Clock } from '../base/clock.js';
import type { Logger } from '../base/log.js';
import type { Network } from '../base/network.js';
import type { Random } from '../base/random.js';
import type { LegStats } from './leg-stats.js';
import type { CodecName, LegMedia } from './sdp/leg-media.js';

/** News of one leg, told from within `pull`, `push` or a datagram's arrival; a listener must not throw. */
export interface SessionEvents {
  /** First accepted RTP from the peer, and again when its source moves. */
  onStarted(address: string, port: number): void;
  /** The peer was silent (no RTP, no RTCP) for `rtpTimeoutMs`; told once per silence. */
  onTimeout(silentMs: number): void;
  /** One RFC 4733 event: `0`-`9`, `*`, `#`, `A`-`D`. */
  onDtmf(digit: string, durationMs: number): void;
}

export interface MediaSessionOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
  readonly events: SessionEvents;
  readonly address: string;
  readonly rtpPort: number;
  readonly rtcpPort: number;
  readonly ssrc: number;
  readonly sequence: number;
  readonly timestamp: number;
  readonly cname: string;
  /** 0 = never. */
  readonly rtpTimeoutMs: number;
}

/**
 * One leg's pipeline, from its sockets to PCM and back, driven by the owner's 20 ms beat: on every beat first `pull`
 * once, then `push` or `pushEncoded` once, whether the leg is in a room or not; RTCP and the watchdog run inside
 * `pull`. `nowMs` is the beat's scheduled time on the injected clock, so that beats caught up keep their 20 ms
 * distance and beats skipped over show as a gap.
 */
export class MediaSession {
  /** Rate of the PCM that `pull` gives and `push` takes. */
  readonly sampleRateHz: number = 8000;
  /** Samples of one beat. */
  readonly frameSamples: number = 160;

  constructor(_options: MediaSessionOptions) {}

  /** Binds RTP and RTCP; rejects with the system's error (`code` EADDRINUSE …) and leaves nothing open. */
  async open(): Promise<void> {}

  /** What an offer and answer agreed on; re-opens latching. */
  set(_media: LegMedia): void {}

  /** This beat's sound from the peer into `out`; false = nothing to mix (`out` is then untouched). */
  pull(_nowMs: number, _out: Int16Array): boolean {
    return false;
  }

  /** The codec of which a shared 20 ms payload may be given to `pushEncoded` on this beat; null = use `push`. */
  get sharedCodec(): CodecName | null {
    return null;
  }

  /** This beat's sound for the peer; null = silence. */
  push(_nowMs: number, _frame: Int16Array | null): void {}

  /** As `push`, with 20 ms already encoded for all listeners of `sharedCodec`. The payload is copied. */
  pushEncoded(_nowMs: number, _codec: CodecName, _payload: Uint8Array, _length: number): void {}

  /** Queues digits (RFC 4733), sent one after the other in place of sound. */
  dtmf(_digits: string, _durationMs: number): void {}

  stats(): LegStats {
    throw new Error('not open');
  }

  /** RTCP BYE, sockets closed; may be called twice. Resolves with the final figures. */
  async close(): Promise<LegStats> {
    return this.stats();
  }
}
