import { webcrypto } from 'node:crypto';
import type * as Asn1 from 'asn1js';
import type * as Pki from 'pkijs';
import type { Clock } from '../../base/clock.js';
import { AppError, fault, messageOf, type Parsed, parsed } from '../../base/errors.js';
import type { Uri } from '../uri.js';
import { type BodyPart, joinParts, type NewPart, parsePart, serializePart } from './multipart.js';
import { type Envelope, Envelopes, ID_AUTH_ENVELOPED, ID_ENVELOPED, type SmimeCipher } from './smime-envelope.js';
import {
  bufferOf,
  type CertificateSubject,
  derOf,
  type PrivateKey,
  privateKeyOf,
  type SmimeIdentity,
  speaksFor,
  subjectOf,
} from './smime-keys.js';

export interface SmimeLimits {
  /** Of a body that is opened. */
  readonly maxBytes: number;
  /** Certificates in a signature. */
  readonly maxCertificates: number;
  /** Those a body is encrypted for. */
  readonly maxRecipients: number;
}

export const defaultSmimeLimits: SmimeLimits = { maxBytes: 65_535, maxCertificates: 8, maxRecipients: 32 };

export interface SmimeOptions {
  readonly clock: Pick<Clock, 'epochMs'>;
  /** For `sign` and `decrypt`. */
  readonly identity?: SmimeIdentity | undefined;
  /** PEM certificates of those we believe, for `verify`. */
  readonly trusted?: readonly string[] | undefined;
  readonly limits?: Partial<SmimeLimits> | undefined;
}

export type SmimeFault =
  /** Not a body of that kind. */
  | 'not-smime'
  | 'bad-structure'
  | 'over-limit'
  /** The signature is not that of the content. */
  | 'bad-signature'
  /** No chain leads to a trusted certificate now. */
  | 'untrusted'
  /** The certificate is another user's (RFC 3261 §23.1). */
  | 'wrong-identity'
  /** Not encrypted for us, or not with what we can undo. */
  | 'undecipherable';

/** A signature that holds. */
export interface Signed {
  /** What was signed. */
  readonly content: BodyPart;
  readonly signer: CertificateSubject;
}

/** A call that needs an identity, of an Smime that was made without one. */
export class NoSmimeIdentityError extends AppError {
  readonly code = 'NO_SMIME_IDENTITY';
}

/** A body and the fields that go with it: for requests, responses and `serializePart`. */
export interface SmimeBody {
  readonly contentType: string;
  readonly body: Buffer;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

const ID_DATA = '1.2.840.113549.1.7.1';
const ID_SIGNED = '1.2.840.113549.1.7.2';
const ID_CONTENT_TYPE = '1.2.840.113549.1.9.3';
const ID_MESSAGE_DIGEST = '1.2.840.113549.1.9.4';
const ID_SIGNING_TIME = '1.2.840.113549.1.9.5';

/** Loads what S/MIME needs, which the rest of the library does without. Throws a SmimeKeyError for unusable keys. */
export async function createSmime(options: SmimeOptions): Promise<Smime> {
  const [pki, asn1] = await Promise.all([import('pkijs'), import('asn1js')]);
  const { identity } = options;
  const own =
    identity === undefined
      ? null
      : {
          key: await privateKeyOf(identity.privateKey),
          ders: [identity.certificate, ...(identity.chain ?? [])].map(derOf),
        };
  return new Smime({ pki, asn1, own, options });
}

interface Parts {
  readonly pki: typeof Pki;
  readonly asn1: typeof Asn1;
  /** The first of `ders` is our certificate. */
  readonly own: { readonly key: PrivateKey; readonly ders: readonly ArrayBuffer[] } | null;
  readonly options: SmimeOptions;
}

/**
 * Signs, verifies, encrypts and decrypts bodies: RFC 8551 as RFC 3261 §23 uses it. SHA-256 with RSA or ECDSA; AES in GCM
 * or CBC with its key by RSA-OAEP (SHA-256) or ECDH. Of what a peer sends nothing throws. The randomness is that
 * of WebCrypto, which takes no other. Parts that are signed are sent in the form in which they were signed.
 */
export class Smime {
  readonly #pki: typeof Pki;
  readonly #asn1: typeof Asn1;
  readonly #own: Parts['own'];
  readonly #options: SmimeOptions;
  readonly #limits: SmimeLimits;
  readonly #trusted: readonly Pki.Certificate[];
  readonly #envelopes: Envelopes;

  /** See createSmime. */
  constructor({ pki, asn1, own, options }: Parts) {
    this.#pki = pki;
    this.#asn1 = asn1;
    this.#own = own;
    this.#options = options;
    this.#envelopes = new Envelopes(pki, asn1);
    this.#limits = { ...defaultSmimeLimits, ...options.limits };
    this.#trusted = (options.trusted ?? []).map((pem) => pki.Certificate.fromBER(derOf(pem)));
  }

