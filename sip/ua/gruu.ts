import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto';
import type { Random } from '../../base/random.js';
import type { NameAddr } from '../header-values.js';
import { parseUri, type SipUri, sipUri, type Uri } from '../uri.js';

/** What a GRUU of ours stands for. */
export type GruuMeaning =
  | { readonly kind: 'public'; readonly user: string; readonly host: string; readonly instance: string }
  | {
      readonly kind: 'temporary';
      readonly user: string;
      readonly host: string;
      /** See `instanceMark`. */
      readonly mark: string;
    };

export interface GruusOptions {
  readonly random: Random;
  /** 32 bytes, kept by who wants temporary GRUUs to live through a restart; drawn unless given. */
  readonly key?: Buffer;
}

const PREFIX = 'tgruu.';
const NONCE_BYTES = 12;
const TAG_BYTES = 12;
const MARK_BYTES = 12;
/** User parts are padded to a multiple of this, so that the length says little about who it is. */
const BLOCK = 16;
/** A longer `gr` or user part is none of ours. */
const MAX_CHARACTERS = 512;

/**
 * Makes GRUUs and reads them back: RFC 5627 §3.1, §5.4. A public GRUU is the address of record with the
 * instance in `gr`. A temporary one keeps nothing here, as appendix A of the RFC suggests: its user part is
 *
 * ```
 *  tgruu. base64url( nonce: 12 | AES-256-GCM( mark: 12 | length: 1 | user | padding ) | tag: 12 )
 * ```
 * where the mark is a hash of instance and Call-ID. Nobody else can make one or see who it is, no two are alike, and
 * with a new Call-ID every older one stops to mean anything (RFC 5627 §3.1.2).
 */
export class Gruus {
  readonly #random: Random;
  readonly #key: Buffer;

  constructor({ random, key }: GruusOptions) {
    this.#random = random;
    this.#key = key ?? random.bytes(32);
  }

  /** @param instance  `+sip.instance`, angle brackets and all */
  publicGruu(aor: SipUri, instance: string): SipUri {
    const { scheme, user, host } = aor;
    return sipUri({ scheme, user, host, params: { gr: grOf(instance) } });
  }

  /** A new one each time; null for a user whose name is too long to be hidden in a URI. */
  temporaryGruu(aor: SipUri, instance: string, callId: string): SipUri | null {
    const user = Buffer.from(aor.user ?? '');
    if (user.length === 0 || user.length > 255) return null;
    const nonce = this.#random.bytes(NONCE_BYTES);
    const padding = Buffer.alloc((BLOCK - ((user.length + 1) % BLOCK)) % BLOCK);
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce, { authTagLength: TAG_BYTES });
    cipher.setAAD(Buffer.from(aor.host));
    const mark = Buffer.from(this.instanceMark(instance, callId), 'hex');
    const plain = Buffer.concat([mark, Buffer.from([user.length]), user, padding]);
    const token = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    const hidden = `${PREFIX}${token.toString('base64url')}`;
    return sipUri({ scheme: aor.scheme, user: hidden, host: aor.host, params: { gr: null } });
  }

  /** What ties a temporary GRUU to the registrations that it is good for. */
  instanceMark(instance: string, callId: string): string {
    return createHmac('sha256', this.#key)
      .update(`${instance}\0${callId}`)
      .digest('hex')
      .slice(0, MARK_BYTES * 2);
  }

  /** Null for what is no GRUU, or was not made with this key. */
  read(uri: Uri): GruuMeaning | null {
    if (!isGruu(uri) || uri.user === undefined) return null;
    const { user, host } = uri;
    const gr = uri.params.get('gr');
    if (user.length > MAX_CHARACTERS || (gr?.length ?? 0) > MAX_CHARACTERS) return null;
    if (typeof gr === 'string' && gr !== '') return { kind: 'public', user, host, instance: gr };
    return user.startsWith(PREFIX) ? this.#open(user.slice(PREFIX.length), host) : null;
  }

  #open(text: string, host: string): GruuMeaning | null {
    const token = Buffer.from(text, 'base64url');
    if (token.length < NONCE_BYTES + MARK_BYTES + 2 + TAG_BYTES || token.toString('base64url') !== text) return null;
    const decipher = createDecipheriv('aes-256-gcm', this.#key, token.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(Buffer.from(host));
    decipher.setAuthTag(token.subarray(-TAG_BYTES));
    try {
      const plain = Buffer.concat([decipher.update(token.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
      const length = plain[MARK_BYTES] ?? 0;
      const user = plain.toString('utf8', MARK_BYTES + 1, MARK_BYTES + 1 + length);
      return { kind: 'temporary', user, host, mark: plain.toString('hex', 0, MARK_BYTES) };
    } catch {
      return null;
    }
  }
}

/** RFC 5627 §7: a URI with `gr` is a GRUU. */
export function isGruu(uri: Uri): uri is SipUri {
  return (uri.scheme === 'sip' || uri.scheme === 'sips') && uri.params.has('gr');
}

/** The value of `gr` for an instance: a URN as it is (RFC 5627 §3.1.1), the hash of anything else. */
export function grOf(instance: string): string {
  const bare = instance.replace(/^<|>$/g, '');
  return /^urn:[\w:.-]{1,128}$/i.test(bare) ? bare : createHash('sha256').update(bare).digest('hex').slice(0, 32);
}

/** The GRUUs that a registrar gave to a Contact of ours: RFC 5627 §4.2. Null where it gave none that can be read. */
export interface AssignedGruus {
  readonly pub: SipUri | null;
  readonly temp: SipUri | null;
}

export function assignedGruus(contact: NameAddr): AssignedGruus {
  return { pub: gruuIn(contact, 'pub-gruu'), temp: gruuIn(contact, 'temp-gruu') };
}

function gruuIn(contact: NameAddr, name: string): SipUri | null {
  const read = parseUri(contact.params.get(name) ?? '');
  return read.ok && isGruu(read.value) ? read.value : null;
}
