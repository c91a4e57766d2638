import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Random } from '../../base/random.js';
import { contentType, dtls12, handshakeType } from './constants.js';
import { readClientHello } from './hello.js';
import { Reassembly, wholeMessage } from './reassembly.js';
import { plainRecord } from './records.js';
import { number, vector } from './wire.js';

const COOKIE_BYTES = 20;
const RECORD_HEADER_BYTES = 13;
const MESSAGE_HEADER_BYTES = 12;

/** Longer ones are refused; with a key share of the post-quantum kind it is 1.5 KiB. */
const MAX_HELLO_BYTES = 4096;

/**
 * What came of a datagram that may open a handshake: nothing, a piece of more that is to come, a request to say it again with
 * a cookie, or an opening, with the ClientHello in one record.
 */
export type Knock =
  | { readonly type: 'nothing' }
  | { readonly type: 'piece' }
  | { readonly type: 'ask'; readonly datagram: Buffer }
  | {
      readonly type: 'open';
      readonly recordSequence: number;
      readonly messageSequence: number;
      readonly datagram: Buffer;
    };

const nothing: Knock = { type: 'nothing' };

/**
 * The cookie exchange of RFC 6347 §4.2.1: no key is made for who has not shown that it gets what is sent to its address, and
 * nothing is remembered but the pieces of one ClientHello, of 4 KiB at most: browsers say more in it than goes into one
 * datagram. The pieces of another one take their place. Never throws.
 */
export class CookieDoor {
  readonly #secret: Buffer;
  #pieces: { readonly of: string; readonly messages: Reassembly } | null = null;

  constructor(random: Random) {
    this.#secret = random.bytes(32);
  }

  knock(datagram: Buffer, from: string): Knock {
    let knock = nothing;
    for (let at = 0; at + RECORD_HEADER_BYTES <= datagram.length; ) {
      const end = at + RECORD_HEADER_BYTES + datagram.readUInt16BE(at + 11);
      knock = this.#knock(datagram.subarray(at, end), from);
      if (knock.type === 'ask' || knock.type === 'open') break;
      at = end;
    }
    return knock;
  }

  #knock(plain: Buffer, from: string): Knock {
    if (plain[0] !== contentType.handshake || plain.readUInt16BE(3) !== 0) return nothing;
    const record = plain.subarray(RECORD_HEADER_BYTES);
    if (record[0] !== handshakeType.clientHello || record.length < MESSAGE_HEADER_BYTES) return nothing;
    const length = record.readUIntBE(1, 3);
    const messageSequence = record.readUInt16BE(4);
    if (length > MAX_HELLO_BYTES) return nothing;
    const whole = this.#put(record, `${from} ${messageSequence} ${length}`, messageSequence);
    if (whole === null || whole === 'piece') return whole === null ? nothing : { type: 'piece' };
    const hello = readClientHello(whole);
    if (hello === null) return nothing;
    const recordSequence = plain.readUIntBE(5, 6);
    const cookie = this.#cookie(from, hello.random);
    if (hello.cookie.length !== COOKIE_BYTES || !timingSafeEqual(hello.cookie, cookie)) {
      return { type: 'ask', datagram: requestOf(cookie, recordSequence) };
    }
    const message = wholeMessage(handshakeType.clientHello, messageSequence, whole);
    const opening = plainRecord(contentType.handshake, recordSequence, message);
    return { type: 'open', recordSequence, messageSequence, datagram: opening };
  }

  /** The ClientHello where that record completes it; null for a record that is none. */
  #put(record: Buffer, of: string, messageSequence: number): Buffer | 'piece' | null {
    const pieces = this.#pieces?.of === of ? this.#pieces : { of, messages: new Reassembly(messageSequence) };
    const { refused } = pieces.messages;
    pieces.messages.add(record, 0);
    const message = pieces.messages.take();
    const isRefused = pieces.messages.refused > refused;
    this.#pieces = message !== null || isRefused ? null : pieces;
    return message?.body ?? (isRefused ? null : 'piece');
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
