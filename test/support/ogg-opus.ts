/** Opus packets in an Ogg file: RFC 7845 over RFC 3533. What our tests exchange with programs that speak no RTP. */
export interface OggOpus {
  readonly channels: number;
  /** Samples of 48 kHz at the start that are not to be heard. */
  readonly preSkip: number;
  readonly payloads: readonly Uint8Array[];
}

const PAGE_HEADER_BYTES = 27;
const SERIAL = 0x686f6f6b;
const FIRST_PAGE = 2;
const LAST_PAGE = 4;

/** Writes one packet a page. `packetTicks` is the length of each packet at 48 kHz. */
export function writeOggOpus({ channels, preSkip, payloads }: OggOpus, packetTicks: number): Buffer {
  const head = Buffer.alloc(19);
  head.write('OpusHead\x01', 'latin1');
  head[9] = channels;
  head.writeUInt16LE(preSkip, 10);
  head.writeUInt32LE(48000, 12);
  const tags = Buffer.from('OpusTags\x04\0\0\0test\0\0\0\0', 'latin1');
  const pages = [page(head, 0, 0, FIRST_PAGE), page(tags, 1, 0, 0)];
  payloads.forEach((payload, index) => {
    const flags = index === payloads.length - 1 ? LAST_PAGE : 0;
    pages.push(page(payload, index + 2, (index + 1) * packetTicks, flags));
  });
  return Buffer.concat(pages);
}

function page(packet: Uint8Array, sequence: number, granule: number, flags: number): Buffer {
  // A packet is cut into 255s and a rest, which may be 0.
  const segments = [...Array<number>(Math.floor(packet.length / 255)).fill(255), packet.length % 255];
  const out = Buffer.alloc(PAGE_HEADER_BYTES + segments.length + packet.length);
  out.write('OggS', 'latin1');
  out[5] = flags;
  out.writeBigUInt64LE(BigInt(granule), 6);
  out.writeUInt32LE(SERIAL, 14);
  out.writeUInt32LE(sequence, 18);
  out[26] = segments.length;
  out.set(segments, PAGE_HEADER_BYTES);
  out.set(packet, PAGE_HEADER_BYTES + segments.length);
  out.writeUInt32LE(checksum(out), 22);
  return out;
}

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) value = (value << 1) ^ (value < 0 ? 0x04c11db7 : 0);
  return value;
});

/** RFC 3533 §6: CRC-32 with the highest bit first, from 0, the field itself counted as 0. */
function checksum(bytes: Uint8Array): number {
  let value = 0;
  for (const byte of bytes) value = ((value << 8) ^ table[(value >>> 24) ^ byte]!) >>> 0;
  return value;
}

/** Reads a file of one Opus stream. Throws on anything else. */
export function readOggOpus(file: Buffer): OggOpus {
  const packets: Buffer[] = [];
  let begun: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    if (file.toString('latin1', at, at + 4) !== 'OggS') throw new Error(`no Ogg page at ${at}`);
    const segments = file[at + 26]!;
    let from = at + PAGE_HEADER_BYTES + segments;
    for (const length of file.subarray(at + PAGE_HEADER_BYTES, at + PAGE_HEADER_BYTES + segments)) {
      begun.push(file.subarray(from, from + length));
      from += length;
      if (length < 255) {
        packets.push(Buffer.concat(begun));
        begun = [];
      }
    }
    const wanted = file.readUInt32LE(at + 22);
    const zeroed = Buffer.from(file.subarray(at, from)).fill(0, 22, 26);
    if (checksum(zeroed) !== wanted) throw new Error(`the checksum of the Ogg page at ${at} is wrong`);
    at = from;
  }
  const [head, , ...payloads] = packets;
  if (head?.toString('latin1', 0, 8) !== 'OpusHead') throw new Error('no OpusHead');
  return { channels: head[9]!, preSkip: head.readUInt16LE(10), payloads };
}
