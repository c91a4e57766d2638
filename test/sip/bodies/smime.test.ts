import { createCipheriv } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as asn1js from 'asn1js';
import * as pkijs from 'pkijs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { wholePart } from '../../../sip/bodies/body-parts.js';
import { type BodyPart, parsePart, serializePart } from '../../../sip/bodies/multipart.js';
import { createSmime, type Smime, type SmimeBody } from '../../../sip/bodies/smime.js';
import { decryptContent } from '../../../sip/bodies/smime-agreement.js';
import { Envelopes } from '../../../sip/bodies/smime-envelope.js';
import { derOf, SmimeKeyError } from '../../../sip/bodies/smime-keys.js';
import { parseMessage } from '../../../sip/parse/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { sipUri } from '../../../sip/uri.js';
import { rootDir } from '../../support/dist.js';
import { valueIn } from '../../support/message-with.js';
import { hasOpenSsl, OpenSsl } from '../../support/openssl.js';
import { sampleRequest } from '../../support/sample-request.js';

const SDP = { contentType: 'application/sdp', body: Buffer.from('v=0\r\no=alice 1 1 IN IP4 a\r\ns=-\r\n') };
const aliceUri = sipUri({ user: 'alice', host: 'atlanta.example', port: 5070 });
const now = { epochMs: () => Date.now() };

/** The body after a way over the wire. */
function travelled({ contentType, body, headers }: SmimeBody): BodyPart {
  const fields = [['Content-Type', contentType], ...headers] as [string, string][];
  const request = sampleRequest('MESSAGE', { headers: fields, body, sentBy: { host: 'h' } });
  const read = parseMessage(serializeMessage(request));
  if (!read.ok) throw new Error(read.fault);
  return valueIn(wholePart(read.value));
}

const ciphers = ['aes-128-gcm', 'aes-256-gcm', 'aes-128-cbc', 'aes-256-cbc'] as const;
const withOpenSsl = hasOpenSsl();

