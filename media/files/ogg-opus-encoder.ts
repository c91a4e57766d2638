import { opusHost } from '../codec/opus/codec.js';
import type { OpusEncoder } from '../codec/opus/encoder.js';
import type { SampleRateHz } from '../codec/resample.js';
import { firstPage, lastPage, segmentsOf, writeOggPage } from './ogg-page.js';

const TICKS_HZ = 48_000;
const PACKET_TICKS = 960;
/** A page for each second: what a crash loses of a file, beside what was not written yet. */
const PAGE_PACKETS = 50;
const MAX_SEGMENTS = 255;
const MAX_PACKET_BYTES = 1275;
const VENDOR = 'hookline';

export interface OggOpusEncoderOptions {
  readonly rateHz: SampleRateHz;
  /** RFC 3533 §6: any number, the file's own. */
  readonly serial: number;
  /** 32 kbit/s at 48 kHz, 24 at 16, 12 at 8 unless told. */
  readonly bitrate?: number;
  /** 0, cheap, to 10; 5 unless told. */
  readonly complexity?: number;
}

/**
 * Mono PCM to a file of Opus in Ogg (RFC 7845), to be written from front to back: what is there is whole and can be played
 * also where nothing follows. Throws OpusLimitError on construction. Keeps at most a page.
 */
export class OggOpusEncoder {
  readonly #options: OggOpusEncoderOptions;
  readonly #encoder: OpusEncoder;
  readonly #frame: Int16Array;
  readonly #payload = new Uint8Array(MAX_PACKET_BYTES);
  readonly #preSkipTicks: number;
  #frameAt = 0;
  #samples = 0;
  #packets: Uint8Array[] = [];
  #segments = 0;
  #packetsMade = 0;
  #sequence = 0;
  #isClosed = false;

  constructor(options: OggOpusEncoderOptions) {
    const { rateHz, bitrate, complexity = 5 } = options;
    this.#options = options;
    this.#encoder = opusHost().createEncoder(rateHz, {
      complexity,
      ...(bitrate === undefined ? {} : { bitrate }),
    });
    this.#frame = new Int16Array((PACKET_TICKS * rateHz) / TICKS_HZ);
    this.#preSkipTicks = Math.round((this.#encoder.lookaheadSamples * TICKS_HZ) / rateHz);
  }

  /** The bytes that are ready by now, which may be none. */
  encode(pcm: Int16Array): Uint8Array {
    const out: Uint8Array[] = this.#sequence === 0 ? [this.#headPage(), this.#tagsPage()] : [];
    for (let at = 0; at < pcm.length; ) {
      const taken = Math.min(pcm.length - at, this.#frame.length - this.#frameAt);
      this.#frame.set(pcm.subarray(at, at + taken), this.#frameAt);
      at += taken;
      this.#frameAt += taken;
      if (this.#frameAt === this.#frame.length) this.#packet(out);
    }
    this.#samples += pcm.length;
    return Buffer.concat(out);
  }

  /** The end of the file: what is left, and where it ends (RFC 7845 §4.4). Nothing can be encoded after it. */
  finish(): Uint8Array {
    const out = [this.encode(new Int16Array(0))];
    const endTicks = this.#preSkipTicks + Math.round((this.#samples * TICKS_HZ) / this.#options.rateHz);
    while (!this.#isClosed && (this.#packetsMade * PACKET_TICKS < endTicks || this.#packets.length === 0)) {
      this.#frame.fill(0, this.#frameAt);
      this.#packet(out, true);
    }
    out.push(this.#page(lastPage, endTicks));
    this.close();
    return Buffer.concat(out);
  }

  close(): void {
    this.#isClosed = true;
    this.#encoder.close();
  }

  #packet(out: Uint8Array[], isLast = false): void {
    const length = this.#encoder.encode(this.#frame, 0, this.#frame.length, this.#payload, 0);
    this.#frameAt = 0;
    const packet = this.#payload.slice(0, length);
    if (this.#segments + segmentsOf(length) > MAX_SEGMENTS) out.push(this.#page(0, this.#packetsMade * PACKET_TICKS));
    this.#packets.push(packet);
    this.#segments += segmentsOf(length);
    this.#packetsMade += 1;
    // The last page has to have a packet, so that one is kept back at the end.
    if (this.#packets.length >= PAGE_PACKETS && !isLast) out.push(this.#page(0, this.#packetsMade * PACKET_TICKS));
  }

  #page(flags: number, granule: number): Uint8Array {
    const packets = this.#packets;
    this.#packets = [];
    this.#segments = 0;
    return this.#write(packets, flags, granule);
  }

  #write(packets: readonly Uint8Array[], flags: number, granule: number): Uint8Array {
    const page = writeOggPage({ packets, flags, granule, serial: this.#options.serial, sequence: this.#sequence });
    this.#sequence += 1;
    return page;
  }

  /** RFC 7845 §5.1. */
  #headPage(): Uint8Array {
    const head = Buffer.alloc(19);
    head.write('OpusHead\x01', 'latin1');
    head[9] = 1;
    head.writeUInt16LE(this.#preSkipTicks, 10);
    head.writeUInt32LE(this.#options.rateHz, 12);
    return this.#write([head], firstPage, 0);
  }

  /** RFC 7845 §5.2. */
  #tagsPage(): Uint8Array {
    const tags = Buffer.alloc(8 + 4 + VENDOR.length + 4);
    tags.write('OpusTags', 'latin1');
    tags.writeUInt32LE(VENDOR.length, 8);
    tags.write(VENDOR, 12, 'latin1');
    return this.#write([tags], 0, 0);
  }
}
