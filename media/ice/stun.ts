import { createHmac, timingSafeEqual } from 'node:crypto';
import ipaddr from 'ipaddr.js';

/** RFC 8489 §5: method Binding with its classes. */
export const stunType = { request: 0x0001, indication: 0x0011, success: 0x0101, error: 0x0111 } as const;

/** RFC 8489 §18.3, RFC 8445 §7.1. */
export const attribute = {
  username: 0x0006,
  messageIntegrity: 0x0008,
  errorCode: 0x0009,
  unknownAttributes: 0x000a,
  realm: 0x0014,
  nonce: 0x0015,
  messageIntegritySha256: 0x001c,
  xorMappedAddress: 0x0020,
  priority: 0x0024,
  useCandidate: 0x0025,
  software: 0x8022,
  fingerprint: 0x8028,
  iceControlled: 0x8029,
  iceControlling: 0x802a,
} as const;

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112_a442;
const FINGERPRINT_XOR = 0x5354_554e;
const MAC_BYTES = 20;
/** A check of a browser is below 150 bytes. */
const MAX_BYTES = 548;

/** One message; attributes behind MESSAGE-INTEGRITY are not believed, and left out. */
export interface StunMessage {
  readonly type: number;
  readonly transactionId: Buffer;
  /** The first of each type. */
  readonly attributes: ReadonlyMap<number, Buffer>;
  /** Where MESSAGE-INTEGRITY begins; null without one. */
  readonly macAt: number | null;
  readonly bytes: Buffer;
}

/**
 * Reads a message: RFC 8489 §5, §14. Null for what is none, or has a wrong FINGERPRINT (§14.7).
 *
 *      0                   1                   2                   3
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |0 0|           type            |            length             |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                         magic cookie                          |
 *     +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
 *     |                  transaction id, 96 bits                      |
 */
export function readStun(bytes: Buffer): StunMessage | null {
  const isFramed = bytes.length >= HEADER_BYTES && bytes.length <= MAX_BYTES && bytes.readUInt32BE(4) === MAGIC_COOKIE;
  if (!isFramed || bytes.readUInt16BE(2) !== bytes.length - HEADER_BYTES || bytes.length % 4 !== 0) return null;
  const attributes = new Map<number, Buffer>();
  let macAt: number | null = null;
  for (let at = HEADER_BYTES; at < bytes.length; ) {
    const type = bytes.readUInt16BE(at);
    const length = bytes.readUInt16BE(at + 2);
    const end = at + 4 + length;
    if (end > bytes.length) return null;
    const value = bytes.subarray(at + 4, end);
    if (type === attribute.fingerprint) {
      if (length !== 4 || value.readUInt32BE(0) !== fingerprintOf(bytes.subarray(0, at))) return null;
    } else if (macAt === null) {
      if (type === attribute.messageIntegrity) macAt = at;
      if (!attributes.has(type)) attributes.set(type, value);
    }
    at = end + ((4 - (length % 4)) % 4);
  }
  return { type: bytes.readUInt16BE(0), transactionId: bytes.subarray(8, HEADER_BYTES), attributes, macAt, bytes };
}

/** Was it made by who knows the password? RFC 8489 §14.5 with short-term credentials. */
export function isIntegral({ bytes, macAt, attributes }: StunMessage, password: string): boolean {
  const mac = attributes.get(attribute.messageIntegrity);
  if (macAt === null || mac?.length !== MAC_BYTES) return false;
  return timingSafeEqual(mac, macOf(bytes.subarray(0, macAt), password));
}

/** @param attributes  in order, behind them MESSAGE-INTEGRITY where there is a password, and FINGERPRINT */
export function writeStun(
  type: number,
  transactionId: Uint8Array,
  attributes: readonly (readonly [type: number, value: Uint8Array])[],
  password: string | null,
): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt16BE(type, 0);
  head.writeUInt32BE(MAGIC_COOKIE, 4);
  let bytes = Buffer.concat([head, transactionId, ...attributes.map(([name, value]) => written(name, value))]);
  if (password !== null) {
    bytes = Buffer.concat([bytes, written(attribute.messageIntegrity, macOf(bytes, password))]);
  }
  const fingerprint = Buffer.alloc(4);
  fingerprint.writeUInt32BE(fingerprintOf(bytes));
  bytes = Buffer.concat([bytes, written(attribute.fingerprint, fingerprint)]);
  bytes.writeUInt16BE(bytes.length - HEADER_BYTES, 2);
  return bytes;
}

function written(type: number, value: Uint8Array): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt16BE(type, 0);
  bytes.writeUInt16BE(value.length, 2);
  bytes.set(value, 4);
  return bytes;
}

/** The length in the header counts the attribute that is being made: RFC 8489 §14.5, §14.7. */
function withLength(before: Buffer, more: number): Buffer {
  const bytes = Buffer.from(before);
  bytes.writeUInt16BE(bytes.length - HEADER_BYTES + more, 2);
  return bytes;
}

function macOf(before: Buffer, password: string): Buffer {
  return createHmac('sha1', password)
    .update(withLength(before, 4 + MAC_BYTES))
    .digest();
}

function fingerprintOf(before: Buffer): number {
  return (crc32(withLength(before, 8)) ^ FINGERPRINT_XOR) >>> 0;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ ((value & 1) * 0xedb8_8320);
  return value;
});

/** ITU-T V.42, as RFC 8489 §14.7 wants it. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) crc = crcTable[(crc ^ byte) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** RFC 8489 §14.2; an address that is none is written as 0.0.0.0. */
export function xorMappedAddress(address: string, port: number, transactionId: Uint8Array): Buffer {
  const octets = ipaddr.isValid(address) ? ipaddr.process(address).toByteArray() : [0, 0, 0, 0];
  const value = Buffer.alloc(4 + octets.length);
  const mask = Buffer.alloc(16);
  mask.writeUInt32BE(MAGIC_COOKIE, 0);
  mask.set(transactionId, 4);
  value[1] = octets.length === 4 ? 1 : 2;
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  octets.forEach((octet, index) => {
    value[4 + index] = octet ^ mask[index]!;
  });
  return value;
}

/** RFC 8489 §14.8. */
export function errorCode(code: number, reason: string): Buffer {
  return Buffer.concat([Buffer.from([0, 0, Math.floor(code / 100), code % 100]), Buffer.from(reason)]);
}
