import { expect, test } from 'vitest';
import { withTag } from '../../../sip/header-values.js';
import { contacts } from '../../../sip/headers.js';
import type { SipRequest } from '../../../sip/message.js';
import { Params } from '../../../sip/params.js';
import type { SessionExtension } from '../../../sip/ua/session-extension.js';
import type { OfferReply } from '../../../sip/ua/types.js';
import { ANSWER, answered, OFFER, pair } from '../../support/ua-bench.js';

const silent = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };

test('RFC 3311 §5.1 an UPDATE carries a new offer in a confirmed dialog, either way, without an ACK', async () => {
  const { bench, alice, bob, call } = await answered();
  const ours = call.update(Buffer.from('v=0 hold'));
  await bench.clock.advance(100);
  const theirs = bob.session.update(Buffer.from('v=0 resume'));
  await bench.clock.advance(100);
  bench.expectLadder(`
    alice > bob UPDATE
    bob > alice 200 UPDATE
    bob > alice UPDATE
    alice > bob 200 UPDATE
  `);
  expect(await Promise.all([ours, theirs])).toEqual([
    { ok: true, body: ANSWER },
    { ok: true, body: ANSWER },
  ]);
  expect([alice.heard.at(-1), bob.heard.at(-1)]).toEqual(['offer v=0 resume', 'offer v=0 hold']);
  const update = bench.sent('UPDATE')[0]!;
  expect(update.headers.get('Allow')).toContain('UPDATE');
  expect(contacts(update)).toMatchObject({ ok: true, value: { values: [{ uri: { user: 'alice' } }] } });
  expect(contacts(bench.sent('200 UPDATE')[0]!)).toMatchObject({ ok: true, value: { values: [{}] } });
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.1 an UPDATE without a body refreshes the early dialog from both ends; nobody is asked', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  expect(await call.update(null)).toEqual({ ok: false, statusCode: 481 });
  await bench.clock.advance(100);
  expect([call.peerAllows('UPDATE'), call.peerAllows('REFER'), bob.session.peerAllows('UPDATE')]).toEqual([
    true,
    false,
    true,
  ]);
  const outcomes = [call.update(null), bob.session.update(null)];
  await bench.clock.advance(100);
  expect((await Promise.all(outcomes)).map(({ ok }) => ok)).toEqual([true, true]);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 180', 'answered v=0 answer']);
  expect(bob.heard).toEqual(['confirmed null']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.1 an offer waits while the first one has no answer that is sure to arrive, then goes by itself', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const outcome = call.update(Buffer.from('v=0 later'));
  await bench.clock.advance(1000);
  expect(bench.sent('UPDATE')).toEqual([]);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(await outcome).toEqual({ ok: true, body: ANSWER });
  expect(bench.ladder().slice(-3)).toEqual(['alice > bob ACK', 'alice > bob UPDATE', 'bob > alice 200 UPDATE']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.2 while the first offer is unanswered: 500 with Retry-After to its sender, 491 to the other', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const body = { body: OFFER, contentType: 'application/sdp' };
  const fromCaller = call.request('UPDATE', body);
  const fromCallee = bob.session.request('UPDATE', body);
  await bench.clock.advance(100);
  const [caller, callee] = await Promise.all([fromCaller, fromCallee]);
  expect([caller.statusCode, callee.statusCode]).toEqual([500, 491]);
  expect(caller.headers.get('Retry-After')).toMatch(/^(10|\d)$/);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.2 a second UPDATE before the first is answered gets 500; the late answer goes to the first', async () => {
  const replies: OfferReply[] = [];
  const { bench, call } = await answered({ onOffer: (_offer, reply) => replies.push(reply) });
  const first = call.update(OFFER);
  expect(await call.update(null)).toEqual({ ok: false, statusCode: 491 });
  await bench.clock.advance(100);
  const second = call.request('UPDATE', {});
  const invite = call.request('INVITE', { body: OFFER, contentType: 'application/sdp' });
  await bench.clock.advance(100);
  expect([(await second).statusCode, (await invite).statusCode]).toEqual([500, 500]);
  expect(replies.map(({ carrier }) => carrier)).toEqual(['UPDATE']);
  replies[0]!.accept(ANSWER);
  replies[0]!.reject(488);
  await bench.clock.advance(100);
  expect(await first).toEqual({ ok: true, body: ANSWER });
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.3 crossing UPDATEs with offers both get 491; each waits its time and both succeed', async () => {
  const { bench, alice, bob, call } = await answered();
  const startMs = bench.clock.nowMs();
  const outcomes = [call.update(Buffer.from('v=0 a')), bob.session.update(Buffer.from('v=0 b'))];
  await bench.clock.advance(10_000);
  expect((await Promise.all(outcomes)).map(({ ok }) => ok)).toEqual([true, true]);
  expect(bench.sent('491 UPDATE')).toHaveLength(2);
  const [bobs, alices] = bench.wire.filter(({ text }) => text === 'UPDATE').slice(2);
  expect([bobs?.from, alices?.from]).toEqual(['bob', 'alice']);
  expect(bobs!.atMs - startMs).toBeLessThanOrEqual(2010);
  expect(alices!.atMs - startMs).toBeGreaterThanOrEqual(2100);
  expect(alice.heard.at(-1)).toBe('offer v=0 b');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 6337 §4.2 a re-INVITE that crosses an UPDATE with an offer: 491 both, retried both', async () => {
  const { bench, bob, call } = await answered();
  const outcomes = [call.reinvite(Buffer.from('v=0 a')), bob.session.update(Buffer.from('v=0 b'))];
  await bench.clock.advance(10_000);
  expect((await Promise.all(outcomes)).map(({ ok }) => ok)).toEqual([true, true]);
  expect([bench.sent('491 UPDATE').length, bench.sent('491 INVITE').length]).toEqual([1, 1]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.2 a refused offer changes nothing: 488 without a handler, the refusal of one that has its own', async () => {
  const { bench, bob, call } = await answered({ onOffer: (_offer, reply) => reply.reject(488) });
  const refused = call.update(OFFER);
  await bench.clock.advance(100);
  expect(await refused).toEqual({ ok: false, statusCode: 488 });
  expect(call.state).toBe('confirmed');
  const back = bob.session.update(OFFER);
  await bench.clock.advance(100);
  expect(await back).toEqual({ ok: true, body: ANSWER });
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.2 an offer that the application never answers gets 504 when nobody waits any more', async () => {
  const { bench, bob, call } = await answered({ onOffer: () => undefined });
  bench.lose = ({ text }) => text === 'BYE';
  void call.update(OFFER);
  await bench.clock.advance(31_900);
  expect(bench.sent('504 UPDATE')).toEqual([]);
  await bench.clock.advance(200);
  expect(bench.sent('504 UPDATE')).toHaveLength(1);
  bob.session.end();
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.2 a pending UPDATE is answered 487 when the session ends', async () => {
  const { bench, bob, call } = await answered({ onOffer: () => undefined });
  const outcome = call.update(OFFER);
  await bench.clock.advance(100);
  bob.session.end();
  await bench.clock.advance(100);
  expect(await outcome).toEqual({ ok: false, statusCode: 487 });
  await bench.expectNothingLeft();
});

test('RFC 3311 §5.1 both the UPDATE and its 2xx move the remote target', async () => {
  const { bench, alice, bob, call } = await answered();
  const elsewhere = '<sip:alice@10.0.0.1:5060;moved=yes>';
  const update = call.request('UPDATE', { headers: [['Contact', elsewhere]] });
  await bench.clock.advance(100);
  expect((await update).statusCode).toBe(200);
  void bob.session.request('INFO');
  await bench.clock.advance(100);
  expect((bench.sent('INFO')[0] as SipRequest).uri).toMatchObject({ params: { size: 1 } });
  bench.wire.length = 0;
  // The same the other way round: a 200 of the peer's with another Contact.
  const own = bob.session.request('UPDATE', { headers: [['Contact', '<sip:bob@10.0.0.2:5060;moved=yes>']] });
  await bench.clock.advance(100);
  expect((await own).statusCode).toBe(200);
  expect(alice.heard.filter((line) => line.startsWith('offer'))).toEqual([]);
  call.end();
  await bench.clock.advance(100);
  expect((bench.sent('BYE')[0] as SipRequest).uri).toMatchObject({ params: { size: 1 } });
  await bench.expectNothingLeft();
});

test('RFC 3311 §4 a peer whose Allow does not name UPDATE gets none; refresh is a re-INVITE with our last description', async () => {
  const { bench, bob, call } = await answered();
  const info = bob.session.request('UPDATE', { headers: [['Allow', 'INVITE, ACK, BYE']] });
  await bench.clock.advance(100);
  await info;
  expect(await call.update(null)).toEqual({ ok: false, statusCode: 405 });
  bench.wire.length = 0;
  const refreshed = call.refresh([['X-Refresh', 'yes']]);
  await bench.clock.advance(100);
  expect(await refreshed).toEqual({ ok: true, body: ANSWER });
  bench.expectLadder(`
    alice > bob INVITE
    bob > alice 200 INVITE
    alice > bob ACK
  `);
  const again = bench.sent('INVITE')[0]!;
  expect([again.body, again.headers.get('X-Refresh')]).toEqual([OFFER, 'yes']);
  const back = bob.session.refresh();
  await bench.clock.advance(100);
  expect((await back).ok).toBe(true);
  expect(bench.ladder().slice(3)).toEqual(['bob > alice UPDATE', 'alice > bob 200 UPDATE']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2.1.2 an UPDATE that nobody answers, or 481, ends the session', async () => {
  const { bench, alice, call } = await answered();
  bench.lose = ({ from }) => from === 'bob';
  const outcome = call.update(null);
  await bench.clock.advance(70_000);
  expect(await outcome).toEqual({ ok: false, statusCode: 408 });
  expect(alice.heard.at(-1)).toBe('ended local timeout 408');
  bench.lose = () => false;
  const second = await answered({ onOffer: (_offer, reply) => reply.reject(481) });
  const refused = second.call.update(OFFER);
  await second.bench.clock.advance(100);
  expect(await refused).toEqual({ ok: false, statusCode: 481 });
  expect(second.alice.heard.at(-1)).toBe('ended remote timeout 481');
  await second.bench.expectNothingLeft();
});

test('RFC 3311 §5.2 an UPDATE outside any dialog gets 481', async () => {
  const { bench, alice, bob, call } = await answered();
  const update = call.request('UPDATE');
  await bench.clock.advance(100);
  await update;
  const sent = bench.sent('UPDATE')[0] as SipRequest;
  for (const to of [{ ...sent.to, params: new Params() }, withTag(sent.to, 'nobody')]) {
    alice.ua.transactions.request({ ...sent, via: [], to }, bob.target, silent);
  }
  await bench.clock.advance(100);
  expect(bench.sent('481 UPDATE')).toHaveLength(2);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 4028 §7 an extension has its say in every request and response that makes or refreshes a session', async () => {
  const { bench, alice, bob } = await pair();
  const log: string[] = [];
  let tries = 0;
  const extension: SessionExtension = {
    invite: () => ({
      headers: () => [['X-Try', String(tries)]],
      retry: ({ statusCode }) => statusCode === 422 && ++tries < 2,
    }),
    session: ({ role }) => ({
      requestHeaders: (method) => [['X-Refresh', method]],
      retry: ({ statusCode }) => statusCode === 422 && ++tries < 4,
      responseHeaders: ({ method }) => [['X-Refreshed', method]],
      refreshed: ({ request, by }) => log.push(`${role} ${request.method} by ${by}`),
      ended: () => log.push(`${role} ended`),
    }),
  };
  alice.ua.use({ session: extension });
  let refusals = 2;
  bob.ua.use({
    session: {
      refuse: ({ method, headers }) => {
        const isFirst = headers.get('X-Try') === '0' || (method === 'UPDATE' && refusals-- > 0);
        return isFirst ? { statusCode: 422, headers: [['Min-SE', '90']] } : null;
      },
      session: () => null,
    },
  });
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(bench.ladder().filter((line) => line.includes('INVITE'))).toEqual([
    'alice > bob INVITE',
    'bob > alice 422 INVITE',
    'alice > bob INVITE',
    'bob > alice 200 INVITE',
  ]);
  expect(bench.sent('INVITE').map(({ headers }) => headers.get('X-Try'))).toEqual(['0', '1']);
  const outcome = call.refresh();
  await bench.clock.advance(100);
  expect(await outcome).toEqual({ ok: true, body: Buffer.alloc(0) });
  expect(bench.sent('422 UPDATE')).toHaveLength(2);
  void bob.session.update(null);
  await bench.clock.advance(100);
  expect(bench.sent('200 UPDATE').map(({ headers }) => headers.get('X-Refreshed'))).toEqual([undefined, 'UPDATE']);
  call.end();
  await bench.clock.advance(100);
  expect(log).toEqual(['uac INVITE by local', 'uac UPDATE by local', 'uac UPDATE by remote', 'uac ended']);
  await bench.expectNothingLeft();
});
