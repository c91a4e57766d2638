import { createCipheriv, createDecipheriv } from 'node:crypto';
import { ReplayWindow } from '../srtp/replay-window.js';
import { dtls12 } from './constants.js';
import type { WriteKeys } from './key-schedule.js';
import { number } from './wire.js';

const HEADER_BYTES = 13;
const EXPLICIT_NONCE_BYTES = 8;
const TAG_BYTES = 16;

export interface Record {
  readonly type: number;
  /** 0: in the clear and of unproven origin; 1: opened, and genuine. */
  readonly epoch: 0 | 1;
  readonly sequence: number;
  readonly body: Buffer;
}

/**
 * The record layer of one association, RFC 6347 §4.1: epoch 0 in the clear, epoch 1 under AES_128_GCM (RFC 5288 §3),
 * each record taken once. There is no renegotiation, so there is no other epoch.
 *
 *      0             1         3         5                     11        13
 *      +-------------+---------+---------+---------------------+---------+----------
 *      |content type | version |  epoch  |   sequence number   | length  | fragment
 *      +-------------+---------+---------+---------------------+---------+----------
 */
export class RecordLayer {
  /** Malformed, forged or seen before. */
  refused = 0;
  readonly #sequences: [number, number];
  #send: WriteKeys | null = null;
  #receive: WriteKeys | null = null;
  readonly #window = new ReplayWindow();

  /** @param firstSequence  of our first record: RFC 6347 §4.2.1 has a server go on from the ClientHello's */
  constructor(firstSequence = 0) {
    this.#sequences = [firstSequence, 0];
  }

  setKeys(send: WriteKeys, receive: WriteKeys): void {
    this.#send = send;
    this.#receive = receive;
  }

  get hasKeys(): boolean {
    return this.#receive !== null;
  }

  write(type: number, epoch: 0 | 1, body: Uint8Array): Buffer {
    const sequence = this.#sequences[epoch];
    this.#sequences[epoch] += 1;
    return epoch === 0 ? plainRecord(type, sequence, body) : this.#seal(type, sequence, body);
  }

  /**
   * Gives the records of a datagram that are well formed, and in epoch 1 genuine and new, one by one: the first ones may
   * bring the keys of those behind them. Never throws.
   */
  read(datagram: Buffer, take: (record: Record) => void): void {
    let at = 0;
    while (at < datagram.length) {
      const end = at + HEADER_BYTES + (at + HEADER_BYTES <= datagram.length ? datagram.readUInt16BE(at + 11) : 0);
      if (end > datagram.length || end === at) {
        this.refused += 1;
        break;
      }
      const record = this.#open(datagram.subarray(at, end));
      if (record === null) this.refused += 1;
      else take(record);
      at = end;
    }
  }

  #open(record: Buffer): Record | null {
    const type = record[0]!;
    const epoch = record.readUInt16BE(3);
    const sequence = record.readUIntBE(5, 6);
    if (record[1] !== 0xfe || epoch > 1) return null;
    const body = record.subarray(HEADER_BYTES);
    if (epoch === 0) return { type, epoch, sequence, body };
    if (this.#receive === null || !this.#window.isFresh(sequence)) return null;
    const opened = openBody(this.#receive, record);
    if (opened === null) return null;
    this.#window.note(sequence);
    return { type, epoch: 1, sequence, body: opened };
  }

  #seal(type: number, sequence: number, body: Uint8Array): Buffer {
    const { key, salt } = this.#send!;
    const counter = Buffer.concat([number(1, 2), number(sequence, 6)]);
    const cipher = createCipheriv('aes-128-gcm', key, Buffer.concat([salt, counter]));
    cipher.setAAD(Buffer.concat([counter, number(type, 1), number(dtls12, 2), number(body.length, 2)]));
    const sealed = Buffer.concat([counter, cipher.update(body), cipher.final(), cipher.getAuthTag()]);
    return Buffer.concat([number(type, 1), number(dtls12, 2), counter, number(sealed.length, 2), sealed]);
  }
}

export function plainRecord(type: number, sequence: number, body: Uint8Array): Buffer {
  const head = [number(type, 1), number(dtls12, 2), number(0, 2), number(sequence, 6), number(body.length, 2)];
  return Buffer.concat([...head, body]);
}

/** @param record  with its header */
function openBody({ key, salt }: WriteKeys, record: Buffer): Buffer | null {
  const bytes = record.length - HEADER_BYTES - EXPLICIT_NONCE_BYTES - TAG_BYTES;
  if (bytes < 0) return null;
  const from = HEADER_BYTES + EXPLICIT_NONCE_BYTES;
  const nonce = Buffer.concat([salt, record.subarray(HEADER_BYTES, from)]);
  const decipher = createDecipheriv('aes-128-gcm', key, nonce);
  decipher.setAAD(Buffer.concat([record.subarray(3, 11), record.subarray(0, 3), number(bytes, 2)]));
  decipher.setAuthTag(record.subarray(record.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(record.subarray(from, from + bytes)), decipher.final()]);
  } catch {
    return null;
  }
}
