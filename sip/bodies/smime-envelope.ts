import { webcrypto } from 'node:crypto';
import type * as Asn1 from 'asn1js';
import type * as Pki from 'pkijs';
import { agreedKey, decryptContent, type Sealed, transportedKey } from './smime-agreement.js';
import type { PrivateKey } from './smime-keys.js';

/** GCM tells whether a body was changed on its way, CBC does not; who knows no S/MIME 4.0 reads CBC only. */
export type SmimeCipher = 'aes-128-gcm' | 'aes-256-gcm' | 'aes-128-cbc' | 'aes-256-cbc';

export const ID_ENVELOPED = '1.2.840.113549.1.7.3';
export const ID_AUTH_ENVELOPED = '1.2.840.113549.1.9.16.1.23';

/** RFC 5084 §3.2: the size that it recommends, and a whole tag. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** A tag of fewer octets is no proof (RFC 5084 §3.2). */
const MIN_TAG_BYTES = 12;

/** A CMS structure that is to be opened, whichever of the two it was. */
export interface Envelope extends Sealed {
  readonly recipients: readonly Pki.RecipientInfo[];
}

export interface Opener {
  readonly key: PrivateKey;
  readonly certificate: ArrayBuffer;
}

/** EnvelopedData (RFC 5652 §6) and AuthEnvelopedData (RFC 5083, RFC 5084), which pkijs has not. */
export class Envelopes {
  readonly #pki: typeof Pki;
  readonly #asn1: typeof Asn1;

  constructor(pki: typeof Pki, asn1: typeof Asn1) {
    this.#pki = pki;
    this.#asn1 = asn1;
  }

  /** The key goes by RSA-OAEP (SHA-256) or ECDH. */
  async seal(
    cipher: SmimeCipher,
    content: ArrayBuffer,
    certificates: readonly ArrayBuffer[],
  ): Promise<{ readonly type: string; readonly schema: unknown }> {
    const enveloped = new this.#pki.EnvelopedData();
    for (const der of certificates) {
      const certificate = this.#pki.Certificate.fromBER(der);
      enveloped.addRecipientByCertificate(certificate, { oaepHashAlgorithm: 'SHA-256', kdfAlgorithm: 'SHA-256' });
    }
    const length = cipher.startsWith('aes-128') ? 128 : 256;
    type Algorithm = Parameters<typeof enveloped.encrypt>[0];
    if (cipher.endsWith('cbc')) {
      await enveloped.encrypt({ name: 'AES-CBC', length } as Algorithm, content);
      return { type: ID_ENVELOPED, schema: enveloped.toSchema() };
    }
    // pkijs draws 16 octets of nonce, of which we take as many as RFC 5084 wants, and writes no GCMParameters.
    const engine = new this.#pki.CryptoEngine({ name: 'gcm', crypto: webcrypto as EngineCrypto });
    const encrypt = engine.encrypt.bind(engine);
    let nonce = new Uint8Array();
    let sealed: Buffer = Buffer.alloc(0);
    engine.encrypt = async (...[algorithm, key, data]: Parameters<typeof encrypt>) => {
      const { name, iv } = algorithm as { readonly name?: string; readonly iv?: Uint8Array };
      if (name !== 'AES-GCM' || iv === undefined) return encrypt(algorithm, key, data);
      nonce = iv.slice(0, NONCE_BYTES);
      const done = await encrypt({ name, iv: nonce, tagLength: TAG_BYTES * 8 }, key, data);
      sealed = Buffer.from(done);
      return done;
    };
    await enveloped.encrypt({ name: 'AES-GCM', length } as Algorithm, content, engine);
    const { algorithmId } = enveloped.encryptedContentInfo.contentEncryptionAlgorithm;
    return { type: ID_AUTH_ENVELOPED, schema: this.#authenticated(enveloped, algorithmId, nonce, sealed) };
  }

  /** RFC 5083 §2.1. Data alone needs no authenticated attributes (§2.2). */
  #authenticated(enveloped: Pki.EnvelopedData, cipherOid: string, nonce: Uint8Array, sealed: Buffer): Asn1.Sequence {
    const { Sequence, Integer, OctetString, ObjectIdentifier, Primitive, Set: Asn1Set } = this.#asn1;
    const recipients = enveloped.toSchema().valueBlock.value.find((field) => field instanceof Asn1Set);
    const [data, tag] = [sealed.subarray(0, -TAG_BYTES), sealed.subarray(-TAG_BYTES)];
    const params = new Sequence({ value: [new OctetString({ valueHex: nonce }), new Integer({ value: TAG_BYTES })] });
    const algorithm = new Sequence({ value: [new ObjectIdentifier({ value: cipherOid }), params] });
    const content = new Primitive({ idBlock: { tagClass: 3, tagNumber: 0 }, valueHex: data });
    const info = new Sequence({ value: [new ObjectIdentifier({ value: ID_DATA }), algorithm, content] });
    const version = new Integer({ value: 0 });
    return new Sequence({ value: [version, recipients!, info, new OctetString({ valueHex: tag })] });
  }

