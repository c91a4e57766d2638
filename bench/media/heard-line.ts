import type { Codec } from '../../media/index.js';
import type { Sound16 } from './tone-detection.js';
import type { CapturedPacket } from './wire-files.js';

/** Longer holes are left silent. */
const MOST_CONCEALED_MS = 60;
/** A timestamp this far away begins a new line. */
const MOST_JUMP_MS = 2000;
const LONGEST_PAYLOAD_MS = 200;

interface Place {
  readonly sample: number;
  readonly atMs: number;
}

/** What one endpoint heard: its packets decoded in their order, each where its timestamp says. */
export class HeardLine implements Sound16 {
  readonly rateHz: number;
  readonly pcm: Int16Array;
  readonly #places: Place[] = [];

  constructor(packets: readonly CapturedPacket[], codec: Codec) {
    this.rateHz = codec.sampleRateHz;
    const decoder = codec.createDecoder();
    const most = (LONGEST_PAYLOAD_MS * this.rateHz) / 1000;
    let pcm = new Int16Array(packets.length * ((30 * this.rateHz) / 1000) + most);
    let used = 0;
    let at = 0;
    let timestamp = packets[0]?.timestamp ?? 0;
    for (const packet of inOrder(packets)) {
      const ahead = (((packet.timestamp - timestamp) | 0) * this.rateHz) / codec.clockRateHz;
      timestamp = packet.timestamp;
      at += ahead;
      if (ahead < 0 || ahead > (MOST_JUMP_MS * this.rateHz) / 1000 || at < used) at = used;
      while (at + most > pcm.length) pcm = grown(pcm);
      const missing = Math.min(at - used, (MOST_CONCEALED_MS * this.rateHz) / 1000);
      if (missing > 0 && used > 0) decoder.conceal(pcm, used, Math.round(missing));
      this.#places.push({ sample: Math.round(at), atMs: packet.atMs });
      used = Math.round(at) + decoder.decode(packet.payload, 0, packet.payload.length, pcm, Math.round(at));
    }
    this.pcm = pcm.subarray(0, used);
  }

  /** When a sample arrived: its packet's time, and its place in it. */
  timeOf(sample: number): number {
    let low = 0;
    let high = this.#places.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#places[middle]!.sample <= sample) low = middle;
      else high = middle - 1;
    }
    const place = this.#places[low];
    return place === undefined ? Number.NaN : place.atMs + ((sample - place.sample) * 1000) / this.rateHz;
  }
}

/** By sequence number, one of each: within what jitter can do, arrival is nearly that order. */
function inOrder(packets: readonly CapturedPacket[]): CapturedPacket[] {
  let highest = packets[0]?.sequence ?? 0;
  const numbered = packets.map((packet) => {
    const line = highest + (((packet.sequence - highest) << 16) >> 16);
    highest = Math.max(highest, line);
    return { line, packet };
  });
  numbered.sort((a, b) => a.line - b.line);
  return numbered.filter(({ line }, i) => line !== numbered[i - 1]?.line).map(({ packet }) => packet);
}

function grown(pcm: Int16Array): Int16Array<ArrayBuffer> {
  const longer = new Int16Array(pcm.length * 2);
  longer.set(pcm);
  return longer;
}
