import {
  type CipherGCMTypes,
  constants,
  createDecipheriv,
  createHash,
  createPublicKey,
  type Decipher,
  diffieHellman,
  type KeyObject,
  privateDecrypt,
} from 'node:crypto';

/*
 * The key of an enveloped body and what is under it: agreed on by ECDH (RFC 5753 §3.1) or sent by RSA-OAEP (RFC 3560),
 * RFC 8551 §2.3. Here rather than by pkijs, which derives another key when the sender gave no user keying material, as
 * openssl does not (test/sip/bodies), and knows no authenticated content.
 */

/** dhSinglePass-stdDH-…kdf-scheme, RFC 5753 §7.1.4. */
const kdfHashes: Readonly<Record<string, string>> = {
  '1.3.133.16.840.63.0.2': 'sha1',
  '1.3.132.1.11.1': 'sha256',
  '1.3.132.1.11.2': 'sha384',
  '1.3.132.1.11.3': 'sha512',
};

/** id-aes…-wrap, RFC 3565 §2.3.2. */
const wraps: Readonly<Record<string, { readonly cipher: string; readonly bits: number; readonly oid: string }>> = {
  '2.16.840.1.101.3.4.1.5': { cipher: 'id-aes128-wrap', bits: 128, oid: '0609608648016503040105' },
  '2.16.840.1.101.3.4.1.25': { cipher: 'id-aes192-wrap', bits: 192, oid: '0609608648016503040119' },
  '2.16.840.1.101.3.4.1.45': { cipher: 'id-aes256-wrap', bits: 256, oid: '060960864801650304012d' },
};

const cbcCiphers: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.1.2': 'aes-128-cbc',
  '2.16.840.1.101.3.4.1.22': 'aes-192-cbc',
  '2.16.840.1.101.3.4.1.42': 'aes-256-cbc',
};

/** RFC 5084 §3.2. */
const gcmCiphers: Readonly<Record<string, CipherGCMTypes>> = {
  '2.16.840.1.101.3.4.1.6': 'aes-128-gcm',
  '2.16.840.1.101.3.4.1.26': 'aes-192-gcm',
  '2.16.840.1.101.3.4.1.46': 'aes-256-gcm',
};

const ID_RSA_OAEP = '1.2.840.113549.1.1.7';

const oaepHashes: Readonly<Record<string, string>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
};

export interface Agreement {
  readonly privateKey: KeyObject;
  /** The sender's ephemeral key, SubjectPublicKeyInfo. */
  readonly originator: Buffer;
  readonly schemeOid: string;
  readonly wrapOid: string;
  readonly ukm: Buffer | null;
}

function der(tag: number, ...contents: readonly Buffer[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const head =
    length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), content]);
}

/** ECC-CMS-SharedInfo of RFC 5753 §7.2. */
function sharedInfo(oid: string, bits: number, ukm: Buffer | null): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(bits);
  const entity = ukm === null ? [] : [der(0xa0, der(0x04, ukm))];
  return der(0x30, der(0x30, Buffer.from(oid, 'hex')), ...entity, der(0xa2, der(0x04, size)));
}

/** The key that this wrapped one holds, or null when it is another's. */
export function agreedKey(agreement: Agreement, wrapped: Buffer): Buffer | null {
  const { privateKey, originator, schemeOid, wrapOid, ukm } = agreement;
  const hash = kdfHashes[schemeOid];
  const wrap = wraps[wrapOid];
  if (hash === undefined || wrap === undefined) return null;
  try {
    const publicKey = createPublicKey({ key: originator, format: 'der', type: 'spki' });
    const secret = diffieHellman({ privateKey, publicKey });
    const key = kdf(hash, secret, sharedInfo(wrap.oid, wrap.bits, ukm), wrap.bits / 8);
    const cipher = createDecipheriv(wrap.cipher, key, Buffer.alloc(8, 0xa6));
    return Buffer.concat([cipher.update(wrapped), cipher.final()]);
  } catch {
    return null;
  }
}

/** ANSI X9.63 §3.6.1, as RFC 5753 §7.1.4 names it. */
function kdf(hash: string, secret: Buffer, info: Buffer, bytes: number): Buffer {
  const blocks: Buffer[] = [];
  const counter = Buffer.alloc(4);
  for (let have = 0, n = 1; have < bytes; n += 1) {
    counter.writeUInt32BE(n);
    const block = createHash(hash).update(secret).update(counter).update(info).digest();
    blocks.push(block);
    have += block.length;
  }
  return Buffer.concat(blocks).subarray(0, bytes);
}

/**
 * The key that was sent under ours, or null. PKCS #1 v1.5 is not opened: to do so tells who asks often enough (RFC 8551
 * §2.3).
 */
export function transportedKey(
  { privateKey, oid, hashOid }: { readonly privateKey: KeyObject; readonly oid: string; readonly hashOid: string },
  encrypted: Buffer,
): Buffer | null {
  const oaepHash = oaepHashes[hashOid];
  if (oid !== ID_RSA_OAEP || oaepHash === undefined || privateKey.asymmetricKeyType !== 'rsa') return null;
  try {
    return privateDecrypt({ key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash }, encrypted);
  } catch {
    return null;
  }
}

export interface Sealed {
  readonly cipherOid: string;
  readonly iv: Buffer;
  readonly content: Buffer;
  /** Null for CBC. */
  readonly seal: { readonly tag: Buffer; readonly attributes: Buffer } | null;
}

/** The content under that key, or null: AES in CBC mode (RFC 3565 §2.1) or GCM (RFC 5084 §1.5), where a change shows. */
export function decryptContent({ cipherOid, iv, content, seal }: Sealed, key: Buffer): Buffer | null {
  const [cbc, gcm] = [cbcCiphers[cipherOid], gcmCiphers[cipherOid]];
  try {
    if (seal === null) return cbc === undefined ? null : finish(createDecipheriv(cbc, key, iv), content);
    if (gcm === undefined) return null;
    const cipher = createDecipheriv(gcm, key, iv, { authTagLength: seal.tag.length });
    cipher.setAuthTag(seal.tag);
    cipher.setAAD(seal.attributes);
    return finish(cipher, content);
  } catch {
    return null;
  }
}

function finish(cipher: Decipher, content: Buffer): Buffer {
  return Buffer.concat([cipher.update(content), cipher.final()]);
}
