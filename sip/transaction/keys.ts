import { tagOf } from '../header-values.js';
import type { SipMessage, SipRequest } from '../message.js';
import { serializeUri } from '../uri.js';

/** RFC 3261 §8.1.1.7: a branch that starts so is unique. */
export const MAGIC_COOKIE = 'z9hG4bK';

/** RFC 3261 §17.1.3: branch and method of CSeq; the branch is ours, so it is unique. */
export function clientKey(branch: string, method: string): string {
  return flat([branch, method]);
}

// A template leaves a tree of pieces, 32 bytes a node, which a map keeps for Timer J; join writes one flat string.
function flat(parts: readonly (string | number)[]): string {
  return parts.join('|');
}

/**
 * RFC 3261 §17.2.3: branch, sent-by and method, an ACK being the INVITE's. Without the magic cookie the rules of
 * RFC 2543: Request-URI, From tag, Call-ID, CSeq number and top Via; the To tag is left out, because an ACK carries
 * the one of our response. `method` overrides the request's, for a CANCEL that looks for its INVITE.
 */
export function serverKey(request: SipRequest, method = request.method): string {
  const top = request.via[0];
  const branch = top?.params.get('branch') ?? '';
  const host = top?.host ?? '';
  const port = top?.port ?? '';
  const asked = method === 'ACK' ? 'INVITE' : method;
  // RFC 4475 §3.2.1: the bare cookie is unique to nobody.
  if (branch.length > MAGIC_COOKIE.length && branch.startsWith(MAGIC_COOKIE)) return flat([branch, host, port, asked]);
  const { uri, from, callId, cseq } = request;
  return flat([serializeUri(uri), tagOf(from) ?? '', callId, cseq.sequence, branch, host, port, asked]);
}

/** RFC 3261 §8.2.2.2: what a request that was forked on its way and comes twice has in common. */
export function mergeKey(message: SipMessage): string {
  const { callId, cseq, from } = message;
  return flat([callId, tagOf(from) ?? '', cseq.sequence, cseq.method]);
}

/** A To tag that is the same for every retransmission: RFC 3261 §8.2.7. FNV-1a of the serverKey, 64 bits in two halves. */
export function statelessTag(text: string, salt: number): string {
  let low = 0x811c9dc5 ^ salt;
  let high = 0x01000193 ^ salt;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return hex32(low) + hex32(high);
}

const hexOfByte = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Eight digits. Number's own way to write beyond 2³⁰ in base 16 goes through a double and takes a microsecond. */
function hex32(value: number): string {
  const low = hexOfByte[(value >>> 8) & 0xff]! + hexOfByte[value & 0xff]!;
  return hexOfByte[value >>> 24]! + hexOfByte[(value >>> 16) & 0xff]! + low;
}
