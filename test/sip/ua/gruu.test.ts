import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { contacts } from '../../../sip/headers.js';
import { Gruus, isGruu } from '../../../sip/ua/gruu.js';
import { parseUri, type SipUri, serializeUri, sipUri, type Uri } from '../../../sip/uri.js';
import { bobsAor, RegistrarBench } from '../../support/registrar-bench.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import type { Agent } from '../../support/ua-bench.js';

const instanceId = 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6';
const instance = `<${instanceId}>`;
const callee = sipUri({ user: 'callee', host: 'example.com' });
const gruus = new Gruus({ random: createSeededRandom(5) });

function uriOf(text: string): Uri {
  const read = parseUri(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

describe('RFC 5627 §3.1', () => {
  test('RFC 5627 §3.1.1 a public GRUU is the address of record with the instance in gr', () => {
    const uri = gruus.publicGruu(callee, instance);
    expect(serializeUri(uri)).toBe(`sip:callee@example.com;gr=${instanceId}`);
    expect(gruus.read(uri)).toEqual({ kind: 'public', user: 'callee', host: 'example.com', instance: instanceId });
  });

  test('RFC 5627 §3.1.1 an instance that is no URN is not written out', () => {
    expect(serializeUri(gruus.publicGruu(callee, '<kitchen phone>'))).toMatch(
      /^sip:callee@example\.com;gr=[0-9a-f]{32}$/,
    );
  });

  test('RFC 5627 §3.1.2 temporary GRUUs are all different, hide who it is, and can be read here alone', () => {
    const made = [1, 2, 3].map(() => gruus.temporaryGruu(callee, instance, 'call')!);
    expect(new Set(made.map(serializeUri)).size).toBe(3);
    for (const uri of made) {
      expect(serializeUri(uri)).toMatch(/^sip:tgruu\.[\w-]+@example\.com;gr$/);
      expect(serializeUri(uri)).not.toContain('callee');
      const read = gruus.read(uriOf(serializeUri(uri)));
      expect(read).toMatchObject({ kind: 'temporary', user: 'callee', host: 'example.com' });
      expect(new Gruus({ random: createSeededRandom(6) }).read(uri)).toBeNull();
      expect(gruus.read({ ...uri, host: 'example.org' })).toBeNull();
    }
    expect(gruus.instanceMark(instance, 'call')).not.toBe(gruus.instanceMark(instance, 'another call'));
  });

  test('RFC 5627 §3.1.2 with the same key a registrar reads them after a restart', () => {
    const key = Buffer.alloc(32, 7);
    const uri = new Gruus({ random: createSeededRandom(1), key }).temporaryGruu(callee, instance, 'c')!;
    expect(new Gruus({ random: createSeededRandom(2), key }).read(uri)).toMatchObject({ user: 'callee' });
  });

  test('a temporary GRUU leads back for every user, and no changed one means anything', () => {
    const users = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' });
    fc.assert(
      fc.property(users, fc.nat(200), fc.nat(63), (user, at, shift) => {
        const aor = sipUri({ user, host: 'example.com' });
        const uri = gruus.temporaryGruu(aor, instance, 'c');
        if (uri === null) return Buffer.byteLength(user) > 255;
        const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
        const token = uri.user!.slice(6);
        const index = at % token.length;
        const changed = `${token.slice(0, index)}${letters[shift]}${token.slice(index + 1)}`;
        const other = gruus.read({ ...uri, user: `tgruu.${changed}` });
        return gruus.read(uri)?.user === user && (changed === token || other === null);
      }),
    );
  });

  test('what is no GRUU of ours is none', () => {
    const others = [
      'sip:callee@example.com',
      'sip:example.com;gr',
      'sip:callee@example.com;gr',
      'tel:+49',
      'sip:tgruu.@h;gr',
    ];
    for (const text of others) expect(gruus.read(uriOf(text))).toBeNull();
    expect(isGruu(uriOf('sip:a@b;gr=x'))).toBe(true);
  });
});

describe('RFC 5627 §5 at the registrar', () => {
  let world: RegistrarBench;
  let bob: Agent;

  afterEach(() => world.finish());

  async function start() {
    world = await RegistrarBench.start({ registrar: { gruus, outbound: {} } });
    bob = await world.bench.agent('bob', '10.0.0.1');
    const registered = world.registration(bob, { instanceId, outbound: false });
    registered.registration.start();
    await world.bench.clock.advance(100);
    return registered.registration;
  }

  test('RFC 5627 §5.2 both GRUUs come with the Contact, and lead to it', async () => {
    const registration = await start();
    const { pub, temp } = registration.gruus;
    expect(serializeUri(pub!)).toBe(`sip:bob@biloxi.example.com;gr=${instanceId}`);
    expect(registration.contact).toEqual(pub);
    for (const uri of [pub!, temp!]) {
      const found = await world.registrar.resolve(uri);
      expect(found).toMatchObject({ ok: true, contacts: [{ binding: { contact: 'sip:bob@10.0.0.1:5060' } }] });
    }
  });

  test('RFC 5627 §5.4 older temporary GRUUs stay good through refreshes, and end with a new Call-ID', async () => {
    const registration = await start();
    const first = registration.gruus.temp!;
    registration.refresh();
    await world.bench.clock.advance(100);
    expect(serializeUri(registration.gruus.temp!)).not.toBe(serializeUri(first));
    expect(await world.registrar.resolve(first)).toMatchObject({ ok: true });
    const again = world.registration(bob, { instanceId, outbound: false }).registration;
    again.start();
    await world.bench.clock.advance(100);
    expect(world.bound()).toHaveLength(1);
    expect(await world.registrar.resolve(first)).toEqual({ ok: false, statusCode: 404 });
    expect(await world.registrar.resolve(again.gruus.temp!)).toMatchObject({ ok: true });
  });

  test('RFC 5627 §6.1 a user agent that is not there is 480, a GRUU that never was 404', async () => {
    const registration = await start();
    const { pub } = registration.gruus as { pub: SipUri };
    const stopped = registration.stop();
    await world.bench.clock.advance(100);
    await stopped;
    expect(await world.registrar.resolve(pub)).toEqual({ ok: false, statusCode: 480 });
    expect(await world.registrar.resolve(uriOf('sip:tgruu.AAAA@biloxi.example.com;gr'))).toEqual({
      ok: false,
      statusCode: 404,
    });
    expect(await world.registrar.resolve(bobsAor)).toEqual({ ok: false, statusCode: 404 });
  });

  test('RFC 5627 §5.1 a Contact that leads back to its own address of record is 403', async () => {
    const registration = await start();
    const { pub, temp } = registration.gruus;
    for (const uri of [bobsAor, pub!, temp!]) {
      const loop = world.registration(bob, { contacts: [{ uri }], instanceId });
      loop.registration.start();
      await world.bench.clock.advance(100);
      expect(loop.news.at(-1)).toMatchObject({ state: 'failed', statusCode: 403 });
    }
  });

  test('RFC 5627 §5.2 who does not ask for GRUUs is given none', async () => {
    await start();
    const plain = world.registration(bob, { instanceId, gruu: false });
    plain.registration.start();
    await world.bench.clock.advance(100);
    const answer = contacts(world.answers(200).at(-1)!);
    expect(answer.ok && answer.value.values.every(({ params }) => !params.has('pub-gruu'))).toBe(true);
    expect(plain.registration.gruus).toEqual({ pub: null, temp: null });
  });
});
