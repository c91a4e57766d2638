import { expect, test } from 'vitest';
import type { HeaderList } from '../../../sip/build.js';
import type { SipRequest } from '../../../sip/message.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';
import { ANSWER, answered, OFFER, pair, UaBench } from '../../support/ua-bench.js';

const silent = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };

test('RFC 3261 §14.1 crossing re-INVITEs both get 491; the owner of the Call-ID waits longer and both succeed', async () => {
  const { bench, alice, bob, call } = await answered();
  const startMs = bench.clock.nowMs();
  const ours = call.reinvite(Buffer.from('v=0 alice'));
  const theirs = bob.session.reinvite(Buffer.from('v=0 bob'));
  await bench.clock.advance(10_000);
  expect(await Promise.all([ours, theirs])).toEqual([
    { ok: true, body: ANSWER },
    { ok: true, body: ANSWER },
  ]);
  expect(bench.sent('491 INVITE')).toHaveLength(2);
  const retries = bench.wire.filter(({ text }) => text === 'INVITE').slice(2);
  expect(retries.map(({ from }) => from)).toEqual(['bob', 'alice']);
  const [bobMs = 0, aliceMs = 0] = retries.map(({ atMs }) => Math.round(atMs - startMs - 2));
  expect(bobMs).toBeLessThanOrEqual(2000);
  expect(aliceMs).toBeGreaterThanOrEqual(2100);
  expect(aliceMs).toBeLessThanOrEqual(4000);
  expect([bobMs % 10, aliceMs % 10]).toEqual([0, 0]);
  expect(alice.heard.slice(1)).toEqual(['offer v=0 bob']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §14.2 a second re-INVITE before the first is answered gets 500 with Retry-After', async () => {
  const { bench, alice, bob, call } = await answered({ onOffer: () => undefined });
  const first = call.reinvite(OFFER);
  expect(await call.reinvite(OFFER)).toEqual({ ok: false, statusCode: 491 });
  await bench.clock.advance(100);
  const request = bench.sent('INVITE')[0] as SipRequest;
  const cseq = { ...request.cseq, sequence: request.cseq.sequence + 1 };
  alice.ua.transactions.request({ ...request, via: [], cseq }, bob.target, silent);
  await bench.clock.advance(100);
  expect(bench.sent('500 INVITE')[0]?.headers.get('Retry-After')).toMatch(/^(10|\d)$/);
  await bench.clock.advance(40_000);
  expect(bench.ladder()).toContain('alice > bob CANCEL');
  expect(await first).toEqual({ ok: false, statusCode: 487 });
  call.end();
  await bench.clock.advance(100);
  // The number that the stray request took made ours come too late.
  expect(bench.ladder().slice(-2)).toEqual(['alice > bob BYE', 'bob > alice 500 BYE']);
  bob.session.end();
  await bench.expectNothingLeft();
});

test('RFC 5407 §3.1.4 a re-INVITE stands for the lost ACK when that carried no answer', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text, atMs }) => text === 'ACK' && atMs < 150;
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const outcome = call.reinvite(Buffer.from('v=0 hold'));
  await bench.clock.advance(300);
  expect(await outcome).toEqual({ ok: true, body: ANSWER });
  expect(bob.heard).toEqual(['confirmed null', 'offer v=0 hold']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §14.2 while our late offer waits for its answer a re-INVITE gets 491', async () => {
  const { bench, alice, bob } = await pair();
  alice.handlers = { onAnswered: () => ANSWER };
  bench.lose = ({ text, atMs }) => text === 'ACK' && atMs < 150;
  bob.onInvite = (session) => session.accept({ body: OFFER });
  const call = alice.call(bob, { body: null });
  await bench.clock.advance(100);
  const outcome = call.reinvite(Buffer.from('v=0 hold'));
  await bench.clock.advance(100);
  expect(bench.sent('491 INVITE')).toHaveLength(1);
  await bench.clock.advance(6000);
  expect(await outcome).toEqual({ ok: true, body: ANSWER });
  expect(bob.heard).toEqual(['confirmed v=0 answer', 'offer v=0 hold']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §14.2 our 2xx to a re-INVITE without ACK ends the session after 64·T1', async () => {
  const { bench, bob, call } = await answered();
  bench.lose = ({ text }) => text === 'ACK';
  void call.reinvite(OFFER);
  await bench.clock.advance(33_000);
  expect(bob.heard.at(-1)).toBe('ended local no-ack 408');
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2.1.2 a re-INVITE that nobody answers ends the session', async () => {
  const { bench, alice, call } = await answered();
  bench.lose = ({ from }) => from === 'bob';
  const outcome = call.reinvite(OFFER);
  await bench.clock.advance(70_000);
  expect(await outcome).toEqual({ ok: false, statusCode: 408 });
  expect(alice.heard.at(-1)).toBe('ended local timeout 408');
  await bench.expectNothingLeft();
});

