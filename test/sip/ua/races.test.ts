import { expect, test } from 'vitest';
import { tagOf } from '../../../sip/header-values.js';
import type { SipRequest } from '../../../sip/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import { ForkingProxy } from '../../support/forking-proxy.js';
import { ANSWER, answered, OFFER, pair, UaBench } from '../../support/ua-bench.js';

const silent = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };

test('RFC 3261 §9.1, §15 a 200 that crosses the CANCEL is acknowledged and hung up', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  bob.session.accept({ body: ANSWER });
  call.end();
  await bench.clock.advance(100);
  bench.expectLadder(`
      0 alice > bob INVITE
      1 bob > alice 180 INVITE
    100 bob > alice 200 INVITE
    100 alice > bob CANCEL
    101 alice > bob ACK
    101 alice > bob BYE
    101 bob > alice 200 CANCEL
    102 bob > alice 200 BYE
  `);
  expect(alice.heard).toEqual(['progress 180', 'ended local cancelled 487']);
  expect(bob.heard).toEqual(['confirmed null', 'ended remote bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §9.1 a CANCEL waits for the first provisional response', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = () => undefined;
  alice.call(bob).end();
  await bench.clock.advance(1000);
  expect(bench.ladder()).toEqual([
    'alice > bob INVITE',
    'bob > alice 100 INVITE',
    'alice > bob CANCEL',
    'bob > alice 200 CANCEL',
    'bob > alice 487 INVITE',
    'alice > bob ACK',
  ]);
  expect(alice.heard).toEqual(['ended local cancelled 487']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.3.1 an INVITE that nobody answers within its Expires gets 487, one that was answered goes on', async () => {
  const { bench, alice, bob } = await pair();
  alice.call(bob, { headers: [['Expires', '10']] });
  await bench.clock.advance(10_100);
  expect(bench.ladder().slice(1)).toEqual(['bob > alice 180 INVITE', 'bob > alice 487 INVITE', 'alice > bob ACK']);
  expect(alice.heard.at(-1)).toBe('ended remote rejected 487');
  expect(bob.heard).toEqual(['ended remote cancelled 487']);
  const call = alice.call(bob, { headers: [['Expires', '10']] });
  await bench.clock.advance(5_000);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(60_000);
  expect(call.state).toBe('confirmed');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §20.19 an Expires that says nothing ends no INVITE', async () => {
  for (const text of ['0', 'soon', '4294967295']) {
    const { bench, alice, bob } = await pair();
    const call = alice.call(bob, { headers: [['Expires', text]], ringTimeoutMs: 300_000 });
    await bench.clock.advance(120_000);
    expect([text, call.state]).toEqual([text, 'early']);
    call.end();
    await bench.expectNothingLeft();
  }
});

test('RFC 3261 §9.2 an answer after the CANCEL does nothing', async () => {
  const { bench, alice, bob } = await pair();
  const call = alice.call(bob);
  await bench.clock.advance(100);
  call.end();
  await bench.clock.advance(100);
  bench.wire.length = 0;
  bob.session.accept({ body: ANSWER });
  bob.session.progress(183);
  bob.session.reject(404);
  bob.session.end();
  await bench.clock.advance(100);
  expect(bench.ladder()).toEqual([]);
  expect(bob.ends).toHaveLength(1);
  await bench.expectNothingLeft();
});

test('RFC 3261 §15.1 two BYEs that cross are both answered; each side ended it itself', async () => {
  const { bench, alice, bob, call } = await answered();
  call.end();
  bob.session.end();
  await bench.clock.advance(100);
  expect(bench.ladder()).toEqual(['alice > bob BYE', 'bob > alice BYE', 'bob > alice 200 BYE', 'alice > bob 200 BYE']);
  expect([alice.heard.at(-1), bob.heard.at(-1)]).toEqual(['ended local bye', 'ended local bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §14.1 a peer that answers 491 for ever is given up on, the session stays', async () => {
  const { bench, call } = await answered({ onOffer: (_offer, reply) => reply.reject(491) });
  const outcome = call.reinvite(OFFER);
  await bench.clock.advance(60_000);
  expect(await outcome).toEqual({ ok: false, statusCode: 491 });
  expect(bench.sent('INVITE')).toHaveLength(6);
  expect(call.state).toBe('confirmed');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.3.1.4 a lost 200 is resent at T1, 2·T1, 4·T1 … T2 until its ACK', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text, atMs }) => text === '200 INVITE' && atMs < 12_000;
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(20_000);
  const times = bench.wire.filter(({ text }) => text.endsWith('200 INVITE')).map(({ atMs }) => atMs - 1);
  expect(times).toEqual([0, 500, 1500, 3500, 7500, 11_500, 15_500]);
  expect(bob.heard).toEqual(['confirmed null']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.2.2.4 every repeated 200 is acknowledged again, and answered only once', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text, atMs }) => text === 'ACK' && atMs < 5000;
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(20_000);
  expect(bench.ladder().filter((line) => line.includes('ACK'))).toEqual([
    'alice > bob lost ACK',
    'alice > bob lost ACK',
    'alice > bob lost ACK',
    'alice > bob lost ACK',
    'alice > bob ACK',
  ]);
  expect(alice.heard).toEqual(['answered v=0 answer']);
  expect(bob.heard).toEqual(['confirmed null']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.3.1.4 without any ACK the session is ended by BYE after 64·T1', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text }) => text === 'ACK';
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  alice.call(bob);
  await bench.clock.advance(32_000);
  expect(bob.heard).toEqual([]);
  await bench.clock.advance(100);
  expect(bench.ladder().slice(-2)).toEqual(['bob > alice BYE', 'alice > bob 200 BYE']);
  expect(bob.heard).toEqual(['ended local no-ack 408']);
  expect(alice.heard).toEqual(['answered v=0 answer', 'ended remote bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §15 the called side hangs up before the ACK came: BYE follows the delayed ACK', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text, atMs }) => text === 'ACK' && atMs < 400;
  bob.onInvite = (session) => {
    session.accept({ body: ANSWER });
    session.end();
    expect(session.state).toBe('ending');
  };
  alice.call(bob);
  await bench.clock.advance(1000);
  expect(bench.ladder()).toEqual([
    'alice > bob INVITE',
    'bob > alice 200 INVITE',
    'alice > bob lost ACK',
    'bob > alice 200 INVITE',
    'alice > bob ACK',
    'bob > alice BYE',
    'alice > bob 200 BYE',
  ]);
  expect(bob.heard).toEqual(['ended local bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §15.1.2 a BYE that overtakes the ACK ends the session', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text }) => text === 'ACK';
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  call.end();
  await bench.clock.advance(100);
  expect(bob.heard).toEqual(['ended remote bye']);
  expect(alice.heard.at(-1)).toBe('ended local bye');
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2.1.2 a 481 to a request in the dialog ends the session', async () => {
  const { bench, alice, bob, call } = await answered({
    onRequest: (transaction) => {
      bob.ua.respond(transaction, 481);
      return true;
    },
  });
  const outcome = call.request('INFO');
  await bench.clock.advance(100);
  expect((await outcome).statusCode).toBe(481);
  expect(bench.ladder()).toEqual([
    'alice > bob INFO',
    'bob > alice 481 INFO',
    'alice > bob BYE',
    'bob > alice 200 BYE',
  ]);
  expect(alice.heard.at(-1)).toBe('ended remote timeout 481');
  await bench.expectNothingLeft();
});

test('RFC 3261 §15.1.1 a BYE that nobody answers ends the session after Timer F', async () => {
  const { bench, alice, call } = await answered();
  bench.lose = ({ from }) => from === 'alice';
  call.end();
  await bench.clock.advance(31_900);
  expect(alice.heard).toHaveLength(1);
  await bench.clock.advance(200);
  expect(alice.heard.at(-1)).toBe('ended local bye');
  bench.lose = () => false;
  await bench.expectNothingLeftBut('bob', { dialogs: 1, sessions: 1 });
});

test('RFC 3261 §13.2.2.4 of two 2xx through a forking proxy the first wins, the other gets ACK and BYE', async () => {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  const carol = await bench.agent('carol', '10.0.0.3');
  bench.name('10.0.0.9', 'proxy');
  const proxy = new ForkingProxy(
    '10.0.0.9',
    [
      { address: bob.address, port: 5060 },
      { address: carol.address, port: 5060 },
    ],
    'loose',
  );
  await proxy.start(bench.network);
  for (const agent of [bob, carol])
    agent.onInvite = (session) => session.progress(183, { body: Buffer.from(agent.name) });
  const call = alice.call([{ kind: 'udp', address: '10.0.0.9', port: 5060 }]);
  await bench.clock.advance(50);
  carol.session.accept({ body: Buffer.from('carol') });
  bob.session.accept({ body: Buffer.from('bob') });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 183 bob', 'progress 183 carol', 'answered carol']);
  expect(bob.heard).toEqual(['confirmed null', 'ended remote bye']);
  expect(carol.heard).toEqual(['confirmed null']);
  expect(tagOf(call.remote)).toBe(
    tagOf(bench.wire.find(({ from, text }) => from === 'carol' && text === '200 INVITE')!.message.to),
  );
  // RFC 3261 §16.12.1: the dialog stays on the proxy's way, in both directions.
  carol.session.end();
  await bench.clock.advance(100);
  expect(bench.ladder().slice(-4)).toEqual([
    'carol > proxy BYE',
    'proxy > alice BYE',
    'alice > proxy 200 BYE',
    'proxy > carol 200 BYE',
  ]);
  expect(alice.heard.at(-1)).toBe('ended remote bye');
  await proxy.close();
  await bench.expectNothingLeft();
});

test('RFC 3261 §15 a BYE in an early dialog: the caller side answers it and gives the branch up', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text, atMs }) => (text === '200 INVITE' && atMs < 40_000) || (text === 'CANCEL' && atMs < 32_300);
  const call = alice.call(bob);
  await bench.clock.advance(100);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(40_000);
  expect(alice.heard).toEqual(['progress 180', 'ended remote bye 487']);
  expect(bob.heard).toEqual(['ended local no-ack 408']);
  expect(call.state).toBe('ended');
  await bench.expectNothingLeft();
});

test('RFC 3261 §15 the caller may send BYE in the early dialog: 200 to it, 487 to the INVITE', async () => {
  const { bench, alice, bob } = await pair();
  alice.call(bob);
  await bench.clock.advance(100);
  const { to, cseq } = bench.sent('180 INVITE')[0]!;
  const invite = bench.sent('INVITE')[0] as SipRequest;
  const bye = { method: 'BYE', cseq: { sequence: cseq.sequence + 1, method: 'BYE' } };
  alice.ua.transactions.request({ ...invite, ...bye, to, via: [], body: Buffer.alloc(0) }, bob.target, silent);
  await bench.clock.advance(100);
  expect(bench.ladder().slice(2)).toEqual([
    'alice > bob BYE',
    'bob > alice 200 BYE',
    'bob > alice 487 INVITE',
    'alice > bob ACK',
  ]);
  expect(bob.heard).toEqual(['ended remote bye 487']);
  expect(alice.heard).toEqual(['progress 180', 'ended remote rejected 487']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2.1.1 an ACK replayed from elsewhere does not move the flow that our BYE takes', async () => {
  const { bench, alice, bob } = await pair();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  alice.call(bob);
  await bench.clock.advance(100);
  const ack = bench.wire.find(({ text }) => text === 'ACK');
  const thief = await bench.network
    .host('10.0.0.66')
    .bindUdp({ address: '10.0.0.66', port: 5060 }, { onMessage: () => undefined, onError: () => undefined });
  const replay = serializeMessage(ack!.message);
  thief.send(replay, 0, replay.length, 5060, bob.address);
  await bench.clock.advance(100);
  bob.incoming[0]!.end();
  await bench.clock.advance(100);
  expect(bench.wire.filter(({ text }) => text === 'BYE').map(({ to }) => to)).toEqual([alice.name]);
  await thief.close();
  await bench.expectNothingLeft();
});

test.each([
  ['nobody has an opinion', undefined, 'alice'],
  ['the application knows the new place', true, 'thief'],
  ['the application does not', false, 'alice'],
] as const)('RFC 3261 §26.1.3 a request in the dialog from another host: %s', async (_who, opinion, goesTo) => {
  const { bench, alice, bob, call } = await answered(opinion === undefined ? {} : { mayMoveFlow: () => opinion });
  const update = call.request('INFO', { headers: [] });
  await bench.clock.advance(100);
  await update;
  const info = bench.sent('INFO')[0] as SipRequest;
  bench.name('10.0.0.66', 'thief');
  const thief = await bench.network
    .host('10.0.0.66')
    .bindUdp({ address: '10.0.0.66', port: 5060 }, { onMessage: () => undefined, onError: () => undefined });
  const via = info.via.map((hop) => ({
    ...hop,
    host: '10.0.0.66',
    params: hop.params.clone().set('branch', 'z9hG4bKx'),
  }));
  const cseq = { ...info.cseq, sequence: info.cseq.sequence + 50 };
  const forged = serializeMessage({ ...info, via, cseq });
  thief.send(forged, 0, forged.length, 5060, bob.address);
  await bench.clock.advance(100);
  bob.session.end();
  await bench.clock.advance(100);
  expect(bench.wire.filter(({ text }) => text === 'BYE').map(({ to }) => to)).toContain(goesTo);
  expect(new Set(bench.wire.filter(({ text }) => text === 'BYE').map(({ to }) => to)).size).toBe(1);
  await thief.close();
  call.end();
  expect(alice.name).toBe('alice');
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.2.2.4 a provisional response of another fork after the 2xx opens no dialog any more', async () => {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  const carol = await bench.agent('carol', '10.0.0.3');
  bench.name('10.0.0.9', 'proxy');
  const hops = [bob, carol].map(({ address }) => ({ address, port: 5060 }));
  const proxy = new ForkingProxy('10.0.0.9', hops, 'loose');
  await proxy.start(bench.network);
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  carol.onInvite = () => undefined;
  const call = alice.call([{ kind: 'udp', address: '10.0.0.9', port: 5060 }]);
  await bench.clock.advance(50);
  carol.session.progress(180);
  await bench.clock.advance(50);
  expect(alice.heard).toEqual(['answered v=0 answer']);
  expect(alice.ua.counts().dialogs).toBe(1);
  call.end();
  carol.session.end();
  await bench.expectNothingLeft();
  await proxy.close();
});
