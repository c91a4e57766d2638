import { createECDH, type ECDH, type KeyObject, timingSafeEqual } from 'node:crypto';
import type { SrtpProfile } from '../srtp/profiles.js';
import { type AlertName, contentType, handshakeType } from './constants.js';
import { type Fingerprint, isFingerprinted } from './fingerprint.js';
import { masterSecret, type Randoms, recordKeys, verifyData } from './key-schedule.js';
import { publicKeyOf, readCertificate, writeCertificate } from './messages.js';
import { type HandshakeMessage, wholeMessage } from './reassembly.js';
import type { RecordLayer } from './records.js';

/** Why a handshake cannot go on: the alert that is sent, and a text for whoever reads why a call ended. */
export interface HandshakeFault {
  readonly alert: AlertName;
  readonly reason: string;
}

/** One record of a flight, as it is written again when the flight is. */
export interface FlightRecord {
  readonly type: number;
  readonly epoch: 0 | 1;
  readonly body: Uint8Array;
}

/** What a message of the peer led to. */
export type Step =
  | { readonly type: 'wait' }
  /** `isLast`: it is not sent again by itself, and the handshake is done. */
  | { readonly type: 'send'; readonly flight: readonly FlightRecord[]; readonly isLast: boolean }
  | { readonly type: 'done' }
  | ({ readonly type: 'fail' } & HandshakeFault);

export const wait: Step = { type: 'wait' };

export function fail(alert: AlertName, reason: string): Step {
  return { type: 'fail', alert, reason };
}

export interface ConversationOptions {
  readonly side: 'client' | 'server';
  readonly random: Uint8Array;
  /** DER. */
  readonly certificate: Uint8Array;
  readonly key: KeyObject;
  /** Of the peer, as its SDP says. */
  readonly fingerprints: readonly Fingerprint[];
  /** That we take, most wanted first. */
  readonly profiles: readonly SrtpProfile[];
  readonly records: RecordLayer;
  /** The number of our first message. */
  readonly firstSequence: number;
}

/** What both roles share of one handshake: what was said, the secrets, and who the peer is. */
export class Conversation {
  readonly options: ConversationOptions;
  readonly ecdh: ECDH = createECDH('prime256v1');
  readonly point: Buffer;
  peerRandom: Uint8Array = new Uint8Array(0);
  peerKey: KeyObject | null = null;
  /** Both sides have RFC 7627. */
  isExtended = false;
  profile: SrtpProfile | null = null;
  master: Buffer | null = null;
  #transcript: Uint8Array[] = [];
  #sequence: number;

  constructor(options: ConversationOptions) {
    this.options = options;
    this.#sequence = options.firstSequence;
    this.point = this.ecdh.generateKeys();
  }

  get randoms(): Randoms {
    const { side, random } = this.options;
    return side === 'client'
      ? { client: random, server: this.peerRandom }
      : { client: this.peerRandom, server: random };
  }

  /** Everything that was said so far. */
  get transcript(): Buffer {
    return Buffer.concat(this.#transcript);
  }

  /** A message of ours; it belongs to what was said. */
  say(type: number, body: Uint8Array, epoch: 0 | 1 = 0): FlightRecord {
    const message = wholeMessage(type, this.#sequence, body);
    this.#sequence += 1;
    this.#transcript.push(message);
    return { type: contentType.handshake, epoch, body: message };
  }

  hear({ type, sequence, body }: HandshakeMessage): void {
    this.#transcript.push(wholeMessage(type, sequence, body));
  }

  /** RFC 6347 §4.2.1: the first ClientHello and its HelloVerifyRequest are in no hash. */
  forget(): void {
    this.#transcript = [];
  }

  ourCertificate(): FlightRecord {
    return this.say(handshakeType.certificate, writeCertificate(this.options.certificate));
  }

  /** The peer's certificate, which must be the one that its SDP speaks of: RFC 5763 §5. */
  takeCertificate(body: Buffer): Step {
    const certificate = readCertificate(body);
    if (certificate === null) return fail('bad_certificate', 'no certificate');
    if (!isFingerprinted(certificate, this.options.fingerprints)) {
      return fail('bad_certificate', 'certificate does not match a=fingerprint');
    }
    this.peerKey = publicKeyOf(certificate);
    return this.peerKey === null ? fail('bad_certificate', 'certificate cannot be read') : wait;
  }

  /** After the ClientKeyExchange: from now on there are keys. False for what is no point on the curve. */
  agree(point: Buffer): boolean {
    const { side, records } = this.options;
    let shared: Buffer;
    try {
      shared = this.ecdh.computeSecret(point);
    } catch {
      return false;
    }
    this.master = masterSecret(shared, this.randoms, this.isExtended ? this.#transcript : null);
    const keys = recordKeys(this.master, this.randoms);
    if (side === 'client') records.setKeys(keys.client, keys.server);
    else records.setKeys(keys.server, keys.client);
    return true;
  }

  ourFinished(): readonly FlightRecord[] {
    const data = verifyData(this.master!, this.options.side, this.#transcript);
    return [
      { type: contentType.changeCipherSpec, epoch: 0, body: Uint8Array.of(1) },
      this.say(handshakeType.finished, data, 1),
    ];
  }

  /** Did the peer hear and say the same as we did? RFC 5246 §7.4.9. */
  isFinished({ body, epoch }: HandshakeMessage): boolean {
    const side = this.options.side === 'client' ? 'server' : 'client';
    const data = verifyData(this.master!, side, this.#transcript);
    return epoch === 1 && body.length === data.length && timingSafeEqual(body, data);
  }
}
