import { silentLogger } from '../../base/log.js';
import { attribute, readStun, stunType, writeStun } from '../../media/ice/stun.js';
import { type LegMedia, MediaSession, type MediaSessionOptions, SharedUdp } from '../../media/index.js';
import { dtlsMedia, dtlsOf } from './dtls-bench.js';
import type { DtlsEnd, EndOptions } from './dtls-pair.js';
import { ManualClock } from './manual-clock.js';
import { SOUND_AT } from './media-bench.js';
import { RtpPeer, sampleOf } from './rtp-peer.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';

const password = 'x'.repeat(22);
const loud = new Int16Array(160).fill(sampleOf[0x90]);

/** Legs at one shared port of 10.0.0.1 and 10.0.1.1, and browsers; a beat is 20 ms of manual time. */
export class SharedBench {
  static readonly port = 7000;
  readonly clock = new ManualClock();
  readonly network = new VirtualNetwork({ clock: this.clock, random: createSeededRandom(7) });
  readonly shared = new SharedUdp(this.clock, this.network.host('10.0.0.1', '10.0.1.1'));
  readonly legs: SharedBenchLeg[] = [];

  async leg(name: string, changes: Partial<MediaSessionOptions> = {}): Promise<SharedBenchLeg> {
    const leg = new SharedBenchLeg(this, name, changes);
    await leg.session.open();
    this.legs.push(leg);
    return leg;
  }

  /** Of every leg; the browsers that speak do so before. */
  beats(count: number, before?: (beat: number) => void): void {
    for (let beat = 0; beat < count; beat += 1) {
      before?.(beat);
      this.clock.advanceSync(20);
      for (const leg of this.legs) leg.beat(this.clock.nowMs());
    }
    this.clock.advanceSync(5);
  }
}

/** A leg of PCMU with ICE and DTLS, which hears one sample and says another. */
export class SharedBenchLeg {
  readonly name: string;
  readonly session: MediaSession;
  readonly events: string[] = [];
  /** The sample at SOUND_AT of each beat's sound, null for nothing. */
  readonly pulled: (number | null)[] = [];
  readonly #frame = new Int16Array(160);

  constructor(bench: SharedBench, name: string, changes: Partial<MediaSessionOptions>) {
    const { clock, network, shared } = bench;
    const { events } = this;
    this.name = name;
    this.session = new MediaSession({
      clock,
      random: createSeededRandom(name.length + 3),
      network: network.host('10.0.0.1', '10.0.1.1'),
      log: silentLogger,
      events: {
        onStarted: (address, port) => events.push(`started ${address}:${port}`),
        onTimeout: (silentMs) => events.push(`timeout ${silentMs}`),
        onOneWay: () => undefined,
        onTwoWay: () => undefined,
        onDtmf: () => undefined,
        onSecurityFailed: (reason) => events.push(`insecure: ${reason}`),
        onGone: (reason, silentMs) => events.push(`gone: ${reason} ${silentMs}`),
      },
      address: '10.0.0.1',
      rtpPort: SharedBench.port,
      rtcpPort: SharedBench.port,
      shared,
      ssrc: 0xcafe_0000 + name.length,
      sequence: 65_530,
      timestamp: 0xffff_fe00,
      cname: name,
      rtpTimeoutMs: 0,
      consentTimeoutMs: 10_000,
      ...changes,
    });
  }

  /** What an offer and answer agreed on. */
  agree(
    changes: Parameters<typeof dtlsMedia>[1] & { readonly remoteUfrag?: string; readonly localUfrag?: string } = {},
  ) {
    const { remoteUfrag = 'them', localUfrag = this.name, ...rest } = changes;
    const ice = { localUfrag, localPassword: password, remoteUfrag, isRemoteLite: false };
    // RFC 8840 §4.1.1: a browser that sends its candidates later has no address.
    this.session.set(dtlsMedia('passive', { ice, remote: nowhere, ...rest }));
  }

  beat(nowMs: number): void {
    this.pulled.push(this.session.pull(nowMs, this.#frame) ? this.#frame[SOUND_AT]! : null);
    this.session.push(nowMs, loud);
  }
}

const nowhere: LegMedia['remote'] = { address: '0.0.0.0', rtpPort: 9, rtcpPort: 9 };

export interface CheckOptions {
  readonly ufrag: string;
  readonly remoteUfrag?: string;
  readonly nominates?: boolean;
  readonly priority?: number;
  readonly password?: string;
}

/** The binding request of a browser: RFC 8445 §7.1. */
export function checkOf({
  ufrag,
  remoteUfrag = 'them',
  nominates = true,
  priority = 100,
  ...rest
}: CheckOptions): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(priority);
  const attributes = [
    [attribute.username, Buffer.from(`${ufrag}:${remoteUfrag}`)],
    [attribute.priority, number],
    [attribute.iceControlling, Buffer.alloc(8, 1)],
    ...(nominates ? [[attribute.useCandidate, Buffer.alloc(0)] as const] : []),
  ] as const;
  return writeStun(stunType.request, Buffer.alloc(12, 5), attributes, rest.password ?? password);
}

/** A browser at one address: checks, handshakes, and speaks PCMU over SRTP. */
export class Browser {
  readonly peer: RtpPeer;
  readonly end: DtlsEnd;
  /** Types of the STUN messages that came. */
  readonly stun: number[] = [];
  readonly #ufrag: string;

  private constructor(bench: SharedBench, peer: RtpPeer, ufrag: string, end: Partial<EndOptions>) {
    this.peer = peer;
    this.#ufrag = ufrag;
    this.end = dtlsOf(bench, peer, end);
    this.listen();
  }

  static async open(
    bench: SharedBench,
    ufrag: string,
    place: { readonly address: string; readonly port?: number; readonly to?: string },
    end: Partial<EndOptions> = {},
  ): Promise<Browser> {
    const { address, port = 5000, to = '10.0.0.1' } = place;
    const peer = new RtpPeer({ clock: bench.clock, network: bench.network.host(address), address, rtpPort: port });
    await peer.open({ address: to, rtpPort: SharedBench.port, rtcpPort: SharedBench.port });
    return new Browser(bench, peer, ufrag, end);
  }

  /** STUN and DTLS come to one place. */
  listen(): void {
    const { other } = this.peer;
    this.peer.other = (data, ...from) => {
      if (data[0]! < 4) this.stun.push(readStun(data)!.type);
      else other?.(data, ...from);
    };
  }

  check(changes: Partial<CheckOptions> = {}): void {
    this.peer.sendBytes(checkOf({ ufrag: this.#ufrag, ...changes }));
  }

  /** Checks, and begins its handshake. */
  connect(): void {
    this.check();
    this.end.begin(null);
  }

  speak(code = 0x80): void {
    this.peer.send(new Uint8Array(160).fill(code));
  }

  /** The same browser in another network: what it knows of keys and sequence goes with it. */
  async move(bench: SharedBench, address: string): Promise<RtpPeer> {
    const { peer } = this;
    const moved = new RtpPeer({ clock: bench.clock, network: bench.network.host(address), address, rtpPort: 5000 });
    await moved.open(peer.to);
    Object.assign(moved, { sealing: peer.sealing, opening: peer.opening });
    Object.assign(moved, { ssrc: peer.ssrc, sequence: peer.sequence, timestamp: peer.timestamp });
    return moved;
  }
}
