import { createDecipheriv, createHash, createPublicKey, diffieHellman, type KeyObject } from 'node:crypto';

/*
 * The key of an enveloped body that was agreed on by ECDH: RFC 5753 §3.1, RFC 8551 §2.3. Here rather than by pkijs,
 * which derives another key when the sender gave no user keying material, as openssl does not (test/sip/bodies).
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

const ciphers: Readonly<Record<string, string>> = {
  '2.16.840.1.101.3.4.1.2': 'aes-128-cbc',
  '2.16.840.1.101.3.4.1.22': 'aes-192-cbc',
  '2.16.840.1.101.3.4.1.42': 'aes-256-cbc',
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

/** The content under that key, or null: RFC 3565 §2.1, AES in CBC mode. */
export function decryptContent(cipherOid: string, key: Buffer, iv: Buffer, content: Buffer): Buffer | null {
  const name = ciphers[cipherOid];
  if (name === undefined) return null;
  try {
    const cipher = createDecipheriv(name, key, iv);
    return Buffer.concat([cipher.update(content), cipher.final()]);
  } catch {
    return null;
  }
}
