import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SocketAddress } from '../../base/network.js';

// RFC 8489 §5, the header of every message:
//
//   0                   1                   2                   3
//   0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
//  |0 0|     STUN Message Type     |         Message Length        |
//  |                         Magic Cookie                          |
//  |                     Transaction ID (96 bits)                  |
//
// then attributes: type and length of 16 bits each, the value padded to 4 bytes.

const HEADER_BYTES = 20;
const TRANSACTION_ID_AT = 8;
const MAGIC_COOKIE = 0x2112_a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const BINDING_ERROR = 0x0111;

const MAPPED_ADDRESS = 0x0001;
const ERROR_CODE = 0x0009;
const UNKNOWN_ATTRIBUTES = 0x000a;
const XOR_MAPPED_ADDRESS = 0x0020;
const FINGERPRINT = 0x8028;
const FINGERPRINT_XOR = 0x5354_554e;
const FINGERPRINT_BYTES = 8;
/** From here on an attribute may be ignored by who does not know it: RFC 8489 §14. */
const OPTIONAL_FROM = 0x8000;
/** Known and without meaning in an unauthenticated Binding request: addresses, USERNAME, MESSAGE-INTEGRITY, REALM, NONCE. */
const ignored: ReadonlySet<number> = new Set([
  MAPPED_ADDRESS,
  0x0006,
  0x0008,
  0x0014,
  0x0015,
  0x001c,
  XOR_MAPPED_ADDRESS,
]);

/** A longer request is dropped: nothing that a keep-alive says needs it. */
const MAX_REQUEST_BYTES = 548;
/** An answer names this many unknown attributes at most, so that it never grows beyond its request by much. */
const MAX_UNKNOWN = 8;

export const TRANSACTION_ID_BYTES = 12;

export type StunFault = 'short' | 'not-stun' | 'bad-length' | 'bad-attribute' | 'bad-fingerprint' | 'wrong-type';

/** What a server said to a Binding request. */
export interface BindingAnswer {
  /** Lowercase hex. */
  readonly transactionId: string;
  /** Our address as the server sees it; null in an error answer. */
  readonly mapped: SocketAddress | null;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb8_8320 : value >>> 1;
  return value >>> 0;
});

function crc32(data: Buffer, length: number): number {
  let crc = 0xffff_ffff;
  for (let at = 0; at < length; at += 1) crc = crcTable[(crc ^ data[at]!) & 0xff]! ^ (crc >>> 8);
  return (crc ^ 0xffff_ffff) >>> 0;
}

/** RFC 8489 §5: no SIP message begins with two zero bits, so both share a port (RFC 5626 §8). */
export function isStun(data: Buffer): boolean {
  return data.length >= HEADER_BYTES && data[0]! < 0x40 && data.readUInt32BE(4) === MAGIC_COOKIE;
}

/** Walks the attributes; answers a fault, or null when all are well formed. A FINGERPRINT has to be last and right. */
function walk(data: Buffer, visit: (type: number, at: number, length: number) => void): StunFault | null {
  if (!isStun(data)) return data.length < HEADER_BYTES ? 'short' : 'not-stun';
  if (data.readUInt16BE(2) !== data.length - HEADER_BYTES || data.length % 4 !== 0) return 'bad-length';
  let at = HEADER_BYTES;
  while (at < data.length) {
    const type = data.readUInt16BE(at);
    const length = data.readUInt16BE(at + 2);
    if (at + 4 + length > data.length) return 'bad-attribute';
    if (type === FINGERPRINT) {
      const right = (crc32(data, at) ^ FINGERPRINT_XOR) >>> 0;
      const isLast = length === 4 && at + FINGERPRINT_BYTES === data.length;
      return isLast && data.readUInt32BE(at + 4) === right ? finish(visit, at) : 'bad-fingerprint';
    }
    visit(type, at + 4, length);
    at += 4 + length + (-length & 3);
  }
  return null;
}

function finish(visit: (type: number, at: number, length: number) => void, at: number): null {
  visit(FINGERPRINT, at + 4, 4);
  return null;
}

function writeHeader(message: Buffer, type: number, transactionId: Uint8Array): void {
  message.writeUInt16BE(type, 0);
  message.writeUInt16BE(message.length - HEADER_BYTES, 2);
  message.writeUInt32BE(MAGIC_COOKIE, 4);
  message.set(transactionId, TRANSACTION_ID_AT);
}

/** RFC 8489 §14.7: over everything before it, with its own length counted in the header. */
function writeFingerprint(message: Buffer): void {
  const at = message.length - FINGERPRINT_BYTES;
  message.writeUInt16BE(FINGERPRINT, at);
  message.writeUInt16BE(4, at + 2);
  message.writeUInt32BE((crc32(message, at) ^ FINGERPRINT_XOR) >>> 0, at + 4);
}

/** A Binding request with a FINGERPRINT: RFC 5626 §4.4.2. */
export function bindingRequest(transactionId: Uint8Array): Buffer {
  const message = Buffer.allocUnsafe(HEADER_BYTES + FINGERPRINT_BYTES);
  writeHeader(message, BINDING_REQUEST, transactionId);
  writeFingerprint(message);
  return message;
}

