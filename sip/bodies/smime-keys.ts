import { createPrivateKey, type KeyObject, webcrypto, X509Certificate } from 'node:crypto';
import { AppError } from '../../base/errors.js';
import { parseUri, type SipUri, sipUri, type Uri } from '../uri.js';

/** A certificate or key of the application that cannot be used. */
export class SmimeKeyError extends AppError {
  readonly code = 'SMIME_KEY';
}

/** Ours: PEM texts. RSA, or EC over P-256, P-384 or P-521. */
export interface SmimeIdentity {
  readonly certificate: string;
  /** The certificates up to the root, the root left out. */
  readonly chain?: readonly string[] | undefined;
  readonly privateKey: string;
}

const curves: Readonly<Record<string, string>> = { prime256v1: 'P-256', secp384r1: 'P-384', secp521r1: 'P-521' };

/** The DER of a PEM certificate. Throws a SmimeKeyError. */
export function derOf(pem: string): ArrayBuffer {
  try {
    return bufferOf(new X509Certificate(pem).raw);
  } catch (cause) {
    throw new SmimeKeyError('not a certificate', { cause });
  }
}

/** The bytes in a buffer of their own, which is what WebCrypto and ASN.1 readers take. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

export interface PrivateKey {
  /** For signatures. */
  readonly signing: webcrypto.CryptoKey;
  /** For decryption: PKCS #8, and as it is. */
  readonly pkcs8: ArrayBuffer;
  readonly privateKey: KeyObject;
}

/** Throws a SmimeKeyError for what is no RSA or EC key. */
export async function privateKeyOf(pem: string): Promise<PrivateKey> {
  const key = readKey(pem);
  const pkcs8 = bufferOf(key.export({ type: 'pkcs8', format: 'der' }));
  const curve = curves[key.asymmetricKeyDetails?.namedCurve ?? ''];
  const algorithm =
    key.asymmetricKeyType === 'rsa'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
      : { name: 'ECDSA', namedCurve: curve ?? '' };
  if (key.asymmetricKeyType !== 'rsa' && curve === undefined) throw new SmimeKeyError('neither RSA nor a known curve');
  return {
    signing: await webcrypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign']),
    pkcs8,
    privateKey: key,
  };
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch (cause) {
    throw new SmimeKeyError('not a private key', { cause });
  }
}

/** Who a certificate speaks for. */
export interface CertificateSubject {
  /** URIs and e-mail addresses of the subjectAltName, as SIP URIs: RFC 3261 §23.1. */
  readonly addresses: readonly SipUri[];
  readonly fingerprint256: string;
  readonly subject: string;
}

/** The names that node:crypto reads in a subjectAltName; more are not looked at. */
const MAX_NAMES = 64;

export function subjectOf(der: ArrayBuffer): CertificateSubject | null {
  try {
    const certificate = new X509Certificate(Buffer.from(der));
    const names = splitNames(certificate.subjectAltName ?? '').slice(0, MAX_NAMES);
    const addresses = names.flatMap((name) => addressIn(name) ?? []);
    return { addresses, fingerprint256: certificate.fingerprint256, subject: certificate.subject };
  } catch {
    return null;
  }
}

/** Node writes `URI:sip:a@b, email:a@b, URI:"with, comma"`. */
function splitNames(text: string): string[] {
  return text.match(/(?:[^,"]|"(?:[^"\\]|\\.)*")+/g)?.map((name) => name.trim()) ?? [];
}

function addressIn(name: string): SipUri | null {
  const colon = name.indexOf(':');
  const [kind, value] = [name.slice(0, colon), name.slice(colon + 1)];
  if (kind === 'email') {
    const [user, host, more] = value.split('@');
    return user && host && more === undefined ? sipUri({ user, host }) : null;
  }
  if (kind !== 'URI') return null;
  const read = parseUri(value.replace(/^(?:im|pres):/i, 'sip:'));
  return read.ok && (read.value.scheme === 'sip' || read.value.scheme === 'sips') ? read.value : null;
}

/** RFC 3261 §23.1: user and host of the From are those of the certificate; port, parameters and scheme do not count. */
export function speaksFor({ addresses }: Pick<CertificateSubject, 'addresses'>, uri: Uri): boolean {
  if (uri.scheme !== 'sip' && uri.scheme !== 'sips') return false;
  return addresses.some(({ user, host }) => user === uri.user && host === uri.host);
}
