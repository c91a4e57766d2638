import { type CodecName, codecs } from '../../media/index.js';
import { RtpHeader, readRtp } from '../../media/rtp/packet.js';
import type { MediaStage, StagePhone } from './media-stage.js';
import { levelOf } from './voice.js';

interface Packet {
  readonly sequence: number;
  readonly timestamp: number;
  readonly payload: Buffer;
  readonly payloadType: number;
}

/** What one phone is sent, by the mid that each packet tells ('' without). */
export class TrackEar {
  readonly packets = new Map<string, Packet[]>();
  readonly #codec: CodecName;

  constructor(stage: MediaStage, { leg }: StagePhone, codec: CodecName) {
    this.#codec = codec;
    const before = stage.network.filter;
    stage.network.filter = (datagram) => {
      if (datagram.from.port === leg.rtpPort) this.#take(datagram.data);
      return before?.(datagram) ?? true;
    };
  }

  /** Of the tones, those that are heard on each track since the last time. */
  tones(...asked: readonly number[]): Record<string, number[]> {
    const { sampleRateHz, createDecoder } = codecs[this.#codec];
    const heard: Record<string, number[]> = {};
    for (const [mid, packets] of this.packets) {
      const pcm = new Int16Array(packets.length * (sampleRateHz / 50));
      const decoder = createDecoder();
      let used = 0;
      for (const { payload } of packets) used += decoder.decode(payload, 0, payload.length, pcm, used);
      decoder.close?.();
      // What decoders begin with is not looked at.
      const settled = pcm.subarray(sampleRateHz / 20, used);
      heard[mid] = asked.filter((hz) => levelOf(settled, hz, sampleRateHz) > -40);
    }
    this.packets.clear();
    return heard;
  }

  #take(data: Buffer): void {
    const header = new RtpHeader();
    if (data.length < 12 || data[0]! < 128 || readRtp(data, data.length, header) !== null) return;
    const { extensionOffset, extensionProfile, payloadOffset, payloadBytes, sequence, timestamp, payloadType } = header;
    const head = data[extensionOffset] ?? 0;
    const from = extensionOffset + 1;
    const mid = extensionProfile === 0xbede ? data.toString('latin1', from, from + (head & 15) + 1) : '';
    const payload = Buffer.from(data.subarray(payloadOffset, payloadOffset + payloadBytes));
    const packets = this.packets.get(mid) ?? [];
    packets.push({ sequence, timestamp, payload, payloadType });
    this.packets.set(mid, packets);
  }
}
