import type { LegId, RoomId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import type { CodecName, ComfortNoisePolicy, InbandDtmf, LegTrack, SampleRateHz } from '../../media/index.js';
import { answerOffer, codecNames, createOfferAnswer, PortAllocator } from '../../media/index.js';
import type { LegEvent, MediaLeg, MediaPool } from '../../rooms/index.js';
import { createInlineHost, createMediaPool } from '../../rooms/index.js';
import { RingWire } from '../../rooms/ring-wire.js';
import { ManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';
import type { Datagram } from './virtual-network.js';
import { VirtualNetwork } from './virtual-network.js';
import { levelOf, Voice } from './voice.js';

const gatewayAddress = '10.0.0.1';

/** A phone with a tone of its own, and the leg it is connected to. */
export interface StagePhone {
  readonly voice: Voice;
  readonly leg: MediaLeg;
  readonly toneHz: number;
  readonly events: LegEvent[];
}

interface Ground {
  readonly clock: ManualClock;
  readonly network: VirtualNetwork;
  /** One for each host that has no memory in common with the others; none unless told. */
  readonly wires: readonly RingWire[];
}

function emptyGround(): Ground {
  const clock = new ManualClock();
  return { clock, network: new VirtualNetwork({ clock, random: createSeededRandom(7) }), wires: [] };
}

/** Media hosts on a made-up network and clock, and phones that hear them; no SIP. */
export class MediaStage {
  readonly clock: ManualClock;
  readonly network: VirtualNetwork;
  readonly ports: PortAllocator;
  readonly pool: MediaPool;
  readonly #random = createSeededRandom(3);
  #phones = 0;

  constructor(hosts = 1, { clock, network, wires }: Ground = emptyGround()) {
    this.clock = clock;
    this.network = network;
    this.ports = new PortAllocator({ clock, fromPort: 10_000, toPort: 10_999 });
    const deps = { clock, random: this.#random, network: network.host(gatewayAddress), log: silentLogger };
    const spawn = (index: number) => createInlineHost({ ...deps, ...(wires[index] && { wire: wires[index] }) });
    this.pool = createMediaPool({ ...deps, hosts, spawn });
  }

  /** Hosts that reach each other by datagrams alone, as those in processes of their own do. */
  static async overWires(hosts: number): Promise<MediaStage> {
    const ground = emptyGround();
    const wires: RingWire[] = [];
    for (let index = 0; index < hosts; index += 1) {
      wires.push(await RingWire.open(ground.network.host(gatewayAddress), gatewayAddress));
    }
    return new MediaStage(hosts, { ...ground, wires });
  }

  /** Opens a leg in the host of `roomId` (null: anywhere) and connects a phone to it; joins nothing. */
  async phone(
    toneHz: number,
    options: {
      readonly roomId?: string | null;
      readonly codecs?: readonly CodecName[];
      readonly edit?: (sdp: string) => string;
      readonly rateHz?: SampleRateHz;
      readonly inbandDtmf?: InbandDtmf;
      readonly comfortNoise?: ComfortNoisePolicy;
      readonly tracks?: readonly LegTrack[];
    } = {},
  ): Promise<StagePhone> {
    this.#phones += 1;
    const address = `10.0.1.${this.#phones}`;
    const { clock } = this;
    const voice = new Voice({
      clock,
      network: this.network.host(address),
      random: this.#random,
      address,
      rtpPort: 4000,
      toneHz,
      ...(options.codecs === undefined ? {} : { codecs: options.codecs }),
      ...(options.edit === undefined ? {} : { edit: options.edit }),
      ...(options.rateHz === undefined ? {} : { rateHz: options.rateHz }),
    });
    await voice.open();
    const events: LegEvent[] = [];
    const leg = await this.#while(
      this.pool.openLeg({
        legId: `leg${this.#phones}` as LegId,
        roomId: (options.roomId ?? null) as RoomId | null,
        address: gatewayAddress,
        ports: this.ports,
        rtpTimeoutMs: 5000,
        ...(options.inbandDtmf === undefined ? {} : { inbandDtmf: options.inbandDtmf }),
        ...(options.comfortNoise === undefined ? {} : { comfortNoise: options.comfortNoise }),
        cname: 'stage',
        onEvent: (event) => events.push(event),
      }),
    );
    this.#connect(voice, leg, options.tracks);
    return { voice, leg, toneHz, events };
  }

  /** A leg without a phone. */
  openLeg({ legId, roomId: room }: { readonly legId: LegId; readonly roomId: RoomId | null }): Promise<MediaLeg> {
    const { ports } = this;
    const rest = { address: gatewayAddress, rtpTimeoutMs: 0, cname: 'stage', onEvent: () => undefined };
    return this.#while(this.pool.openLeg({ legId, roomId: room, ports, ...rest }));
  }

  /** Runs the clock until the promise settles. */
  async #while<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    await this.clock.until(() => settled);
    return done;
  }

  close(leg: MediaLeg): ReturnType<MediaLeg['close']> {
    return this.#while(leg.close());
  }

  report(): ReturnType<MediaPool['report']> {
    return this.#while(this.pool.report());
  }

  #connect(voice: Voice, leg: MediaLeg, tracks: readonly LegTrack[] | undefined): void {
    const local = {
      address: leg.address,
      rtpPort: leg.rtpPort,
      rtcpPort: leg.rtcpPort,
      codecs: codecNames,
      telephoneEvent: true,
      ptimeMs: 20,
      direction: 'sendrecv' as const,
    };
    const answered = answerOffer(createOfferAnswer({ sessionId: '1', username: '-' }), voice.offer().toString(), local);
    if (!answered.ok) throw new Error(`offer refused: ${answered.fault}`);
    voice.accept(Buffer.from(answered.sdp));
    leg.set(tracks === undefined ? answered.media : { ...answered.media, tracks });
  }

  /** Lets `ms` pass, then tells which of the tones each phone heard in that time (above −40 dB). */
  async listen(phones: readonly StagePhone[], ms: number): Promise<number[][]> {
    for (const phone of phones) phone.voice.takeHeard();
    await this.clock.advance(ms);
    const tones = phones.map((phone) => phone.toneHz);
    return phones.map((phone) => {
      const heard = phone.voice.takeHeard();
      return tones.filter((hz) => levelOf(heard, hz, phone.voice.rateHz) > -40);
    });
  }

  /** Every RTP packet that the gateway sends to this phone from now on: [sequence, timestamp, time sent]. */
  tap(phone: StagePhone): [number, number, number][] {
    const packets: [number, number, number][] = [];
    const before = this.network.filter;
    this.network.filter = (datagram: Datagram) => {
      const { from, data } = datagram;
      if (from.address === gatewayAddress && from.port === phone.leg.rtpPort)
        packets.push([data.readUInt16BE(2), data.readUInt32BE(4), this.clock.nowMs()]);
      return before?.(datagram) ?? true;
    };
    return packets;
  }
}

export function roomId(name: string): RoomId {
  return name as RoomId;
}
