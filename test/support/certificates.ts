import { webcrypto } from 'node:crypto';
import { Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  BasicConstraints,
  Certificate,
  CryptoEngine,
  Extension,
  GeneralName,
  GeneralNames,
  getCrypto,
  setEngine,
} from 'pkijs';
import type { TlsCertificate } from '../../base/tls.js';

setEngine('node', new CryptoEngine({ name: 'node', crypto: webcrypto }));

const COMMON_NAME = '2.5.4.3';
const ALT_NAME = '2.5.29.17';
const BASIC_CONSTRAINTS = '2.5.29.19';
const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const;
const DAY_MS = 86_400_000;

export interface CertificateOptions {
  /** The CN of the subject; none unless told. */
  readonly commonName?: string;
  readonly dns?: readonly string[];
  /** `sip:example.com`. */
  readonly uri?: readonly string[];
  /** IPv4 literals. */
  readonly ip?: readonly string[];
  /** From now; a day ago and in a day unless told. */
  readonly notBeforeMs?: number;
  readonly notAfterMs?: number;
}

/** An authority of one test and what it signs; PEM throughout. P-256 keys, so that a test makes one in milliseconds. */
export class TestAuthority {
  /** For the `ca` of whoever trusts it. */
  readonly cert: string;
  readonly #certificate: Certificate;
  readonly #key: webcrypto.CryptoKey;

  private constructor(certificate: Certificate, key: webcrypto.CryptoKey) {
    this.#certificate = certificate;
    this.#key = key;
    this.cert = pem('CERTIFICATE', certificate.toSchema(true).toBER());
  }

  static async create(commonName = 'Test Authority'): Promise<TestAuthority> {
    const keys = await createKeys();
    const certificate = await createCertificate({ commonName }, keys, null);
    return new TestAuthority(certificate, keys.privateKey);
  }

  /** A certificate with its key. */
  async issue(options: CertificateOptions = {}): Promise<TlsCertificate> {
    const keys = await createKeys();
    const certificate = await createCertificate(options, keys, { certificate: this.#certificate, key: this.#key });
    const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
    return { cert: pem('CERTIFICATE', certificate.toSchema(true).toBER()), key: pem('PRIVATE KEY', key) };
  }
}

interface Keys {
  readonly publicKey: webcrypto.CryptoKey;
  readonly privateKey: webcrypto.CryptoKey;
}

function createKeys(): Promise<Keys> {
  return webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<Keys>;
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

function altNames({ dns = [], uri = [], ip = [] }: CertificateOptions): GeneralName[] {
  return [
    ...dns.map((value) => new GeneralName({ type: 2, value })),
    ...uri.map((value) => new GeneralName({ type: 6, value })),
    ...ip.map((value) => {
      const valueHex = Uint8Array.from(value.split('.').map(Number)).buffer;
      return new GeneralName({ type: 7, value: new OctetString({ valueHex }) });
    }),
  ];
}

async function createCertificate(
  options: CertificateOptions,
  keys: Keys,
  issuer: { readonly certificate: Certificate; readonly key: webcrypto.CryptoKey } | null,
): Promise<Certificate> {
  const certificate = new Certificate();
  const nowMs = Date.now();
  certificate.version = 2;
  certificate.serialNumber = new Integer({ value: webcrypto.getRandomValues(new Uint32Array(1))[0]! >>> 1 });
  certificate.notBefore.value = new Date(options.notBeforeMs ?? nowMs - DAY_MS);
  certificate.notAfter.value = new Date(options.notAfterMs ?? nowMs + DAY_MS);
  if (options.commonName !== undefined) {
    const value = new Utf8String({ value: options.commonName });
    certificate.subject.typesAndValues.push(new AttributeTypeAndValue({ type: COMMON_NAME, value }));
  }
  certificate.issuer = issuer === null ? certificate.subject : issuer.certificate.subject;
  const extensions = [
    new Extension({
      extnID: BASIC_CONSTRAINTS,
      critical: true,
      extnValue: new BasicConstraints({ cA: issuer === null }).toSchema().toBER(),
    }),
  ];
  const names = altNames(options);
  if (names.length > 0) {
    const extnValue = new GeneralNames({ names }).toSchema().toBER();
    extensions.push(new Extension({ extnID: ALT_NAME, critical: false, extnValue }));
  }
  certificate.extensions = extensions;
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey, getCrypto(true));
  await certificate.sign(issuer?.key ?? keys.privateKey, 'SHA-256', getCrypto(true));
  return certificate;
}
