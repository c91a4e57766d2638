import { expect, test } from 'vitest';
import { nameAddr } from '../../../sip/header-values.js';
import { diversions, serializeDiversion } from '../../../sip/headers/diversion.js';
import { historyInfo } from '../../../sip/headers/history-info.js';
import { tokens } from '../../../sip/headers.js';
import type { Target } from '../../../sip/transport/transport.js';
import { bestFailure } from '../../../sip/ua/best-failure.js';
import type { SessionEnd } from '../../../sip/ua/types.js';
import { NoBranchError } from '../../../sip/ua/user-agent.js';
import { serializeUri, sipUri } from '../../../sip/uri.js';
import { type Agent, ANSWER, OFFER, UaBench } from '../../support/ua-bench.js';

async function three() {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  const carol = await bench.agent('carol', '10.0.0.3');
  return { bench, alice, bob, carol };
}

function branch(agent: Agent, q?: number) {
  return { target: agent.target, requestUri: sipUri({ user: 'user', host: agent.address }), q };
}

test('RFC 3261 §16.7 all contacts ring, the first 2xx wins, the other is told that it was answered elsewhere', async () => {
  const { bench, alice, bob, carol } = await three();
  const call = alice.call([bob.target, carol.target]);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 180', 'progress 180']);
  carol.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(bench.ladder().slice(4)).toEqual([
    'carol > alice 200 INVITE',
    'alice > bob CANCEL',
    'alice > carol ACK',
    'bob > alice 200 CANCEL',
    'bob > alice 487 INVITE',
    'alice > bob ACK',
  ]);
  expect(bob.ends[0]?.reason).toEqual([{ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' }]);
  expect(call.callId).toBe(carol.session.callId);
  expect(carol.session.callId).not.toBe(bob.session.callId);
  call.end();
  await bench.clock.advance(100);
  expect(alice.heard.slice(2)).toEqual(['answered v=0 answer', 'ended local bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §16.7 a second 2xx that was on its way gets ACK and BYE, and nobody hears of it', async () => {
  const { bench, alice, bob, carol } = await three();
  for (const agent of [bob, carol]) agent.onInvite = (session) => session.accept({ body: Buffer.from(agent.name) });
  const call = alice.call([bob.target, carol.target]);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['answered bob']);
  expect(carol.heard).toEqual(['confirmed null', 'ended remote bye']);
  call.end();
  await bench.expectNothingLeft();
  expect(alice.ends).toHaveLength(1);
});

test('RFC 3261 §20.10 contacts of a lower q are called when all of a higher one have failed', async () => {
  const { bench, alice, bob, carol } = await three();
  bob.onInvite = (session) => session.reject(480);
  carol.onInvite = (session) => session.reject(486);
  alice.call([], { branches: [branch(carol, 0.5), branch(bob, 0.9)], to: nameAddr(sipUri({ user: 'u', host: 'x' })) });
  await bench.clock.advance(100);
  expect(bench.ladder()).toEqual([
    'alice > bob INVITE',
    'bob > alice 480 INVITE',
    'alice > bob ACK',
    'alice > carol INVITE',
    'carol > alice 486 INVITE',
    'alice > carol ACK',
  ]);
  expect(alice.heard).toEqual(['ended remote rejected 480']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §16.7 a 6xx ends all branches at once', async () => {
  const { bench, alice, bob, carol } = await three();
  alice.call([bob.target, carol.target]);
  await bench.clock.advance(100);
  bob.session.reject(603);
  await bench.clock.advance(10);
  expect(alice.heard.slice(2)).toEqual(['ended remote rejected 603']);
  await bench.clock.advance(100);
  expect(carol.heard).toEqual(['ended remote cancelled 487']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §16.7 the best of the failures is the one that is told', () => {
  const end = (statusCode: number, made = false): SessionEnd => ({
    by: 'remote',
    cause: 'rejected',
    statusCode,
    reasonPhrase: null,
    reason: [],
    ...(made ? {} : { response: {} as never }),
  });
  const best = (...ends: SessionEnd[]) => bestFailure(ends)?.statusCode;
  expect(best(end(503), end(486), end(404))).toBe(486);
  expect(best(end(486), end(407))).toBe(407);
  expect(best(end(404), end(603), end(302))).toBe(603);
  expect(best(end(404), end(302))).toBe(302);
  expect(best(end(408, true), end(486))).toBe(486);
  expect(best(end(503, true), end(500))).toBe(500);
  expect(best()).toBeUndefined();
});

test('RFC 3261 §13.2.1 each branch rings for its time, then gets CANCEL', async () => {
  const { bench, alice, bob } = await three();
  alice.call(bob, { ringTimeoutMs: 20_000 });
  await bench.clock.advance(19_999);
  expect(alice.heard).toEqual(['progress 180']);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 180', 'ended local ring-timeout 408']);
  expect(bob.heard).toEqual(['ended remote cancelled 487']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §9.1 an answer that crosses the CANCEL of the ring timeout is hung up', async () => {
  const { bench, alice, bob } = await three();
  alice.call(bob, { ringTimeoutMs: 20_000 });
  await bench.clock.advance(19_999.5);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 180', 'ended local ring-timeout 408']);
  expect(bob.heard).toEqual(['confirmed null', 'ended remote bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §17.1.1.2 a silent contact may be given up on before Timer B; a late answer is hung up', async () => {
  const { bench, alice, bob } = await three();
  bench.lose = ({ atMs, from }) => from === 'bob' && atMs < 5000;
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  alice.call(bob, { noAnswerMs: 3000 });
  await bench.clock.advance(3000);
  expect(alice.heard).toEqual(['ended local no-response']);
  await bench.clock.advance(10_000);
  expect(bob.heard).toEqual(['confirmed null', 'ended remote bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §8.1.3.4 a 3xx is followed only where it is allowed, each Contact once', async () => {
  const { bench, alice, bob, carol } = await three();
  const contact: [string, string] = ['Contact', '<sip:user@10.0.0.3>, <sip:user@10.0.0.2>, <sip:x@example.com>'];
  bob.onInvite = (session) => session.reject(302, { headers: [contact] });
  carol.onInvite = (session) => session.accept({ body: ANSWER });
  alice.call([], { branches: [branch(bob)], to: nameAddr(sipUri({ user: 'u', host: 'x' })) });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['ended remote rejected 302']);
  const call = alice.call([], {
    branches: [branch(bob)],
    to: nameAddr(sipUri({ user: 'u', host: 'x' })),
    followRedirects: true,
  });
  await bench.clock.advance(100);
  expect(alice.heard.slice(1)).toEqual(['answered v=0 answer']);
  expect(bob.incoming).toHaveLength(2);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §8.1.3.4 of thirty Contacts one call is tried at twenty places, the others are counted', async () => {
  const { bench, alice, bob } = await three();
  const contacts = Array.from({ length: 30 }, (_, index) => `<sip:user${index}@10.0.0.3>`).join(', ');
  bob.onInvite = (session) => session.reject(302, { headers: [['Contact', contacts]] });
  const call = alice.call(bob, { followRedirects: true });
  await bench.clock.advance(100);
  expect(bench.ladder().filter((line) => line === 'alice > carol INVITE')).toHaveLength(19);
  expect(alice.ua.counters.branchesIgnored).toBe(11);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §8.1.3.4 the Contacts of a 3xx are tried by q', async () => {
  const { bench, alice, bob } = await three();
  const carol = await bench.agent('dora', '10.0.0.9');
  carol.onInvite = (session) => session.reject(486);
  bob.onInvite = (session) => {
    const { uri } = session.invite;
    if ('user' in uri && uri.user === 'second') session.accept({ body: ANSWER });
    else session.reject(302, { headers: [['Contact', '<sip:second@10.0.0.2>;q=0.2, <sip:first@10.0.0.9>;q=0.9']] });
  };
  const call = alice.call(bob, { followRedirects: true });
  await bench.clock.advance(100);
  const tried = bench.sent('INVITE').map((invite) => (invite.kind === 'request' ? serializeUri(invite.uri) : ''));
  expect(tried).toEqual(['sip:bob@10.0.0.2:5060', 'sip:first@10.0.0.9', 'sip:second@10.0.0.2']);
  expect([carol.incoming.length, call.state]).toEqual([1, 'confirmed']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 7044 §5 History-Info tells every target, why it was left, and what comes before', async () => {
  const { bench, alice, bob } = await three();
  bob.onInvite = (session) => {
    const { uri } = session.invite;
    const user = 'user' in uri ? uri.user : '';
    const [next, mechanism] = user === 'bob' ? ['office', ';mp=1'] : ['voicemail', ''];
    if (user === 'voicemail') session.accept({ body: ANSWER });
    else session.reject(302, { headers: [['Contact', `<sip:${next}@10.0.0.2>${mechanism}`]] });
  };
  const before = [{ uri: sipUri({ user: 'sales', host: 'example.com' }), index: [1] }];
  const call = alice.call(bob, { followRedirects: true, history: before });
  await bench.clock.advance(100);
  const invite = bench.sent('INVITE').at(-1)!;
  const reason = 'Reason=SIP%3Bcause%3D302%3Btext%3D%22Moved%20Temporarily%22';
  expect(invite.headers.all('History-Info').map((value) => value.replaceAll(' ', ''))).toEqual([
    '<sip:sales@example.com>;index=1',
    `<sip:bob@10.0.0.2:5060?${reason}>;index=1.1`,
    `<sip:office@10.0.0.2?${reason}>;index=1.1.1;mp=1.1`,
    '<sip:voicemail@10.0.0.2>;index=1.1.1.1',
  ]);
  expect(tokens(invite, 'Supported')).toContain('histinfo');
  const read = historyInfo(bob.session.invite);
  expect(read.ok && read.value.map(({ reason: why }) => why[0]?.cause)).toEqual([undefined, 302, 302, undefined]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 5806 §4 a Diversion goes with the contact that it is for', async () => {
  const { bench, alice, bob } = await three();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const value = serializeDiversion({ uri: sipUri({ user: 'alice', host: 'example.com' }), reason: 'user-busy' });
  const requestUri = sipUri({ user: 'bob', host: '10.0.0.2' });
  const call = alice.call(bob, {
    branches: [{ target: bob.target, requestUri, headers: [['Diversion', value]] }],
  });
  await bench.clock.advance(100);
  const read = diversions(bob.session.invite);
  expect(read).toMatchObject({
    ok: true,
    value: [{ reason: 'user-busy', counter: 1, address: { uri: { user: 'alice' } } }],
  });
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §21.4.18 a branch whose connection is gone fails at once with 480', async () => {
  const { bench, alice, bob } = await three();
  const closed = {
    kind: 'tcp' as const,
    local: { address: alice.address, port: 5060 },
    remote: { address: bob.address, port: 40_000 },
    connectionId: 'gone',
    isOpen: false,
  };
  const target: Target = { kind: 'tcp', address: bob.address, port: 40_000, flow: closed };
  alice.call([target]);
  expect(alice.heard).toEqual([]);
  await bench.clock.advance(0);
  expect(alice.heard).toEqual(['ended local transport 480']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §16.9 a host that refuses the connection counts as 503', async () => {
  const { bench, alice } = await three();
  alice.call([{ kind: 'tcp', address: '10.0.0.77', port: 5060 }]);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['ended local transport 503']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §13.2.2.4 an attempt that is ended while it is told of the answer acknowledges first', async () => {
  const { bench, alice, bob } = await three();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  alice.handlers = {
    onAnswered: () => {
      call.end();
      return undefined;
    },
  };
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(bench.ladder()).toEqual([
    'alice > bob INVITE',
    'bob > alice 200 INVITE',
    'alice > bob ACK',
    'alice > bob BYE',
    'bob > alice 200 BYE',
  ]);
  expect(alice.heard).toEqual(['ended local bye']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §8.1.1 a handler that throws ends its own session and no other', async () => {
  const { bench, alice, bob, carol } = await three();
  const fault = (): never => {
    throw new Error('fault of the application');
  };
  bob.onInvite = fault;
  alice.call(bob);
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['ended remote rejected 500']);
  carol.onInvite = (session) => session.accept({ body: ANSWER });
  carol.handlers = { onRequest: fault };
  const asked = alice.call(carol);
  await bench.clock.advance(100);
  const answer = asked.request('INFO');
  await bench.clock.advance(100);
  expect((await answer).statusCode).toBe(500);
  expect(alice.heard.at(-1)).toBe('ended remote bye');
  carol.handlers = { onOffer: fault };
  const call = alice.call(carol);
  await bench.clock.advance(100);
  const outcome = call.reinvite(OFFER);
  await bench.clock.advance(100);
  expect(await outcome).toEqual({ ok: false, statusCode: 487 });
  expect(carol.heard.at(-1)).toBe('ended local internal-error 500');
  for (const name of ['onProgress', 'onAnswered'] as const) {
    alice.handlers = { [name]: fault };
    bob.onInvite = (session) => {
      session.progress(180);
      session.accept({ body: ANSWER });
    };
    alice.call(bob);
    await bench.clock.advance(1000);
    expect([name, alice.heard.at(-1)]).toEqual([name, 'ended local internal-error 500']);
    expect(bob.heard.at(-1)).toBe('ended remote bye');
  }
  await bench.expectNothingLeft();
});

test('RFC 3261 §16.6 an attempt needs a branch', async () => {
  const { alice } = await three();
  const to = nameAddr(sipUri({ user: 'u', host: 'x' }));
  expect(() => alice.call([], { branches: [], to })).toThrow(NoBranchError);
});

test('RFC 3261 §15 closing the user agent tells every peer once and waits for nobody', async () => {
  const { bench, alice, bob, carol } = await three();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  alice.call(bob);
  alice.call(carol);
  carol.call(alice);
  const request = alice.ua.request({
    method: 'OPTIONS',
    uri: sipUri({ host: 'x' }),
    target: { ...bob.target, port: 9 },
  });
  await bench.clock.advance(100);
  bench.wire.length = 0;
  await alice.ua.close();
  await alice.ua.close();
  expect((await request).statusCode).toBe(503);
  expect(alice.heard.filter((line) => line.startsWith('ended'))).toEqual([
    'ended local closed',
    'ended local closed',
    'ended local closed 503',
  ]);
  expect(alice.ua.counts()).toEqual({ dialogs: 0, sessions: 0, transactions: 0 });
  await bench.clock.advance(100);
  expect(bob.heard.at(-1)).toBe('ended remote bye');
  expect(carol.heard).toEqual(['progress 180', 'ended remote cancelled 487', 'ended remote rejected 503']);
  await bench.expectNothingLeft();
});

test('RFC 3261 §16.7 each contact may be offered something else; the index is its place, whatever its q', async () => {
  const { bench, alice, bob, carol } = await three();
  const branches = [
    { ...branch(bob, 0.5), body: Buffer.from('for bob') },
    { ...branch(carol, 1), body: undefined },
  ];
  const answered: number[] = [];
  const from = nameAddr(sipUri({ user: 'alice', host: alice.address }));
  const to = nameAddr(sipUri({ user: 'user', host: 'home.example' }));
  const onAnswered = (info: { readonly branch: number }): number => answered.push(info.branch);
  const handlers = { onAnswered, onEnded: () => undefined };
  alice.ua.invite({ branches, from, to, contactUser: 'alice', body: OFFER }, handlers);
  await bench.clock.advance(100);
  expect(carol.session.offer).toEqual(OFFER);
  carol.session.end();
  await bench.clock.advance(100);
  expect(bob.session.offer?.toString()).toBe('for bob');
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(answered).toEqual([0]);
});
