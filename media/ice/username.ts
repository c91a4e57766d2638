import { attribute } from './stun.js';

const HEADER_BYTES = 20;
const COLON = 0x3a;
/** RFC 8839 §5.4: ours and theirs have 256 characters at most. */
const MAX_NAME_BYTES = 513;

/**
 * Our user fragment in the USERNAME of a check (RFC 8445 §7.1.2), or null where there is none. It is what the sender
 * says: whether it also knows the password is for ice/lite.ts to see. Throws on nothing.
 */
export function localUfragIn(data: Buffer, length: number): string | null {
  for (let at = HEADER_BYTES; at + 4 <= length; ) {
    const bytes = (data[at + 2]! << 8) | data[at + 3]!;
    const from = at + 4;
    if (((data[at]! << 8) | data[at + 1]!) === attribute.username) return nameAt(data, from, bytes, length);
    at = from + bytes + ((4 - (bytes % 4)) % 4);
  }
  return null;
}

function nameAt(data: Buffer, from: number, bytes: number, length: number): string | null {
  if (bytes > MAX_NAME_BYTES || from + bytes > length) return null;
  for (let at = from; at < from + bytes; at += 1) {
    if (data[at] === COLON) return data.toString('latin1', from, at);
  }
  return null;
}