  /** RFC 8551 §3.5.3: multipart/signed, which those that know no S/MIME can still read. */
  async signDetached(part: NewPart): Promise<SmimeBody> {
    const content = serializePart(part);
    const signature = serializePart({
      contentType: 'application/pkcs7-signature;name=smime.p7s',
      headers: [
        ['Content-Transfer-Encoding', 'binary'],
        ['Content-Disposition', 'attachment;handling=required;filename=smime.p7s'],
      ],
      body: await this.#signature(content, true),
    });
    const params = { protocol: 'application/pkcs7-signature', micalg: 'sha-256' };
    return { ...joinParts('signed', [content, signature], params), headers: [] };
  }

  /** RFC 8551 §3.5.2: application/pkcs7-mime with the content inside. */
  async sign(part: NewPart): Promise<SmimeBody> {
    return enclosed('signed-data', await this.#signature(serializePart(part), false));
  }

  /**
   * RFC 8551 §3.3, §3.4: for the holders of these PEM certificates. AES-256 in GCM unless told. Throws a SmimeKeyError.
   */
  async encrypt(
    part: NewPart,
    recipients: readonly string[],
    { cipher = 'aes-256-gcm' }: { readonly cipher?: SmimeCipher | undefined } = {},
  ): Promise<SmimeBody> {
    const { type, schema } = await this.#envelopes.seal(cipher, bufferOf(serializePart(part)), recipients.map(derOf));
    return enclosed(type === ID_ENVELOPED ? 'enveloped-data' : 'authEnveloped-data', this.#wrap(type, schema));
  }

  /**
   * The content of a multipart/signed or of a pkcs7-mime with signed data, when its signature holds, its certificate
   * is trusted, and, with `from`, speaks for that URI.
   */
  async verify(part: BodyPart, from?: Uri | undefined): Promise<Parsed<Signed, SmimeFault>> {
    if (part.body.length > this.#limits.maxBytes) return fault('over-limit');
    const detached = part.contentType.type === 'multipart/signed';
    if (!detached && !isPkcs7(part, 'signed-data')) return fault('not-smime');
    const [content, signature] = part.parts;
    if (detached && (content === undefined || !isSignature(signature) || part.parts.length !== 2)) {
      return fault('bad-structure');
    }
    const signed = this.#read(
      detached ? signature!.body : part.body,
      ID_SIGNED,
      (schema) => new this.#pki.SignedData({ schema }),
    );
    if (signed === null || signed.signerInfos.length !== 1) return fault('bad-structure');
    if ((signed.certificates?.length ?? 0) > this.#limits.maxCertificates) return fault('over-limit');
    const enclosedContent = signed.encapContentInfo.eContent?.getValue();
    if (!detached && enclosedContent === undefined) return fault('bad-structure');
    const data = detached ? bufferOf(content!.raw) : undefined;
    const signer = await this.#check(signed, data);
    if (!signer.ok) return signer;
    if (from !== undefined && !speaksFor(signer.value, from)) return fault('wrong-identity');
    const inside = detached ? parsed(content!) : parsePart(Buffer.from(enclosedContent ?? new ArrayBuffer(0)));
    return inside.ok ? parsed({ content: inside.value, signer: signer.value }) : fault('bad-structure');
  }

  /** The content of a pkcs7-mime that was encrypted for us. Throws a NoSmimeIdentityError. */
  async decrypt(part: BodyPart): Promise<Parsed<BodyPart, SmimeFault>> {
    const own = this.#identity();
    if (part.body.length > this.#limits.maxBytes) return fault('over-limit');
    const envelope = this.#envelopeIn(part);
    if (envelope === undefined) return fault('not-smime');
    if (envelope === null) return fault('bad-structure');
    if (envelope.recipients.length > this.#limits.maxRecipients) return fault('over-limit');
    const opened = this.#envelopes.open(envelope, { key: own.key, certificate: own.ders[0]! });
    if (opened === null) return fault('undecipherable');
    const content = parsePart(opened);
    return content.ok ? content : fault('bad-structure');
  }

  /** Undefined for another type of body, null for a broken one. */
  #envelopeIn(part: BodyPart): Envelope | null | undefined {
    const [plain, authenticated] = [isPkcs7(part, 'enveloped-data'), isPkcs7(part, 'authenveloped-data')];
    if (!plain && !authenticated) return undefined;
    const read = (schema: unknown): Envelope => this.#envelopes.read(schema);
    const readAuthenticated = (schema: unknown): Envelope => this.#envelopes.readAuthenticated(schema);
    // What carries no smime-type says by its structure which it is.
    const found = plain ? this.#read(part.body, ID_ENVELOPED, read) : null;
    return found ?? (authenticated ? this.#read(part.body, ID_AUTH_ENVELOPED, readAuthenticated) : null);
  }

  #identity(): NonNullable<Parts['own']> {
    if (this.#own === null) throw new NoSmimeIdentityError('no certificate and private key were given');
    return this.#own;
  }

  async #signature(content: Buffer, detached: boolean): Promise<Buffer> {
    const { key, ders } = this.#identity();
    const pki = this.#pki;
    const asn1 = this.#asn1;
    const certificates = ders.map((der) => pki.Certificate.fromBER(der));
    const [own] = certificates;
    const data = bufferOf(content);
    const digest = await webcrypto.subtle.digest('SHA-256', data);
    const attribute = (type: string, value: unknown) => new pki.Attribute({ type, values: [value] });
    const signed = new pki.SignedData({
      version: 1,
      encapContentInfo: new pki.EncapsulatedContentInfo({
        eContentType: ID_DATA,
        ...(detached ? {} : { eContent: new asn1.OctetString({ valueHex: data }) }),
      }),
      signerInfos: [
        new pki.SignerInfo({
          version: 1,
          sid: new pki.IssuerAndSerialNumber({ issuer: own!.issuer, serialNumber: own!.serialNumber }),
          // In the order of their encodings, as DER wants the members of a set (RFC 5652 §5.4).
          signedAttrs: new pki.SignedAndUnsignedAttributes({
            type: 0,
            attributes: [
              attribute(ID_CONTENT_TYPE, new asn1.ObjectIdentifier({ value: ID_DATA })),
              attribute(ID_SIGNING_TIME, new asn1.UTCTime({ valueDate: new Date(this.#options.clock.epochMs()) })),
              attribute(ID_MESSAGE_DIGEST, new asn1.OctetString({ valueHex: digest })),
            ],
          }),
        }),
      ],
      certificates,
    });
    await signed.sign(key.signing, 0, 'SHA-256', data);
    return this.#wrap(ID_SIGNED, signed.toSchema(true));
  }

  #wrap(contentType: string, content: unknown): Buffer {
    return Buffer.from(new this.#pki.ContentInfo({ contentType, content }).toSchema().toBER(false));
  }

  /** The CMS structure of that type, or null. */
  #read<T>(der: Buffer, type: string, read: (schema: unknown) => T): T | null {
    try {
      const info = this.#pki.ContentInfo.fromBER(bufferOf(der));
      return info.contentType === type ? read(info.content) : null;
    } catch {
      return null;
    }
  }

  async #check(
    signed: Pki.SignedData,
    data: ArrayBuffer | undefined,
  ): Promise<Parsed<CertificateSubject, 'bad-signature' | 'untrusted' | 'bad-structure'>> {
    try {
      const result = await signed.verify({
        signer: 0,
        ...(data === undefined ? {} : { data }),
        trustedCerts: [...this.#trusted],
        checkDate: new Date(this.#options.clock.epochMs()),
        checkChain: true,
        extendedMode: true,
      });
      if (result.signatureVerified !== true) return fault('bad-signature');
      if (result.signerCertificateVerified !== true || !result.signerCertificate) return fault('untrusted');
      const subject = subjectOf(result.signerCertificate.toSchema(true).toBER(false));
      return subject === null ? fault('bad-structure') : parsed(subject);
    } catch (error) {
      // The chain is checked before the signature: its fault is the one that says so.
      const failed = error as { readonly signerCertificateVerified?: unknown; readonly code?: unknown };
      const isChain = failed.signerCertificateVerified === false || /chain|certificate/i.test(messageOf(error));
      return fault(isChain ? 'untrusted' : 'bad-signature');
    }
  }
}

function enclosed(type: 'signed-data' | 'enveloped-data' | 'authEnveloped-data', body: Buffer): SmimeBody {
  return {
    contentType: `application/pkcs7-mime;smime-type=${type};name=smime.p7m`,
    body,
    headers: [
      ['Content-Transfer-Encoding', 'binary'],
      ['Content-Disposition', 'attachment;handling=required;filename=smime.p7m'],
    ],
  };
}

/** `application/x-pkcs7-mime` is the name of before RFC 2633. */
function isPkcs7({ contentType: { type, params } }: BodyPart, kind: string): boolean {
  if (type !== 'application/pkcs7-mime' && type !== 'application/x-pkcs7-mime') return false;
  return (params.get('smime-type')?.toLowerCase() ?? kind) === kind;
}

function isSignature(part: BodyPart | undefined): boolean {
  const type = part?.contentType.type;
  return type === 'application/pkcs7-signature' || type === 'application/x-pkcs7-signature';
}
