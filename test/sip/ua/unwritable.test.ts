import { beforeEach, describe, expect, test } from 'vitest';
import { DigestAuthenticator } from '../../../sip/auth/challenge.js';
import { nameAddr } from '../../../sip/header-values.js';
import { UnwritableError } from '../../../sip/headers/writable.js';
import { presencePackage } from '../../../sip/packages/presence.js';
import { MemoryBindingStore } from '../../../sip/ua/binding-memory.js';
import { Infos, infoOf, infoOfDtmf } from '../../../sip/ua/info.js';
import { Messages } from '../../../sip/ua/message.js';
import { Publisher } from '../../../sip/ua/publication.js';
import { refer } from '../../../sip/ua/refer.js';
import { Registrar } from '../../../sip/ua/registrar.js';
import { DigestRegistrarAuth } from '../../../sip/ua/registrar-auth.js';
import { Registration } from '../../../sip/ua/registration.js';
import { Subscriber } from '../../../sip/ua/subscriber.js';
import type { InviteOptions } from '../../../sip/ua/types.js';
import { UserAgent } from '../../../sip/ua/user-agent.js';
import { sipUri } from '../../../sip/uri.js';
import { type Agent, ANSWER, OFFER, pair, UaBench } from '../../support/ua-bench.js';

const evil = 'a\r\nX-Evil: 1';
const bad = [['Reason', `SIP;text="${evil}"`]] as const;
const evilName = nameAddr(sipUri({ user: 'b', host: '10.0.0.2' }), {}, evil);
const evilParam = nameAddr(sipUri({ user: 'b', host: '10.0.0.2' }), { 'a";b': '1' });
const evilUri = sipUri({ user: 'b', host: `h>;tag=1${evil}` });
const uri = sipUri({ user: 'bob', host: '10.0.0.2' });
const at = { kind: 'udp', address: '10.0.0.2', port: 5060 } as const;
const me = nameAddr(sipUri({ user: 'alice', host: '10.0.0.1' }));

let bench: UaBench;
let alice: Agent;
let bob: Agent;

beforeEach(async () => {
  ({ bench, alice, bob } = await pair());
});

function invited(options: Partial<InviteOptions>): () => unknown {
  const branches = [{ target: at, requestUri: uri }];
  const usual = { branches, from: me, to: nameAddr(uri), contactUser: 'alice', body: OFFER };
  return () => alice.ua.invite({ ...usual, ...options }, { onEnded: () => undefined });
}

function requested(options: Partial<Parameters<UserAgent['request']>[0]>): () => unknown {
  return () => alice.ua.request({ method: 'OPTIONS', uri, target: at, ...options });
}

function registered(options: object): () => unknown {
  const usual = { registrar: sipUri({ host: '10.0.0.2' }), aor: me.uri as typeof uri, target: at };
  return () => new Registration(alice.ua.context, { ...usual, ...options });
}

function subscribed(options: object): () => unknown {
  const usual = { package: presencePackage, uri, target: at, from: me, contactUser: 'alice' };
  return () => new Subscriber(alice.ua.context).subscribe({ ...usual, ...options }, { onNotify: () => undefined });
}

function published(options: object): () => unknown {
  return () => new Publisher(alice.ua, { package: presencePackage, uri, target: at, ...options });
}

function referred(options: object): () => unknown {
  const usual = { uri, target: at, from: me, referTo: nameAddr(uri) };
  return () => refer(alice.ua.context, { ...usual, ...options });
}

function messaged(options: object): () => unknown {
  return () => new Messages(alice.ua.context).send({ uri, target: at, from: me, body: 'x', ...options });
}

const entries: Readonly<Record<string, () => unknown>> = {
  'invite: headers': invited({ headers: bad }),
  'invite: display name': invited({ from: evilName }),
  'invite: parameter': invited({ to: evilParam }),
  'invite: Route': invited({ route: [evilName] }),
  'invite: Contact as text': invited({ contact: `<sip:${evil}>` }),
  'invite: Contact as address': invited({ contact: evilParam }),
  'invite: Content-Type': invited({ contentType: evil }),
  'invite: a later branch': invited({
    branches: [
      { target: at, requestUri: uri },
      { target: at, requestUri: evilUri, q: 0.5 },
    ],
  }),
  'request: method': requested({ method: evil }),
  'request: URI': requested({ uri: evilUri }),
  'request: headers': requested({ headers: bad }),
  'request: header name': requested({ headers: [[`X: 1\r\nY`, 'z']] }),
  'request: Call-ID': requested({ callId: evil }),
  'request: Contact': requested({ contact: evilParam }),
  'request: Content-Type': requested({ body: OFFER, contentType: evil }),
  'options: From': () => alice.ua.options({ uri, target: at, from: evilName }),
  'registration: headers': registered({ headers: bad }),
  'registration: Contact': registered({ contacts: [{ uri: evilUri }] }),
  'registration: Contact parameter': registered({ contacts: [{ uri, params: { 'a"': 'b' } }] }),
  'registration: instance': registered({ instanceId: evil }),
  'registration: proxy': registered({ outboundProxies: [{ uri: evilUri }] }),
  'registration: From': registered({ from: evilName }),
  'subscribe: package': subscribed({ package: { ...presencePackage, name: 'presence;id=1' } }),
  'subscribe: Event parameter': subscribed({ eventParams: { id: evil } }),
  'subscribe: headers': subscribed({ headers: bad }),
  'subscribe: From': subscribed({ from: evilName }),
  'publish: package': published({ package: { ...presencePackage, name: evil } }),
  'publish: type': published({ package: { ...presencePackage, contentType: evil } }),
  'publish: headers': published({ headers: bad }),
  'publish: From': published({ from: evilName }),
  'refer: Refer-To': referred({ referTo: evilParam }),
  'refer: Referred-By': referred({ referredBy: evilName }),
  'refer: From': referred({ from: evilName }),
  'refer: headers': referred({ headers: bad }),
  'message: Content-Type': messaged({ contentType: evil }),
  'message: From': messaged({ from: evilName }),
  'message: headers': messaged({ headers: bad }),
  'info: package': () => infoOf(evil),
  'info: key': () => infoOfDtmf({ digit: '5\r\nDuration=1' }),
  'info: package served': () =>
    alice.ua.use(new Infos(alice.ua.context, { packages: [{ name: evil, mediaTypes: [], onInfo: () => undefined }] })),
  'use: method': () => alice.ua.handle('A, B', () => undefined),
  'use: option tag': () => alice.ua.use({ extensions: [evil] }),
  'use: event package': () => alice.ua.use({ events: [evil] }),
  'use: body type': () => alice.ua.use({ mediaTypes: { INVITE: ['text/plain, */*'] } }),
  'use: told': () => alice.ua.use({ told: [['X', evil]] }),
  'registrar: Service-Route': () =>
    new Registrar(alice.ua.context, { store: new MemoryBindingStore({ clock: bench.clock }), serviceRoute: [evilUri] }),
  'registrar: realm': () =>
    new DigestRegistrarAuth(alice.ua.context, { digest: digest(), realm: evil, ha1: () => null }),
  'user agent: name': () => new UserAgent({ ...agentOptions(), userAgent: evil }),
};

