import { joined } from './sound-file.js';

/** RFC 3533 §6: the header of a page without its segment table. */
const HEADER_BYTES = 27;
const MAX_SEGMENTS = 255;
/** Of `header_type`. */
export const firstPage = 2;
export const lastPage = 4;
const CONTINUED = 1;
/** A granule position that says nothing: no packet ends on the page. */
const NO_GRANULE = 0xffff_ffff_ffff_ffffn;

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value;
});

/** RFC 3533 §6: CRC-32, highest bit first, from 0; the field itself counts as 0. */
function checksum(page: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < page.length; i += 1) {
    const byte = i >= 22 && i < 26 ? 0 : page[i]!;
    value = ((value << 8) ^ table[(value >>> 24) ^ byte]!) >>> 0;
  }
  return value;
}

/** A page as it is written: whole packets only. */
export interface NewPage {
  readonly packets: readonly Uint8Array[];
  readonly flags: number;
  readonly granule: number;
  readonly serial: number;
  readonly sequence: number;
}

/** Entries of the segment table that a packet takes. */
export function segmentsOf(packetBytes: number): number {
  return Math.floor(packetBytes / 255) + 1;
}

/** RFC 3533 §6. The packets need at most 255 segments together. */
export function writeOggPage({ packets, flags, granule, serial, sequence }: NewPage): Uint8Array {
  const segments = packets.reduce((sum, { length }) => sum + segmentsOf(length), 0);
  const bytes = packets.reduce((sum, { length }) => sum + length, 0);
  if (segments > MAX_SEGMENTS) throw new RangeError(`${segments} segments do not fit into a page`);
  const page = Buffer.alloc(HEADER_BYTES + segments + bytes);
  page.write('OggS', 'latin1');
  page[5] = flags;
  page.writeBigUInt64LE(BigInt(granule), 6);
  page.writeUInt32LE(serial, 14);
  page.writeUInt32LE(sequence >>> 0, 18);
  page[26] = segments;
  let entry = HEADER_BYTES;
  let at = HEADER_BYTES + segments;
  for (const packet of packets) {
    page.fill(255, entry, entry + segmentsOf(packet.length) - 1);
    entry += segmentsOf(packet.length);
    page[entry - 1] = packet.length % 255;
    page.set(packet, at);
    at += packet.length;
  }
  page.writeUInt32LE(checksum(page), 22);
  return page;
}

/** RFC 3533 §6: marks a whole page, in place, as the last one of its stream. */
export function endOggPage(page: Uint8Array): void {
  page[5]! |= lastPage;
  new DataView(page.buffer, page.byteOffset, page.byteLength).setUint32(22, checksum(page), true);
}

/** A page as it was read. */
export interface OggPage {
  readonly flags: number;
  /** Null: no packet ends here. */
  readonly granule: number | null;
  readonly serial: number;
  readonly sequence: number;
  readonly lacing: Uint8Array;
  readonly body: Uint8Array;
}

/**
 * Cuts bytes into pages as they come, RFC 3533 §6. What is no page, or one with a wrong checksum, is passed over up to the
 * next one (`damaged`). Keeps less than a page, 65,307 bytes.
 */
export class OggPageReader {
  /** Stretches that were passed over. */
  damaged = 0;
  /** Bytes of whole pages read, up to the end of the last one: where a file that was cut off is whole. */
  wholeBytes = 0;
  /** Where that page begins. */
  lastPageAt = 0;
  #rest: Uint8Array = new Uint8Array(0);
  #seen = 0;

  *read(bytes: Uint8Array): Generator<OggPage> {
    const data = joined(this.#rest, bytes);
    let at = 0;
    while (at + HEADER_BYTES <= data.length) {
      const length = pageBytes(data, at);
      if (length === null) {
        const next = nextCapture(data, at + 1);
        this.damaged += 1;
        at = next;
        continue;
      }
      if (at + length > data.length) break;
      const page = data.subarray(at, at + length);
      const view = new DataView(page.buffer, page.byteOffset, page.byteLength);
      if (checksum(page) !== view.getUint32(22, true)) {
        this.damaged += 1;
        at = nextCapture(data, at + 1);
        continue;
      }
      this.lastPageAt = this.#seen + at;
      at += length;
      this.wholeBytes = this.#seen + at;
      const granule = view.getBigUint64(6, true);
      yield {
        flags: page[5]!,
        granule: granule === NO_GRANULE ? null : Number(granule),
        serial: view.getUint32(14, true),
        sequence: view.getUint32(18, true),
        lacing: page.subarray(HEADER_BYTES, HEADER_BYTES + page[26]!),
        body: page.subarray(HEADER_BYTES + page[26]!),
      };
    }
    this.#seen += at;
    this.#rest = data.slice(at);
  }
}

/** Length of the page that begins there; null: none does; longer than the data where its table is not there yet. */
function pageBytes(data: Uint8Array, at: number): number | null {
  if (data[at] !== 0x4f || data[at + 1] !== 0x67 || data[at + 2] !== 0x67 || data[at + 3] !== 0x53) return null;
  if (data[at + 4] !== 0) return null;
  const segments = data[at + 26]!;
  let bytes = HEADER_BYTES + segments;
  if (at + bytes > data.length) return data.length - at + 1;
  for (let i = 0; i < segments; i += 1) bytes += data[at + HEADER_BYTES + i]!;
  return bytes;
}

/** The next place where a page may begin; near the end, where it may not be said yet. */
function nextCapture(data: Uint8Array, from: number): number {
  for (let at = from; at < data.length; at += 1) {
    if (data[at] === 0x4f && (at + 4 > data.length || (data[at + 1] === 0x67 && data[at + 2] === 0x67))) return at;
  }
  return data.length;
}

/** The longest packet that is put together: what RFC 7845 §6 says a decoder should take. */
const MAX_PACKET_BYTES = 61_440;

/** Puts the packets of one logical stream together from its pages. A longer one than 61,440 bytes is left out. */
export class OggPacketReader {
  #begun: Uint8Array = new Uint8Array(0);
  #isLost = false;

  /** The packets that end on this page. */
  take({ flags, lacing, body }: OggPage): Uint8Array[] {
    const packets: Uint8Array[] = [];
    if ((flags & CONTINUED) === 0) this.#begun = new Uint8Array(0);
    // The start of it was not seen.
    this.#isLost = (flags & CONTINUED) !== 0 && (this.#isLost || this.#begun.length === 0);
    let at = 0;
    let from = 0;
    for (const length of lacing) {
      at += length;
      if (length === 255) continue;
      const packet = joined(this.#begun, body.subarray(from, at));
      if (!this.#isLost && packet.length <= MAX_PACKET_BYTES) packets.push(packet);
      this.#begun = new Uint8Array(0);
      this.#isLost = false;
      from = at;
    }
    const rest = joined(this.#begun, body.subarray(from, at));
    this.#isLost ||= rest.length > MAX_PACKET_BYTES;
    this.#begun = this.#isLost ? rest.slice(0, 1) : rest.slice();
    return packets;
  }
}
