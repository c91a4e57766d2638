import { describe, expect, test } from 'vitest';
import { nameAddr } from '../../../sip/header-values.js';
import { tlsTransport } from '../../../sip/transport/tls.js';
import { TlsCertificates } from '../../../sip/transport/tls-certificates.js';
import { sipUri } from '../../../sip/uri.js';
import { type Agent, ANSWER, pair, UaBench } from '../../support/ua-bench.js';
import { virtualCertificate } from '../../support/virtual-tls.js';

async function securePair() {
  const bench = new UaBench();
  const agent = (name: string, address: string): Promise<Agent> => {
    const subjectAltName = `IP Address:${address}`;
    const certificates = new TlsCertificates([virtualCertificate({ subjectAltName })]);
    return bench.agent(name, address, {
      kinds: ['tls', 'tcp', 'udp'],
      transports: [tlsTransport({ certificates, ca: ['root'] })],
    });
  };
  const alice = await agent('alice', '10.0.0.1');
  const bob = await agent('bob', '10.0.0.2');
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  return { bench, alice, bob };
}

const contactOf = (bob: Agent): string | undefined => bob.session.invite.headers.get('contact');

describe('RFC 3261 §8.1.1.8 the Contact of a call to a SIPS URI', () => {
  function secured(bob: Agent, target = bob.target) {
    const requestUri = sipUri({ scheme: 'sips', user: 'bob', host: bob.address, port: target.port });
    return { branches: [{ target, requestUri }] };
  }

  test('is a SIPS URI on both sides, without a transport (RFC 5630 §3.1.1)', async () => {
    const { bench, alice, bob } = await securePair();
    const call = alice.call(bob, secured(bob));
    await bench.clock.advance(20);
    expect(contactOf(bob)).toBe('<sips:alice@10.0.0.1:5061>');
    expect(alice.heard).toEqual(['answered v=0 answer']);
    // The peer's Contact is where the BYE goes.
    call.end();
    await bench.clock.advance(20);
    expect(bob.heard).toContain('ended remote bye');
  });

  test('RFC 3261 §26.2.2 nothing of it leaves over a transport without TLS', async () => {
    const { bench, alice, bob } = await securePair();
    for (const kind of ['udp', 'tcp'] as const) {
      alice.call(bob, secured(bob, { kind, address: bob.address, port: 5060 }));
    }
    await bench.clock.advance(20);
    expect(alice.heard).toEqual(['ended local transport 503', 'ended local transport 503']);
    expect(bob.heard).toEqual([]);
  });

  test('a SIP URI over TLS names its transport, as phones expect it', async () => {
    const { bench, alice, bob } = await securePair();
    alice.call(bob);
    await bench.clock.advance(20);
    expect(contactOf(bob)).toBe('<sip:alice@10.0.0.1:5061;transport=tls>');
  });
});

describe('RFC 3261 §8.1.1.8 a Contact of the application’s choice', () => {
  test('stands in the INVITE and in what refreshes its target', async () => {
    const { bench, alice, bob } = await pair();
    bob.onInvite = (session) => session.accept({ body: ANSWER });
    const contact = nameAddr(sipUri({ user: 'x', host: '10.0.0.1', params: { line: 'a1' } }));
    const call = alice.call(bob, { contact });
    await bench.clock.advance(20);
    expect(contactOf(bob)).toBe('<sip:x@10.0.0.1;line=a1>');
    void call.reinvite(Buffer.from('v=0 again'));
    await bench.clock.advance(20);
    const invites = bench.sent('INVITE').map(({ headers }) => headers.get('contact'));
    expect(invites).toEqual(['<sip:x@10.0.0.1;line=a1>', '<sip:x@10.0.0.1;line=a1>']);
    bob.session.end();
    await bench.clock.advance(20);
    expect(alice.heard.at(-1)).toBe('ended remote bye');
  });

  test('stands in a request outside a dialog', async () => {
    const { bench, alice, bob } = await pair();
    const heard: (string | undefined)[] = [];
    bob.ua.handle('MESSAGE', (transaction) => {
      heard.push(transaction.request.headers.get('contact'));
      bob.ua.respond(transaction, 200);
    });
    const uri = sipUri({ user: 'bob', host: bob.address });
    void alice.ua.request({ method: 'MESSAGE', uri, target: bob.target });
    void alice.ua.request({ method: 'MESSAGE', uri, target: bob.target, contact: '<sip:here@10.0.0.1>' });
    await bench.clock.advance(20);
    expect(heard).toEqual([undefined, '<sip:here@10.0.0.1>']);
  });

  test('or is made by a function of the user agent, for answers too', async () => {
    const bench = new UaBench();
    const contact = (user: string | undefined) => `<sip:${user}@pbx.example>`;
    const alice = await bench.agent('alice', '10.0.0.1', { contact: () => null });
    const bob = await bench.agent('bob', '10.0.0.2', { contact });
    alice.call(bob);
    await bench.clock.advance(20);
    expect(contactOf(bob)).toBe('<sip:alice@10.0.0.1:5060>');
    expect(bench.sent('180 INVITE')[0]?.headers.get('contact')).toBe('<sip:bob@pbx.example>');
  });
});