// The certificates are made by openssl, and it is the judge of what we write.
describe.skipIf(!withOpenSsl)('RFC 8551', () => {
  let openssl: OpenSsl;
  let alice: { certificate: string; privateKey: string };
  let bob: typeof alice;
  let carol: typeof alice;
  let ofAlice: Smime;
  let ofBob: Smime;
  let ofCarol: Smime;

  beforeAll(async () => {
    openssl = new OpenSsl();
    alice = openssl.issue('alice', 'URI:sip:alice@atlanta.example');
    bob = openssl.issue('bob', 'email:bob@biloxi.example');
    carol = openssl.issue('carol', 'URI:im:carol@chicago.example', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    const trusted = [openssl.text('ca.pem')];
    ofAlice = await createSmime({ clock: now, identity: alice, trusted });
    ofBob = await createSmime({ clock: now, identity: bob, trusted });
    ofCarol = await createSmime({ clock: now, identity: carol, trusted });
  }, 60_000);

  afterAll(() => openssl.close());

  describe('signatures', () => {
    test('RFC 8551 §3.5.3 multipart/signed: verified, and its signer is who the From says', async () => {
      const part = travelled(await ofAlice.signDetached(SDP));
      expect(part.contentType.type).toBe('multipart/signed');
      const read = valueIn(await ofBob.verify(part, aliceUri));
      expect([read.content.contentType.type, read.content.body]).toEqual(['application/sdp', SDP.body]);
      expect(read.signer.addresses).toMatchObject([{ user: 'alice', host: 'atlanta.example' }]);
    });

    test('RFC 8551 §3.5.2 signed-data, by RSA and by ECDSA', async () => {
      for (const [signer, uri] of [
        [ofAlice, aliceUri],
        [ofCarol, sipUri({ user: 'carol', host: 'chicago.example' })],
      ] as const) {
        const read = valueIn(await ofBob.verify(travelled(await signer.sign(SDP)), uri));
        expect(read.content.body).toEqual(SDP.body);
      }
    });

    test('RFC 3261 §23.1 a certificate of another user is told', async () => {
      const part = travelled(await ofAlice.sign(SDP));
      expect(await ofBob.verify(part, sipUri({ user: 'mallory', host: 'atlanta.example' }))).toMatchObject({
        fault: 'wrong-identity',
      });
      const byMail = travelled(await ofBob.sign(SDP));
      expect((await ofAlice.verify(byMail, sipUri({ user: 'bob', host: 'biloxi.example' }))).ok).toBe(true);
    });

    test('RFC 5652 §5.4 one changed octet is told', async () => {
      const signed = await ofAlice.signDetached(SDP);
      const changed = { ...signed, body: Buffer.from(signed.body) };
      changed.body[changed.body.indexOf('v=0') + 2] = 0x31;
      expect(await ofBob.verify(travelled(changed))).toMatchObject({ fault: 'bad-signature' });
      const inside = await ofAlice.sign(SDP);
      inside.body[inside.body.indexOf('v=0') + 2] = 0x31;
      expect(await ofBob.verify(travelled(inside))).toMatchObject({ fault: 'bad-signature' });
    });

    test('RFC 5280 §6.1 without a chain to a trusted certificate, or after its time, nothing is believed', async () => {
      const part = travelled(await ofAlice.signDetached(SDP));
      const stranger = await createSmime({ clock: now, trusted: [bob.certificate] });
      expect(await stranger.verify(part)).toMatchObject({ fault: 'untrusted' });
      const late = await createSmime({
        clock: { epochMs: () => Date.now() + 20 * 86_400_000 },
        trusted: [openssl.text('ca.pem')],
      });
      expect(await late.verify(part)).toMatchObject({ fault: 'untrusted' });
    });

    test('openssl accepts ours', async () => {
      const [content, signature] = travelled(await ofAlice.signDetached(SDP)).parts;
      openssl.write('content', content!.raw);
      openssl.write('signature.der', signature!.body);
      const judge = ['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', 'ca.pem', '-purpose', 'any'];
      const detached = openssl.run([...judge, '-in', 'signature.der', '-content', 'content']);
      expect(detached.equals(serializePart(SDP))).toBe(true);
      for (const [name, signer] of [
        ['rsa', ofAlice],
        ['ec', ofCarol],
      ] as const) {
        openssl.write(`${name}.der`, (await signer.sign(SDP)).body);
        const enclosed = openssl.run([...judge, '-in', `${name}.der`]);
        expect(enclosed.equals(serializePart(SDP))).toBe(true);
      }
    });

    test('we accept openssl’s', async () => {
      openssl.write('content', serializePart(SDP));
      const who = ['-signer', 'alice.pem', '-inkey', 'alice.key'];
      openssl.run(['cms', '-sign', '-binary', '-in', 'content', ...who, '-outform', 'SMIME', '-out', 'theirs.eml']);
      const detached = valueIn(parsePart(withCrlf(openssl.read('theirs.eml'))));
      expect(detached.contentType.type).toBe('multipart/signed');
      // openssl writes the signature in base64, which SIP does not use (RFC 3261 §23.3).
      const decoded = { ...detached, parts: detached.parts.map(fromBase64) };
      expect(valueIn(await ofBob.verify(decoded, aliceUri)).content.body).toEqual(SDP.body);
      openssl.run([
        'cms',
        '-sign',
        '-binary',
        '-nodetach',
        '-in',
        'content',
        ...who,
        '-outform',
        'DER',
        '-out',
        'theirs.der',
      ]);
      const body = openssl.read('theirs.der');
      const enclosed = travelled({ contentType: 'application/pkcs7-mime;smime-type=signed-data', body, headers: [] });
      expect(valueIn(await ofBob.verify(enclosed, aliceUri)).content.body).toEqual(SDP.body);
    });
  });

  describe('encryption', () => {
    test.each(ciphers)(
      'RFC 8551 §3.3, §3.4 for several, by RSA-OAEP and ECDH; nobody else can read it: %s',
      async (cipher) => {
        const body = await ofAlice.encrypt(SDP, [bob.certificate, carol.certificate], { cipher });
        const isAuthenticated = cipher.endsWith('gcm');
        expect(body.contentType.includes('smime-type=authEnveloped-data')).toBe(isAuthenticated);
        expect(body.body.includes('v=0')).toBe(false);
        expect(valueIn(await ofBob.decrypt(travelled(body))).body).toEqual(SDP.body);
        expect(valueIn(await ofCarol.decrypt(travelled(body))).body).toEqual(SDP.body);
        expect(await ofAlice.decrypt(travelled(body))).toMatchObject({ fault: 'undecipherable' });
      },
    );

    test('RFC 5083 §2 one changed octet of content, tag or nonce, and a short tag, are told', async () => {
      const { body, ...rest } = await ofAlice.encrypt(SDP, [bob.certificate]);
      const gcm = body.indexOf(Buffer.from('060960864801650304012e', 'hex'));
      // AlgorithmIdentifier, GCMParameters, then the nonce; the tag is the last field.
      for (const at of [gcm + 11 + 4, gcm + 11 + 30, body.length - 1]) {
        const changed = Buffer.from(body);
        changed[at] = changed[at]! ^ 1;
        expect(await ofBob.decrypt(travelled({ ...rest, body: changed }))).toMatchObject({ fault: 'undecipherable' });
      }
      const short = Buffer.from(body);
      short[gcm + 11 + 2 + 14 + 2] = 4;
      expect(await ofBob.decrypt(travelled({ ...rest, body: short }))).toMatchObject({ fault: 'bad-structure' });
    });

    test.each(ciphers)('no changed or missing octet of it makes the reader throw: %s', async (cipher) => {
      const { body, ...rest } = await ofAlice.encrypt(SDP, [bob.certificate, carol.certificate], { cipher });
      const part = travelled({ ...rest, body });
      for (let at = 0; at < body.length; at += 11) {
        const changed = Buffer.from(body);
        changed[at] = changed[at]! ^ (1 << (at % 8));
        for (const bytes of at % 33 === 0 ? [changed, body.subarray(0, at)] : [changed]) {
          const read = await ofCarol.decrypt({ ...part, body: bytes });
          if (!read.ok) expect(['bad-structure', 'undecipherable', 'over-limit']).toContain(read.fault);
        }
      }
    });

    test('RFC 5083 §2.2 attributes are authenticated as a SET', async () => {
      const envelopes = new Envelopes(pkijs, asn1js);
      const { schema } = await envelopes.seal('aes-128-gcm', new ArrayBuffer(1), [derOf(bob.certificate)]);
      const fields = (schema as asn1js.Sequence).valueBlock.value;
      const time = Buffer.from('300d06092a864886f70d0109053100', 'hex');
      const attributes = asn1js.fromBER(Buffer.concat([Buffer.from([0xa1, time.length]), time])).result;
      const value = [...fields.slice(0, 3), attributes, fields[3]!];
      const read = envelopes.readAuthenticated(new asn1js.Sequence({ value }));
      const set = Buffer.concat([Buffer.from([0x31, time.length]), time]);
      expect(read.seal?.attributes).toEqual(set);
      const [key, iv] = [Buffer.alloc(16, 1), Buffer.alloc(12, 2)];
      const cipher = createCipheriv('aes-128-gcm', key, iv).setAAD(set);
      const content = Buffer.concat([cipher.update('x'), cipher.final()]);
      const sealed = { ...read, iv, content, seal: { tag: cipher.getAuthTag(), attributes: set } };
      expect(String(decryptContent(sealed, key))).toBe('x');
      const without = { tag: cipher.getAuthTag(), attributes: Buffer.alloc(0) };
      expect(decryptContent({ ...sealed, seal: without }, key)).toBeNull();
    });

    test('RFC 8551 §3.7 signed, then encrypted', async () => {
      const signed = await ofAlice.signDetached(SDP);
      const part = valueIn(await ofBob.decrypt(travelled(await ofAlice.encrypt(signed, [bob.certificate]))));
      expect(valueIn(await ofBob.verify(part, aliceUri)).content.body).toEqual(SDP.body);
    });

    test.each(ciphers)('RFC 8551 §2.7 openssl decrypts ours: %s', async (cipher) => {
      for (const [name, { certificate }] of [
        ['bob', bob],
        ['carol', carol],
      ] as const) {
        openssl.write(`for-${name}.der`, (await ofAlice.encrypt(SDP, [certificate], { cipher })).body);
        const who = ['-recip', `${name}.pem`, '-inkey', `${name}.key`];
        const content = openssl.run(['cms', '-decrypt', '-inform', 'DER', '-in', `for-${name}.der`, ...who]);
        expect(content.equals(serializePart(SDP))).toBe(true);
      }
    });

    test.each(ciphers)('RFC 8551 §2.7 we decrypt openssl’s: %s', async (cipher) => {
      openssl.write('content', serializePart(SDP));
      const cases = [
        [ofBob, ['-recip', 'bob.pem', '-keyopt', 'rsa_padding_mode:oaep', '-keyopt', 'rsa_oaep_md:sha256']],
        [ofCarol, ['-recip', 'carol.pem', '-keyopt', 'ecdh_kdf_md:sha256']],
      ] as const;
      for (const [reader, recipient] of cases) {
        openssl.run([
          'cms',
          '-encrypt',
          '-binary',
          `-${cipher}`,
          '-in',
          'content',
          ...recipient,
          '-outform',
          'DER',
          '-out',
          'enc.der',
        ]);
        const body = openssl.read('enc.der');
        const type = cipher.endsWith('gcm') ? 'authEnveloped-data' : 'enveloped-data';
        for (const params of [`;smime-type=${type}`, '']) {
          const part = travelled({ contentType: `application/pkcs7-mime${params}`, body, headers: [] });
          expect(valueIn(await reader.decrypt(part)).body).toEqual(SDP.body);
        }
      }
    });
  });

  test('what is no S/MIME, broken or too large is a fault', async () => {
    const plain = travelled({ contentType: 'text/plain', body: Buffer.from('x'), headers: [] });
    expect([await ofBob.verify(plain), await ofBob.decrypt(plain)]).toMatchObject([
      { fault: 'not-smime' },
      { fault: 'not-smime' },
    ]);
    for (const body of [
      Buffer.from('x'),
      Buffer.from('3003020100', 'hex'),
      (await ofAlice.sign(SDP)).body.subarray(0, 90),
    ]) {
      for (const type of ['signed-data', 'enveloped-data']) {
        const part = travelled({ contentType: `application/pkcs7-mime;smime-type=${type}`, body, headers: [] });
        const read = type === 'signed-data' ? await ofBob.verify(part) : await ofBob.decrypt(part);
        expect(read).toMatchObject({ ok: false, fault: 'bad-structure' });
      }
    }
    const small = await createSmime({ clock: now, identity: bob, limits: { maxBytes: 100 } });
    expect(await small.verify(travelled(await ofAlice.sign(SDP)))).toMatchObject({ fault: 'over-limit' });
    const few = await createSmime({ clock: now, identity: bob, limits: { maxRecipients: 1, maxCertificates: 0 } });
    const two = travelled(await ofAlice.encrypt(SDP, [bob.certificate, carol.certificate]));
    expect(await few.decrypt(two)).toMatchObject({ fault: 'over-limit' });
    expect(await few.verify(travelled(await ofAlice.sign(SDP)))).toMatchObject({ fault: 'over-limit' });
  });

  test('keys of ours that cannot be used are refused at once', async () => {
    await expect(createSmime({ clock: now, trusted: ['x'] })).rejects.toThrow(SmimeKeyError);
    const identity = { certificate: alice.certificate, privateKey: 'x' };
    await expect(createSmime({ clock: now, identity })).rejects.toThrow(SmimeKeyError);
    const without = await createSmime({ clock: now });
    await expect(without.sign(SDP)).rejects.toThrow('no certificate');
    await expect(ofAlice.encrypt(SDP, ['x'])).rejects.toThrow(SmimeKeyError);
  });
});

test('the library loads pkijs only when S/MIME is asked for', () => {
  const folder = join(rootDir, 'sip');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const loading = files.filter((name) =>
    /^import (?!type\b).*'(?:pkijs|asn1js)'/m.test(readFileSync(join(folder, name), 'utf8')),
  );
  expect(loading).toEqual([]);
});

function withCrlf(data: Buffer): Buffer {
  return Buffer.from(data.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
}

function fromBase64(part: BodyPart): BodyPart {
  if (part.headers.get('content-transfer-encoding') !== 'base64') return part;
  return { ...part, body: Buffer.from(part.body.toString(), 'base64') };
}