function digest(): DigestAuthenticator {
  return new DigestAuthenticator({ clock: bench.clock, random: bench.random });
}

function agentOptions() {
  const { clock, random } = bench;
  return {
    clock,
    random,
    transport: alice.transport,
    nat: 'auto',
    isPrivate: () => true,
  } as never as ConstructorParameters<typeof UserAgent>[0];
}

describe('RFC 3261 §7.3.1 what would leave its place in a message is refused where it enters, and nothing is left of it', () => {
  test.each(Object.keys(entries))('%s', async (name) => {
    expect(entries[name]).toThrow(UnwritableError);
    await bench.clock.advance(100);
    expect(bench.wire).toEqual([]);
    expect(alice.ua.counts()).toEqual({ dialogs: 0, sessions: 0, transactions: 0 });
    // The user agent serves as before.
    alice.onInvite = (session) => session.accept({ body: ANSWER });
    const call = bob.call(alice);
    await bench.clock.advance(100);
    expect(call.state).toBe('confirmed');
    call.end();
    await bench.expectNothingLeft();
  });

  test('what an application function gives for one server is a 503, whether it was looked up or not', async () => {
    const headersFor = (): [string, string][] => [['X', evil]];
    const response = alice.ua.request({ method: 'OPTIONS', uri, target: at, headersFor });
    await bench.clock.advance(100);
    expect((await response).statusCode).toBe(503);
    await bench.expectNothingLeft();
  });

  test('a Contact of the application’s function: the call that needs it is not made, or gets 500', async () => {
    const other = new UaBench();
    const carol = await other.agent('carol', '10.0.0.3', { contact: () => evil });
    const dave = await other.agent('dave', '10.0.0.4');
    expect(() => carol.call(dave)).toThrow(UnwritableError);
    expect(carol.ua.counts().sessions).toBe(0);
    dave.call(carol);
    await other.clock.advance(100);
    expect(dave.heard).toEqual(['ended remote rejected 500']);
  });
});

describe('RFC 3261 §7.3.1 a session refuses strings that end their line before anything has changed', () => {
  test('an incoming one before its answer', async () => {
    const call = alice.call(bob);
    await bench.clock.advance(100);
    for (const refused of [
      () => bob.session.progress(183, { headers: bad }),
      () => bob.session.accept({ body: ANSWER, headers: bad }),
      () => bob.session.reject(486, { reasonPhrase: 'Busy\r\nX: y' }),
      () => bob.session.end({ headers: bad }),
      () => call.end({ headers: bad }),
    ]) {
      expect(refused).toThrow(UnwritableError);
    }
    bob.session.accept({ body: ANSWER });
    await bench.clock.advance(100);
    expect(alice.heard).toEqual(['progress 180', `answered ${ANSWER}`]);
    call.end();
    await bench.expectNothingLeft();
  });

  test('and both sides of one that stands, which goes on as before', async () => {
    bob.onInvite = (session) => session.accept({ body: ANSWER });
    const call = alice.call(bob);
    await bench.clock.advance(100);
    for (const session of [call, bob.session]) {
      for (const refused of [
        () => session.update(OFFER, { headers: bad }),
        () => session.refresh(bad),
        () => session.request(evil),
        () => session.request('INFO', { headers: bad }),
        () => session.request('INFO', { body: OFFER, contentType: evil }),
        () => refer(alice.ua.context, { session, referTo: nameAddr(uri), headers: bad }),
        () => session.end({ headers: bad }),
      ]) {
        expect(refused).toThrow(UnwritableError);
      }
      const refreshed = session.refresh();
      await bench.clock.advance(100);
      expect((await refreshed).ok).toBe(true);
    }
    call.end();
    await bench.expectNothingLeft();
  });
});
