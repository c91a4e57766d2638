import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../base/random.js';
import { contentType, dtls12, handshakeType } from './constants.js';
import { readClientHello } from './hello.js';
import { wholeMessage } from './reassembly.js';
import { plainRecord } from './records.js';
import { number, vector } from './wire.js';

const COOKIE_BYTES = 20;
const RECORD_HEADER_BYTES = 13;
const MESSAGE_HEADER_BYTES = 12;

/** What came of a datagram that may open a handshake: nothing, a request to say it again with a cookie, or an opening. */
export type Knock =
  | { readonly type: 'nothing' }
  | { readonly type: 'ask'; readonly datagram: Buffer }
  | { readonly type: 'open'; readonly recordSequence: number; readonly messageSequence: number };

const nothing: Knock = { type: 'nothing' };

/**
 * The cookie exchange of RFC 6347 §4.2.1: nothing is remembered, and no key is made, for who has not shown that it gets
 * what is sent to its address. A ClientHello must be whole in one datagram. Never throws.
 */
export class CookieDoor {
  readonly #secret: Buffer;

  constructor(random: Random) {
    this.#secret = random.bytes(32);
  }

  knock(datagram: Buffer, from: string): Knock {
    const start = RECORD_HEADER_BYTES + MESSAGE_HEADER_BYTES;
    if (datagram.length < start || datagram[0] !== contentType.handshake || datagram.readUInt16BE(3) !== 0) {
      return nothing;
    }
    const record = datagram.subarray(RECORD_HEADER_BYTES, RECORD_HEADER_BYTES + datagram.readUInt16BE(11));
    if (record[0] !== handshakeType.clientHello || record.length < MESSAGE_HEADER_BYTES) return nothing;
    const length = record.readUIntBE(1, 3);
    const isWhole = record.readUIntBE(6, 3) === 0 && record.readUIntBE(9, 3) === length;
    const body = record.subarray(MESSAGE_HEADER_BYTES, MESSAGE_HEADER_BYTES + length);
    const hello = isWhole && body.length === length ? readClientHello(body) : null;
    if (hello === null) return nothing;
    const recordSequence = datagram.readUIntBE(5, 6);
    const cookie = this.#cookie(from, hello.random);
    if (hello.cookie.length !== COOKIE_BYTES || !timingSafeEqual(hello.cookie, cookie)) {
      return { type: 'ask', datagram: requestOf(cookie, recordSequence) };
    }
    return { type: 'open', recordSequence, messageSequence: record.readUInt16BE(4) };
  }

  #cookie(from: string, random: Buffer): Buffer {
    const mac = createHmac('sha256', this.#secret).update(from).update(random).digest();
    return mac.subarray(0, COOKIE_BYTES);
  }
}

function requestOf(cookie: Buffer, recordSequence: number): Buffer {
  const body = Buffer.concat([number(dtls12, 2), vector(1, cookie)]);
  return plainRecord(contentType.handshake, recordSequence, wholeMessage(handshakeType.helloVerifyRequest, 0, body));
}
