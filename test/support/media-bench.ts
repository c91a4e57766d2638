import { silentLogger } from '../../base/log.js';
import type { Network } from '../../base/network.js';
import { type LegMedia, MediaSession, type MediaSessionOptions } from '../../media/index.js';
import { ManualClock } from './manual-clock.js';
import { RtpPeer } from './rtp-peer.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';

export const leg = { address: '10.0.0.1', rtpPort: 10_000, rtcpPort: 10_001 };

/** PCMU both ways with the peer of the bench, telephone-event 101, but for what is told. */
export function mediaOf(changes: Partial<LegMedia> = {}): LegMedia {
  return {
    remote: { address: '10.0.0.2', rtpPort: 4000, rtcpPort: 4001 },
    direction: 'sendrecv',
    held: false,
    send: { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, ptimeMs: 20, parameters: '' },
    receive: [
      { codec: 'pcmu', payloadType: 0, clockRateHz: 8000, parameters: '' },
      { codec: 'pcma', payloadType: 8, clockRateHz: 8000, parameters: '' },
    ],
    telephoneEvents: [{ sendPayloadType: 101, receivePayloadType: 101, clockRateHz: 8000 }],
    rtcpMux: false,
    ...changes,
  };
}

/** Every way through a leg delays sound by 12 samples (media/codec/resample.ts): here that of this beat has come. */
export const SOUND_AT = 12;

/** One leg and its peer on a made-up network; a beat is 20 ms of manual time. */
export class MediaBench {
  readonly clock = new ManualClock();
  readonly network = new VirtualNetwork({ clock: this.clock, random: createSeededRandom(7) });
  readonly events: string[] = [];
  /** Which ways of the sound were told to be broken, and well again. */
  readonly ways: string[] = [];
  readonly session: MediaSession;
  readonly peer: RtpPeer;
  /** The sample at SOUND_AT of each beat's sound, null for nothing. */
  readonly pulled: (number | null)[] = [];
  readonly #frame: Int16Array;

  private constructor(changes: Partial<MediaSessionOptions>) {
    const { clock, network, events, ways } = this;
    this.session = new MediaSession({
      clock,
      random: createSeededRandom(3),
      network: network.host(leg.address),
      log: silentLogger,
      events: {
        onStarted: (address, port) => events.push(`started ${address}:${port}`),
        onTimeout: (silentMs) => events.push(`timeout ${silentMs}`),
        onOneWay: ({ direction, cause }) => ways.push(`one-way ${direction} ${cause}`),
        onTwoWay: () => ways.push('two-way'),
        onDtmf: (digit, durationMs, source) => events.push(`dtmf ${digit} ${durationMs} ${source}`),
        onSecurityFailed: (reason) => events.push(`insecure: ${reason}`),
        onGone: (reason, silentMs) => events.push(`gone: ${reason} ${silentMs}`),
      },
      ...leg,
      ssrc: 0xcafe_f00d,
      sequence: 65_530,
      timestamp: 0xffff_fe00,
      cname: 'leg@hookline',
      rtpTimeoutMs: 0,
      ...changes,
    });
    this.peer = new RtpPeer({ clock, network: network.host('10.0.0.2'), address: '10.0.0.2', rtpPort: 4000 });
    this.#frame = new Int16Array(this.session.sampleRateHz / 50);
  }

  static async open(changes: Partial<MediaSessionOptions> = {}): Promise<MediaBench> {
    const bench = new MediaBench(changes);
    await bench.session.open();
    await bench.peer.open(leg);
    return bench;
  }

  host(address: string): Network {
    return this.network.host(address);
  }

  /** `count` beats: first `before` (what the peer does), then one pull, one push of `frame`. */
  beats(count: number, before?: (beat: number) => void, frame: Int16Array | null = null): void {
    for (let beat = 0; beat < count; beat += 1) {
      before?.(beat);
      this.clock.advanceSync(10);
      this.session.halfBeat();
      this.clock.advanceSync(10);
      const nowMs = this.clock.nowMs();
      this.pulled.push(this.session.pull(nowMs, this.#frame) ? this.#frame[SOUND_AT]! : null);
      this.session.push(nowMs, frame);
    }
  }

  /** Beats in which the peer sends 20 ms of one µ-law code each. */
  talk(count: number, code = 0x80): void {
    this.beats(count, () => this.peer.send(new Uint8Array(160).fill(code)));
  }

  /** Lets what is on its way arrive, without a beat. */
  deliver(): void {
    this.clock.advanceSync(5);
  }
}
