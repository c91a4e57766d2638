import { type KeyObject, sign, verify, X509Certificate } from 'node:crypto';
import { ecdsaSha256, p256, signatureSchemes } from './constants.js';
import { number, numbers, vector, WireReader } from './wire.js';

const NAMED_CURVE = 3;
const ECDSA_SIGN = 64;
const RSA_SIGN = 1;

/** RFC 5246 §7.4.2: the certificate of its sender, DER; null for none, or what is no list. */
export function readCertificate(body: Buffer): Buffer | null {
  const reader = new WireReader(body);
  const list = new WireReader(reader.vector(3));
  const first = list.vector(3);
  return reader.isDone && !list.isShort && first.length > 0 ? first : null;
}

export function writeCertificate(certificate: Uint8Array): Buffer {
  return vector(3, vector(3, certificate));
}

/** The key that it certifies; null where OpenSSL does not understand it. */
export function publicKeyOf(certificate: Buffer): KeyObject | null {
  try {
    return new X509Certificate(certificate).publicKey;
  } catch {
    return null;
  }
}

/** A signature with its scheme: RFC 5246 §4.7. */
export interface Signed {
  readonly scheme: number;
  readonly signature: Buffer;
}

function readSigned(reader: WireReader): Signed {
  return { scheme: reader.number(2), signature: reader.vector(2) };
}

function writeSigned(bytes: Uint8Array, key: KeyObject): Buffer {
  return Buffer.concat([number(ecdsaSha256, 2), vector(2, sign('sha256', bytes, key))]);
}

/** Is it of that key, by a scheme that we offered? */
export function isSigned(bytes: Uint8Array, { scheme, signature }: Signed, key: KeyObject): boolean {
  const known = signatureSchemes.get(scheme);
  if (known === undefined || key.asymmetricKeyType !== known.keyType) return false;
  try {
    return verify(known.hash, bytes, key, signature);
  } catch {
    return false;
  }
}

/** RFC 8422 §5.4. `params` is what is signed, behind both randoms. */
export interface ServerKeyExchange extends Signed {
  readonly point: Buffer;
  readonly params: Buffer;
}

/** Null for another curve than P-256, or what is none. */
export function readServerKeyExchange(body: Buffer): ServerKeyExchange | null {
  const reader = new WireReader(body);
  const isCurve = reader.number(1) === NAMED_CURVE && reader.number(2) === p256;
  const point = reader.vector(1);
  const params = body.subarray(0, body.length - reader.left);
  const signed = readSigned(reader);
  return isCurve && reader.isDone ? { point, params, ...signed } : null;
}

/** @param randoms  both, the client's first */
export function writeServerKeyExchange(point: Uint8Array, randoms: Uint8Array, key: KeyObject): Buffer {
  const params = Buffer.concat([number(NAMED_CURVE, 1), number(p256, 2), vector(1, point)]);
  return Buffer.concat([params, writeSigned(Buffer.concat([randoms, params]), key)]);
}

/** RFC 5246 §7.4.4: any certificate will do, its fingerprint counts. */
export function writeCertificateRequest(): Buffer {
  const types = vector(1, number(ECDSA_SIGN, 1), number(RSA_SIGN, 1));
  return Buffer.concat([types, vector(2, numbers([...signatureSchemes.keys()])), vector(2)]);
}

/** RFC 8422 §5.7: a point; null for what is none. */
export function readClientKeyExchange(body: Buffer): Buffer | null {
  const reader = new WireReader(body);
  const point = reader.vector(1);
  return reader.isDone ? point : null;
}

export function writeClientKeyExchange(point: Uint8Array): Buffer {
  return vector(1, point);
}

/** RFC 5246 §7.4.8. */
export function readCertificateVerify(body: Buffer): Signed | null {
  const reader = new WireReader(body);
  const signed = readSigned(reader);
  return reader.isDone ? signed : null;
}

export function writeCertificateVerify(transcript: Uint8Array, key: KeyObject): Buffer {
  return writeSigned(transcript, key);
}

/** RFC 6347 §4.2.1; null for what is none. */
export function readHelloVerifyRequest(body: Buffer): Buffer | null {
  const reader = new WireReader(body);
  reader.number(2);
  const cookie = reader.vector(1);
  return reader.isDone ? cookie : null;
}