test('RFC 3261 §15.1.2 a side that hangs up refuses the re-INVITE it has not answered', async () => {
  const { bench, alice, bob, call } = await answered({ onOffer: () => undefined });
  const outcome = call.reinvite(OFFER);
  await bench.clock.advance(100);
  bob.session.end();
  await bench.clock.advance(100);
  expect(bench.ladder()).toEqual([
    'alice > bob INVITE',
    'bob > alice 487 INVITE',
    'bob > alice BYE',
    'alice > bob ACK',
    'alice > bob 200 BYE',
  ]);
  expect(await outcome).toEqual({ ok: false, statusCode: 487 });
  expect(alice.heard.at(-1)).toBe('ended remote bye');
  await bench.expectNothingLeft();
});

test('RFC 3261 §14.1 an answered re-INVITE leaves no timer of its own', async () => {
  const { bench, call } = await answered();
  const before = bench.clock.pendingTimers;
  const outcome = call.reinvite(OFFER);
  await bench.clock.advance(100);
  expect((await outcome).ok).toBe(true);
  // A lane keeps its timer for the next one who waits as long; when that has fired, nothing is left of this one.
  await bench.clock.advance(32_000);
  expect(bench.clock.pendingTimers).toBeLessThanOrEqual(before);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §4 a re-INVITE may be answered reliably too: its PRACK, and the answer before the 2xx', async () => {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  bench.name('10.0.0.2', 'peer');
  const peer = await SipEndpoint.open(bench.network.host('10.0.0.2'), '10.0.0.2');
  const call = alice.call([{ kind: 'udp', address: '10.0.0.2', port: 5060 }]);
  await bench.clock.advance(10);
  peer.respond(peer.requests('INVITE')[0]!, 200, { body: ANSWER, contentType: 'application/sdp' });
  await bench.clock.advance(10);
  const outcome = call.reinvite(Buffer.from('v=0 hold'));
  await bench.clock.advance(10);
  const again = peer.requests('INVITE')[1]!;
  const reliably: HeaderList = [
    ['Require', '100rel'],
    ['RSeq', '9'],
  ];
  for (let copies = 0; copies < 2; copies += 1) {
    peer.respond(again, 183, { headers: reliably, body: Buffer.from('v=0 early'), contentType: 'application/sdp' });
  }
  await bench.clock.advance(10);
  const [prack, ...others] = peer.requests('PRACK');
  expect([prack?.headers.get('RAck'), others]).toEqual([`9 ${again.cseq.sequence} INVITE`, []]);
  peer.respond(prack!, 200);
  peer.respond(again, 200);
  await bench.clock.advance(10);
  expect(await outcome).toEqual({ ok: true, body: Buffer.from('v=0 early') });
  call.end();
  await bench.clock.advance(10);
  peer.respond(peer.requests('BYE')[0]!, 200);
  await bench.expectNothingLeft();
  await peer.close();
});