  /** Throws when the structure is not what it should be. */
  read(schema: unknown): Envelope {
    const { encryptedContentInfo, recipientInfos } = new this.#pki.EnvelopedData({ schema });
    const { algorithmId, algorithmParams } = encryptedContentInfo.contentEncryptionAlgorithm;
    return {
      recipients: recipientInfos,
      cipherOid: algorithmId,
      iv: octetsOf(algorithmParams),
      content: Buffer.from(encryptedContentInfo.getEncryptedContent()),
      seal: null,
    };
  }

  /** The same for AuthEnvelopedData: pkijs reads the parts that both have. */
  readAuthenticated(schema: unknown): Envelope {
    const { Sequence, Set: Asn1Set, OctetString } = this.#asn1;
    const fields = (schema as Asn1.Sequence).valueBlock.value;
    const at = fields.findIndex((field) => field instanceof Asn1Set);
    const shared = new Sequence({ value: [fields[0]!, fields[at]!, fields[at + 1]!] });
    const { encryptedContentInfo, recipientInfos } = new this.#pki.EnvelopedData({ schema: shared });
    const { algorithmId, algorithmParams } = encryptedContentInfo.contentEncryptionAlgorithm;
    const [nonce, length] = (algorithmParams as Asn1.Sequence).valueBlock.value;
    const rest = fields.slice(at + 2);
    const tag = octetsOf(rest.find((field) => field instanceof OctetString));
    const tagBytes = length === undefined ? MIN_TAG_BYTES : (length as Asn1.Integer).valueBlock.valueDec;
    if (tag.length !== tagBytes || tagBytes < MIN_TAG_BYTES || tagBytes > TAG_BYTES) throw new Error('bad tag');
    return {
      recipients: recipientInfos,
      cipherOid: algorithmId,
      iv: octetsOf(nonce),
      content: Buffer.from(encryptedContentInfo.getEncryptedContent()),
      seal: { tag, attributes: attributesOf(rest) },
    };
  }

  /** Null when it is for somebody else, or was changed; which of the recipients is ours is not always said. */
  open(envelope: Envelope, own: Opener): Buffer | null {
    for (const { value } of envelope.recipients) {
      for (const key of this.#keysOf(value, own)) {
        const opened = decryptContent(envelope, key);
        if (opened !== null) return opened;
      }
    }
    return null;
  }

  #keysOf(recipient: unknown, own: Opener): Buffer[] {
    try {
      if (recipient instanceof this.#pki.KeyAgreeRecipientInfo) return this.#agreedKeys(recipient, own);
      if (!(recipient instanceof this.#pki.KeyTransRecipientInfo)) return [];
      const { algorithmId, algorithmParams } = recipient.keyEncryptionAlgorithm;
      const { hashAlgorithm } = new this.#pki.RSAESOAEPParams({ schema: algorithmParams });
      const transport = { privateKey: own.key.privateKey, oid: algorithmId, hashOid: hashAlgorithm.algorithmId };
      const key = transportedKey(transport, octetsOf(recipient.encryptedKey));
      return key === null ? [] : [key];
    } catch {
      return [];
    }
  }

  /** Throws when the structure is not what it should be. */
  #agreedKeys(recipient: Pki.KeyAgreeRecipientInfo, own: Opener): Buffer[] {
    const { privateKey } = own.key;
    const [sender, wrap] = [recipient.originator.value, recipient.keyEncryptionAlgorithm.algorithmParams];
    if (privateKey.asymmetricKeyType !== 'ec' || !(sender instanceof this.#pki.OriginatorPublicKey)) return [];
    // The curve is that of our certificate, and mostly left out (RFC 5753 §3.1.1).
    const { algorithmParams } = this.#pki.Certificate.fromBER(own.certificate).subjectPublicKeyInfo.algorithm;
    const { algorithmId } = sender.algorithm;
    sender.algorithm = new this.#pki.AlgorithmIdentifier({ algorithmId, algorithmParams });
    const agreement = {
      privateKey,
      originator: Buffer.from(sender.toSchema().toBER(false)),
      schemeOid: recipient.keyEncryptionAlgorithm.algorithmId,
      wrapOid: new this.#pki.AlgorithmIdentifier({ schema: wrap }).algorithmId,
      ukm: recipient.ukm === undefined ? null : octetsOf(recipient.ukm),
    };
    const wrapped = recipient.recipientEncryptedKeys.encryptedKeys;
    return wrapped.flatMap(({ encryptedKey }) => agreedKey(agreement, octetsOf(encryptedKey)) ?? []);
  }
}

type EngineCrypto = ConstructorParameters<typeof Pki.CryptoEngine>[0]['crypto'];

const ID_DATA = '1.2.840.113549.1.7.1';

function octetsOf(value: unknown): Buffer {
  return Buffer.from((value as Asn1.OctetString).valueBlock.valueHexView);
}

/** RFC 5083 §2.2: what is authenticated beside the content, as the SET that it is without its tag. */
function attributesOf(fields: readonly Asn1.BaseBlock[]): Buffer {
  const found = fields.find(({ idBlock }) => idBlock.tagClass === 3 && idBlock.tagNumber === 1);
  if (found === undefined) return Buffer.alloc(0);
  const der = Buffer.from(found.toBER(false));
  der[0] = 0x31;
  return der;
}
