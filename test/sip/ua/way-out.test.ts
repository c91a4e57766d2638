import { describe, expect, test } from 'vitest';
import { nameAddr, serializeNameAddr } from '../../../sip/header-values.js';
import type { SipRequest } from '../../../sip/message.js';
import { parseUri, type Uri } from '../../../sip/uri.js';
import { type AgentOptions, ANSWER, UaBench } from '../../support/ua-bench.js';
import { ZoneLocator } from '../../support/zone-locator.js';

function uri(text: string): Uri {
  const read = parseUri(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

async function office(options: (zone: ZoneLocator) => AgentOptions = () => ({})) {
  const bench = new UaBench();
  const zone = new ZoneLocator(bench.clock).udp('proxy.example', '10.0.0.9').udp('bob.example', '10.0.0.2');
  const alice = await bench.agent('alice', '10.0.0.1', { locator: zone, ...options(zone) });
  const bob = await bench.agent('bob', '10.0.0.2');
  await bench.agent('proxy', '10.0.0.9');
  const sentBy = async (more: Partial<Parameters<typeof alice.ua.request>[0]> = {}): Promise<string[]> => {
    bench.wire.length = 0;
    const answer = alice.ua.request({ method: 'OPTIONS', uri: uri('sip:bob@bob.example'), ...more });
    await bench.clock.advance(100);
    await answer;
    const { to, message } = bench.wire[0]!;
    return [to, ...(message as SipRequest).route.map(serializeNameAddr)];
  };
  return { bench, zone, alice, bob, sentBy };
}

describe('RFC 3261 §8.1.2 the next hop of a request outside a dialog', () => {
  test('RFC 3261 §8.1.2 is the topmost Route, else the Request-URI', async () => {
    const { sentBy } = await office();
    expect(await sentBy()).toEqual(['bob']);
    expect(await sentBy({ route: [nameAddr(uri('sip:proxy.example;lr'))] })).toEqual([
      'proxy',
      '<sip:proxy.example;lr>',
    ]);
  });

  test('RFC 3261 §8.1.2 an outbound proxy takes every request and becomes its topmost Route', async () => {
    const { sentBy } = await office(() => ({ outboundProxy: uri('sip:proxy.example') }));
    expect(await sentBy()).toEqual(['proxy', '<sip:proxy.example;lr>']);
    const further = nameAddr(uri('sip:edge.example;lr'));
    expect(await sentBy({ route: [further] })).toEqual(['proxy', '<sip:proxy.example;lr>', '<sip:edge.example;lr>']);
    // A Service-Route may begin with it already.
    expect(await sentBy({ route: [nameAddr(uri('sip:proxy.example;lr'))] })).toEqual([
      'proxy',
      '<sip:proxy.example;lr>',
    ]);
  });

  test('an outbound proxy without a Route, as an address, for one request, or for none', async () => {
    const quiet = await office(() => ({ outboundProxy: { to: uri('sip:proxy.example'), addRoute: false } }));
    expect(await quiet.sentBy()).toEqual(['proxy']);
    expect(await quiet.sentBy({ sendTo: null })).toEqual(['bob']);
    const address = await office(() => ({ outboundProxy: { kind: 'udp', address: '10.0.0.9', port: 5060 } }));
    expect(await address.sentBy()).toEqual(['proxy']);
    const plain = await office();
    expect(await plain.sentBy({ sendTo: uri('sip:10.0.0.9') })).toEqual(['proxy', '<sip:10.0.0.9;lr>']);
    // A target is the next hop itself, whatever proxies there are.
    expect(await quiet.sentBy({ target: uri('sip:bob.example') })).toEqual(['bob']);
  });

  test('RFC 3966 §5 a tel URI has no address of its own: a proxy takes it, or it goes nowhere', async () => {
    const { sentBy } = await office(() => ({ outboundProxy: uri('sip:proxy.example') }));
    expect((await sentBy({ uri: uri('tel:+4930123') }))[0]).toBe('proxy');
    const { alice, bench } = await office();
    const answer = alice.ua.request({ method: 'OPTIONS', uri: uri('tel:+4930123') });
    await bench.clock.advance(10);
    expect(await answer).toMatchObject({ statusCode: 503, reasonPhrase: 'Cannot Find tel:+4930123 (unsupported)' });
  });

  test('RFC 3261 §8.1.1.8 header fields that depend on the way are written once it is known', async () => {
    const { alice, bench } = await office();
    const answer = alice.ua.request({
      method: 'OPTIONS',
      uri: uri('sip:bob.example'),
      headersFor: (target) => [['Contact', alice.ua.contact('alice', target)]],
    });
    await bench.clock.advance(100);
    expect((await answer).statusCode).toBe(200);
    expect(bench.sent('OPTIONS')[0]?.headers.get('Contact')).toBe('<sip:alice@10.0.0.1:5060>');
  });
});

describe('RFC 3261 §12.2.1.1 the next hop in a dialog', () => {
  /** A call that Bob takes with this Contact and Record-Route. */
  async function talk(agent: AgentOptions, headers: readonly (readonly [string, string])[]) {
    const made = await office(() => agent);
    const { alice, bob, bench } = made;
    bob.onInvite = (session) => session.accept({ body: ANSWER, headers });
    const call = alice.call(bob);
    await bench.clock.advance(100);
    bench.wire.length = 0;
    call.end();
    await bench.clock.advance(100);
    return { ...made, byes: bench.wire.filter(({ text }) => text === 'BYE').map(({ to }) => to) };
  }

  test('RFC 3263 §4 a Route that is a host name is looked up', async () => {
    const { byes, zone } = await talk({}, [['Record-Route', '<sip:proxy.example;lr>']]);
    expect(byes).toEqual(['proxy']);
    // The ACK and the BYE.
    expect(zone.asked).toEqual(['proxy.example', 'proxy.example']);
  });

  test('RFC 3263 §4 of several servers the one that the dialog is with is kept', async () => {
    const bench = new UaBench();
    const zone = new ZoneLocator(bench.clock).udp('bob.example', '10.0.0.19', '10.0.0.2');
    const alice = await bench.agent('alice', '10.0.0.1', { locator: zone });
    const bob = await bench.agent('bob', '10.0.0.2');
    bob.onInvite = (session) => session.accept({ body: ANSWER, headers: [['Record-Route', '<sip:bob.example;lr>']] });
    const call = alice.call(bob);
    await bench.clock.advance(100);
    call.end();
    await bench.clock.advance(100);
    expect(bench.ladder()).toEqual([
      'alice > bob INVITE',
      'bob > alice 200 INVITE',
      'alice > bob ACK',
      'alice > bob BYE',
      'bob > alice 200 BYE',
    ]);
    await bench.expectNothingLeft();
  });

  test('RFC 3263 §4 where a name leads nowhere the flow of the dialog is left', async () => {
    const { byes, bench } = await talk({}, [['Record-Route', '<sip:gone.example;lr>']]);
    expect(byes).toEqual(['bob']);
    await bench.expectNothingLeft();
  });
});

describe('RFC 3261 §8.1.3.4 redirects', () => {
  test('RFC 3261 §8.1.3.4 Contacts that are host names are followed where names are looked up', async () => {
    const { alice, bob, bench, zone } = await office();
    const carol = await bench.agent('carol', '10.0.0.3');
    zone.udp('carol.example', '10.0.0.3');
    carol.onInvite = (session) => session.accept({ body: ANSWER });
    bob.onInvite = (session) => session.reject(302, { headers: [['Contact', '<sip:carol@carol.example>']] });
    alice.call(bob, { followRedirects: true });
    await bench.clock.advance(100);
    expect(alice.heard).toEqual(['answered v=0 answer']);
    expect(bench.ladder()).toContain('alice > carol INVITE');
  });

  test('RFC 3261 §8.1.3.4 without a locator they are left out', async () => {
    const { alice, bob, bench } = await office(() => ({ locator: undefined }));
    bob.onInvite = (session) => session.reject(302, { headers: [['Contact', '<sip:carol@carol.example>']] });
    alice.call(bob, { followRedirects: true });
    await bench.clock.advance(100);
    expect(alice.heard).toEqual(['ended remote rejected 302']);
    expect(bench.sent('INVITE')).toHaveLength(1);
  });
});