function bytesOf(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::', 2);
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const left = groups(head);
  const right = groups(tail ?? '');
  const all =
    tail === undefined ? left : [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  for (const [index, group] of all.entries()) bytes.writeUInt16BE(group, index * 2);
  return bytes;
}

/** RFC 8489 §14.2: the address XORed with cookie and transaction id, so that no NAT rewrites it. `mask` starts at the cookie. */
function xor(address: Buffer, mask: Uint8Array): Buffer {
  for (let at = 0; at < address.length; at += 1) address[at]! ^= mask[at]!;
  return address;
}

/**
 * The answer to a Binding request that came from there: RFC 5626 §8, RFC 8489 §6.3. It is not much longer than the
 * request. Null for what is none, is malformed, or longer than 548 bytes.
 */
export function answerBinding(request: Buffer, from: SocketAddress): Buffer | null {
  if (request.length > MAX_REQUEST_BYTES) return null;
  if (request.length < HEADER_BYTES || request.readUInt16BE(0) !== BINDING_REQUEST) return null;
  let fingerprint = false;
  const unknown: number[] = [];
  const wrong = walk(request, (type) => {
    if (type === FINGERPRINT) fingerprint = true;
    else if (type < OPTIONAL_FROM && !ignored.has(type) && unknown.length < MAX_UNKNOWN) unknown.push(type);
  });
  if (wrong !== null) return null;
  const mark = fingerprint ? FINGERPRINT_BYTES : 0;
  const transactionId = request.subarray(TRANSACTION_ID_AT, HEADER_BYTES);
  const answer = unknown.length > 0 ? unknownAnswer(transactionId, unknown, mark) : success(request, from, mark);
  if (fingerprint) writeFingerprint(answer);
  return answer;
}

function success(request: Buffer, { address, port }: SocketAddress, mark: number): Buffer {
  const masked = xor(bytesOf(address), request.subarray(4, HEADER_BYTES));
  const answer = Buffer.allocUnsafe(HEADER_BYTES + 8 + masked.length + mark);
  writeHeader(answer, BINDING_SUCCESS, request.subarray(TRANSACTION_ID_AT, HEADER_BYTES));
  answer.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
  answer.writeUInt16BE(4 + masked.length, 22);
  answer.writeUInt16BE(masked.length === 4 ? 1 : 2, 24);
  answer.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 26);
  answer.set(masked, 28);
  return answer;
}

/** 420 with the attributes that a server has to understand and does not: RFC 8489 §6.3.1. */
function unknownAnswer(transactionId: Uint8Array, unknown: readonly number[], mark: number): Buffer {
  const padded = (unknown.length * 2 + 3) & ~3;
  const answer = Buffer.alloc(HEADER_BYTES + 8 + 4 + padded + mark);
  writeHeader(answer, BINDING_ERROR, transactionId);
  answer.writeUInt16BE(ERROR_CODE, 20);
  answer.writeUInt16BE(4, 22);
  answer.writeUInt16BE((4 << 8) | 20, 26);
  answer.writeUInt16BE(UNKNOWN_ATTRIBUTES, 28);
  answer.writeUInt16BE(unknown.length * 2, 30);
  for (const [index, type] of unknown.entries()) answer.writeUInt16BE(type, 32 + index * 2);
  return answer;
}

function addressIn(data: Buffer, at: number, length: number, masked: boolean): SocketAddress | null {
  const family = length >= 8 ? data[at + 1] : undefined;
  if (!(family === 1 && length === 8) && !(family === 2 && length === 20)) return null;
  const bytes = Buffer.from(data.subarray(at + 4, at + length));
  if (masked) xor(bytes, data.subarray(4, HEADER_BYTES));
  const port = data.readUInt16BE(at + 2) ^ (masked ? MAGIC_COOKIE >>> 16 : 0);
  if (family === 1) return { address: bytes.join('.'), port };
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return { address: groups.join(':'), port };
}

/** Reads the answer to a Binding request of ours, success or error: RFC 8489 §6.3.3, §6.3.4. Never throws. */
export function parseBindingAnswer(data: Buffer): Parsed<BindingAnswer, StunFault> {
  if (data.length < HEADER_BYTES) return fault('short');
  const type = data.readUInt16BE(0);
  if (type !== BINDING_SUCCESS && type !== BINDING_ERROR) return fault('wrong-type');
  let mapped: SocketAddress | null = null;
  let isXored = false;
  const wrong = walk(data, (type, at, length) => {
    if (type === XOR_MAPPED_ADDRESS || (type === MAPPED_ADDRESS && !isXored)) {
      isXored = type === XOR_MAPPED_ADDRESS;
      mapped = addressIn(data, at, length, isXored);
    }
  });
  if (wrong !== null) return fault(wrong);
  if (type === BINDING_SUCCESS && mapped === null) return fault('bad-attribute', HEADER_BYTES);
  const transactionId = data.toString('hex', TRANSACTION_ID_AT, HEADER_BYTES);
  return parsed({ transactionId, mapped: type === BINDING_SUCCESS ? mapped : null });
}
