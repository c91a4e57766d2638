import { fault, type Parsed, parsed } from '../../base/errors.js';
import { opusHost } from '../codec/opus/codec.js';
import type { OpusDecoder } from '../codec/opus/decoder.js';
import type { SampleRateHz } from '../codec/resample.js';
import { firstPage, lastPage, OggPacketReader, type OggPage, OggPageReader } from './ogg-page.js';
import { type FileDecoder, noSamples, type SoundFileFault, type SoundFileInfo } from './sound-file.js';

/** Ticks of granule positions, RFC 7845 §4. */
const TICKS_HZ = 48_000;
/** 120 ms, the longest packet, at 48 kHz. */
const MAX_TICKS = 5760;
/** How long a header is looked for. */
const START_BYTES = 131_072;

interface OpusHead extends SoundFileInfo {
  readonly preSkipTicks: number;
  /** Factor of the output gain, §5.1. */
  readonly gain: number;
}

/** RFC 7845 §5.1: the identification header. Null: not one; `unsupported`: more channels than a stream of them has. */
export function readOpusHead(packet: Uint8Array): OpusHead | 'unsupported' | null {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  if (packet.length < 19 || String.fromCharCode(...packet.subarray(0, 8)) !== 'OpusHead') return null;
  const channels = packet[9]!;
  const family = packet[18]!;
  const streams = family === 0 ? 1 : (packet[19] ?? 0);
  if ((packet[8]! & 0xf0) !== 0 || channels === 0 || channels > 2 || streams !== 1) return 'unsupported';
  return {
    sampleRateHz: TICKS_HZ,
    channels,
    preSkipTicks: view.getUint16(10, true),
    gain: 10 ** (view.getInt16(16, true) / (20 * 256)),
  };
}

/**
 * Opus in Ogg (RFC 7845), mono or stereo, as it comes. libopus gives the wanted rate and mixes stereo down by itself. The
 * pre-skip at the start and the trimming at the end are kept (§4.2, §4.4), and files that are chained one behind the other are one (§3).
 * Packets that are no Opus are left out. Keeps a page and a packet.
 */
export class OggOpusDecoder implements FileDecoder {
  readonly #rateHz: SampleRateHz;
  readonly #pages = new OggPageReader();
  #packets = new OggPacketReader();
  #decoder: OpusDecoder | null = null;
  #head: OpusHead | null = null;
  #serial = -1;
  /** Headers of the stream that have been read: 2 are not sound. */
  #headers = 0;
  #skip = 0;
  #granule: number | null = null;
  #seen = 0;
  readonly #frame: Int16Array;

  constructor(rateHz: SampleRateHz) {
    this.#rateHz = rateHz;
    this.#frame = new Int16Array((MAX_TICKS * rateHz) / TICKS_HZ);
  }

  get info(): SoundFileInfo | null {
    return this.#head;
  }

  decode(bytes: Uint8Array, isLast: boolean): Parsed<Int16Array, SoundFileFault> {
    const made: Int16Array[] = [];
    this.#seen += bytes.length;
    for (const page of this.#pages.read(bytes)) {
      const wrong = this.#takePage(page, made);
      if (wrong !== null) return fault(wrong, this.#seen);
    }
    if (this.#head === null && (isLast || this.#seen > START_BYTES)) return fault('not-sound');
    return parsed(concatenated(made));
  }

  close(): void {
    this.#decoder?.close();
    this.#decoder = null;
  }

  #takePage(page: OggPage, made: Int16Array[]): SoundFileFault | null {
    if ((page.flags & firstPage) !== 0) {
      const packets = new OggPacketReader();
      const head = readOpusHead(packets.take(page)[0] ?? noBytes);
      // Another stream beside it, or a later one of the chain that is no Opus.
      if (head === null) return null;
      if (head === 'unsupported') return 'unsupported-format';
      this.#begin(head, page, packets);
      return null;
    }
    if (this.#head === null || page.serial !== this.#serial) return null;
    const before = made.length;
    let samples = 0;
    for (const packet of this.#packets.take(page)) {
      this.#headers += 1;
      if (this.#headers < 2) continue;
      samples += this.#takePacket(packet, made);
    }
    this.#trim(page, made, before, samples);
    if (page.granule !== null) this.#granule = page.granule;
    return null;
  }

  #begin(head: OpusHead, page: OggPage, packets: OggPacketReader): void {
    this.#head = head;
    this.#serial = page.serial;
    this.#packets = packets;
    this.#headers = 0;
    this.#granule = 0;
    this.#skip = Math.round((head.preSkipTicks * this.#rateHz) / TICKS_HZ);
    this.#decoder?.close();
    this.#decoder = opusHost().createDecoder(this.#rateHz);
  }

  /** Returns the samples of the packet, those that are skipped as well. */
  #takePacket(packet: Uint8Array, made: Int16Array[]): number {
    const samples = this.#decoder?.decode(packet, 0, packet.length, this.#frame, 0) ?? 0;
    const skipped = Math.min(this.#skip, samples);
    this.#skip -= skipped;
    if (samples > skipped) made.push(amplified(this.#frame.slice(skipped, samples), this.#head?.gain ?? 1));
    return samples;
  }

  /** RFC 7845 §4.4: the granule position of the last page says where the sound ends, which may be inside of its packets. */
  #trim(page: OggPage, made: Int16Array[], from: number, samples: number): void {
    if ((page.flags & lastPage) === 0 || page.granule === null || this.#granule === null) return;
    let over = samples - Math.round(((page.granule - this.#granule) * this.#rateHz) / TICKS_HZ);
    for (let i = made.length - 1; i >= from && over > 0; i -= 1) {
      const piece = made[i]!;
      made[i] = piece.subarray(0, Math.max(0, piece.length - over));
      over -= piece.length;
    }
  }
}

const noBytes = new Uint8Array(0);

function amplified(samples: Int16Array, gain: number): Int16Array {
  if (gain === 1) return samples;
  for (let i = 0; i < samples.length; i += 1) {
    samples[i] = Math.max(-32768, Math.min(32767, Math.round(samples[i]! * gain)));
  }
  return samples;
}

export function concatenated(pieces: readonly Int16Array[]): Int16Array {
  if (pieces.length === 0) return noSamples;
  if (pieces.length === 1) return pieces[0]!;
  const all = new Int16Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
