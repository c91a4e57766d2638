import { expect, test } from 'vitest';
import { createRequest, type RequestParts } from '../../../sip/build.js';
import { nameAddr, tagOf } from '../../../sip/header-values.js';
import type { SipResponse } from '../../../sip/message.js';
import { parseUri, sipUri } from '../../../sip/uri.js';
import { ANSWER, OFFER, UaBench } from '../../support/ua-bench.js';

async function pair() {
  const bench = new UaBench();
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  return { bench, alice, bob };
}

const contact = ['Contact', '<sip:alice@10.0.0.1>'] as const;

/** Sends a request that alice would never make, and gives bob's answer. */
async function answerTo(
  { bench, alice, bob }: Awaited<ReturnType<typeof pair>>,
  parts: Partial<RequestParts> & { readonly method: string },
): Promise<SipResponse> {
  const request = createRequest({
    uri: sipUri({ user: 'bob', host: bob.address }),
    from: nameAddr(sipUri({ user: 'alice', host: alice.address }), { tag: 'a1' }),
    to: nameAddr(sipUri({ user: 'bob', host: bob.address })),
    callId: `call${bench.wire.length}`,
    cseq: { sequence: 7 },
    headers: parts.method === 'INVITE' ? [contact] : [],
    ...parts,
  });
  let answer: SipResponse | null = null;
  const onResponse = (response: SipResponse): void => {
    answer = response;
  };
  alice.ua.transactions.request(request, bob.target, {
    onResponse,
    onTimeout: () => undefined,
    onTransportError: () => undefined,
  });
  await bench.clock.until(() => answer !== null && (answer as SipResponse).statusCode >= 200);
  return answer as unknown as SipResponse;
}

const sdp = { body: OFFER, contentType: 'application/sdp' };
const inviteTypes = 'application/sdp, multipart/mixed, multipart/alternative';

test('RFC 3261 §8.2.1 a method that nobody handles gets 405 with Allow of what is handled', async () => {
  const flow = await pair();
  flow.bob.ua.handle('MESSAGE', (transaction) => flow.bob.ua.respond(transaction, 202));
  const answer = await answerTo(flow, { method: 'PUBLISH' });
  expect(answer.statusCode).toBe(405);
  expect(answer.headers.get('Allow')).toBe('INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, PRACK, MESSAGE');
  expect(tagOf(answer.to)).toBeDefined();
  expect(answer.headers.get('Server')).toBe('bob');
  expect((await answerTo(flow, { method: 'MESSAGE' })).statusCode).toBe(202);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §8.2.2.1 a Request-URI of another scheme gets 416, tel is understood', async () => {
  const flow = await pair();
  for (const [text, statusCode] of [
    ['mailto:bob@example.com', 416],
    ['tel:+49301234', 200],
  ] as const) {
    const read = parseUri(text);
    if (!read.ok) throw new Error(text);
    expect((await answerTo(flow, { method: 'OPTIONS', uri: read.value })).statusCode).toBe(statusCode);
  }
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §8.2.2.2 the same request that came on two ways is answered 482 on the second', async () => {
  const flow = await pair();
  flow.bob.onInvite = () => undefined;
  const { alice, bob, bench } = flow;
  const invite = createRequest({
    method: 'INVITE',
    uri: sipUri({ user: 'bob', host: bob.address }),
    from: nameAddr(sipUri({ user: 'alice', host: alice.address }), { tag: 'a1' }),
    to: nameAddr(sipUri({ user: 'bob', host: bob.address })),
    callId: 'twice',
    cseq: { sequence: 7 },
    headers: [contact],
    ...sdp,
  });
  const silent = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };
  const first = alice.ua.transactions.request(invite, bob.target, silent);
  alice.ua.transactions.request(invite, bob.target, silent);
  await bench.clock.advance(1000);
  expect(bob.incoming).toHaveLength(1);
  expect(bench.sent('482 INVITE')).toHaveLength(1);
  first.cancel();
  await bench.expectNothingLeft();
});

test('RFC 3261 §8.1.1.6 an INVITE with no hop left gets 483; OPTIONS and REGISTER end here anyway', async () => {
  const flow = await pair();
  flow.bob.ua.handle('REGISTER', (transaction) => flow.bob.ua.respond(transaction, 200));
  expect((await answerTo(flow, { method: 'INVITE', maxForwards: 0, ...sdp })).statusCode).toBe(483);
  expect((await answerTo(flow, { method: 'OPTIONS', maxForwards: 0 })).statusCode).toBe(200);
  expect((await answerTo(flow, { method: 'REGISTER', maxForwards: 0 })).statusCode).toBe(200);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §8.2.2.3 required extensions that we do not have get 420 with Unsupported', async () => {
  const flow = await pair();
  const headers = [contact, ['Require', 'Precondition, 100rel, Foo'], ['Require', 'bar']] as const;
  const answer = await answerTo(flow, { method: 'INVITE', headers, ...sdp });
  expect([answer.statusCode, answer.headers.get('Unsupported')]).toEqual([420, 'precondition, foo, bar']);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §8.2.3 a body of another type gets 415 with Accept, an encoded one with Accept-Encoding', async () => {
  const flow = await pair();
  const text = await answerTo(flow, { method: 'INVITE', body: OFFER, contentType: 'text/plain' });
  expect([text.statusCode, text.headers.get('Accept')]).toEqual([415, inviteTypes]);
  const encoded = await answerTo(flow, { method: 'INVITE', headers: [contact, ['Content-Encoding', 'gzip']], ...sdp });
  expect([encoded.statusCode, encoded.headers.get('Accept-Encoding')]).toEqual([415, 'identity']);
  const untyped = await answerTo(flow, { method: 'INVITE', body: OFFER });
  expect([untyped.statusCode, untyped.reasonPhrase]).toEqual([400, 'Bad Content-Type']);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §8.1.1.8 an INVITE without exactly one Contact gets 400 that says so', async () => {
  const flow = await pair();
  const answers = [];
  for (const headers of [[], [['Contact', '*']], [['Contact', '<sip:a@b>, <sip:c@d>']], [['Contact', '<sip:a@b']]]) {
    const { statusCode, reasonPhrase } = await answerTo(flow, {
      method: 'INVITE',
      headers: headers as [string, string][],
      ...sdp,
    });
    answers.push(`${statusCode} ${reasonPhrase}`);
  }
  expect(answers).toEqual(['400 Missing Contact', '400 Bad Contact', '400 Bad Contact', '400 Bad Contact']);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §12.2.2 a request of a dialog that is not ours gets 481, a CANCEL of no INVITE too', async () => {
  const flow = await pair();
  const to = nameAddr(sipUri({ user: 'bob', host: '10.0.0.2' }), { tag: 'unknown' });
  for (const method of ['BYE', 'INVITE', 'OPTIONS', 'INFO']) {
    expect([method, (await answerTo(flow, { method, to })).statusCode]).toEqual([method, 481]);
  }
  expect((await answerTo(flow, { method: 'BYE' })).statusCode).toBe(481);
  expect((await answerTo(flow, { method: 'CANCEL' })).statusCode).toBe(481);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §11.2 OPTIONS outside a dialog gets 200 with what we understand', async () => {
  const flow = await pair();
  const answer = await answerTo(flow, { method: 'OPTIONS' });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers.get('Allow')).toBe(flow.bob.ua.allow());
  expect(answer.headers.get('Accept')).toBe(inviteTypes);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §11 OPTIONS inside a dialog gets 200, a method of nobody 405, one of the application its answer', async () => {
  const flow = await pair();
  const { alice, bob, bench } = flow;
  bob.handlers = {
    onRequest: (transaction) => {
      if (transaction.request.method !== 'INFO') return false;
      bob.ua.respond(transaction, 200, { headers: [['Info-Package', 'x']] });
      return true;
    },
  };
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const codes = [];
  for (const method of ['OPTIONS', 'PUBLISH', 'INFO']) {
    const answer = call.request(method, { headers: [['X-Test', '1']] });
    await bench.clock.advance(100);
    codes.push(`${method} ${(await answer).statusCode}`);
  }
  expect(codes).toEqual(['OPTIONS 200', 'PUBLISH 405', 'INFO 200']);
  expect(call.state).toBe('confirmed');
  call.end();
  await bench.clock.advance(100);
  expect((await call.request('INFO')).statusCode).toBe(481);
  expect(await call.reinvite(OFFER)).toEqual({ ok: false, statusCode: 481 });
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2.2 a request out of order gets 500 and changes nothing', async () => {
  const flow = await pair();
  const { alice, bob, bench } = flow;
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const { from, to, callId } = bench.sent('200 INVITE')[0]!;
  const answer = await answerTo(flow, { method: 'BYE', from, to, callId, cseq: { sequence: 0 } });
  expect(answer.statusCode).toBe(500);
  expect(bob.session.state).toBe('confirmed');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §8.2 the filter is asked before any other check, and may drop', async () => {
  const flow = await pair();
  const seen: string[] = [];
  flow.bob.ua.admit((transaction) => {
    seen.push(transaction.request.method);
    flow.bob.ua.respond(transaction, 403);
    return false;
  });
  expect((await answerTo(flow, { method: 'WHATEVER' })).statusCode).toBe(403);
  expect((await answerTo(flow, { method: 'INVITE', ...sdp })).statusCode).toBe(403);
  expect(seen).toEqual(['WHATEVER', 'INVITE']);
  expect(flow.bob.incoming).toEqual([]);
  await flow.bench.expectNothingLeft();
});

test('RFC 3261 §8.1.3.1 a request that nobody answers is a 408, one that cannot be sent a 503', async () => {
  const { bench, alice } = await pair();
  const to = (kind: 'udp' | 'tcp') => ({ kind, address: '10.0.0.88', port: 5060 });
  const uri = sipUri({ host: '10.0.0.88' });
  const lost = alice.ua.request({ method: 'OPTIONS', uri, target: to('udp') });
  const refused = alice.ua.request({ method: 'OPTIONS', uri, target: to('tcp') });
  await bench.clock.advance(33_000);
  expect([(await lost).statusCode, (await refused).statusCode]).toEqual([408, 503]);
  await bench.expectNothingLeft();
});

test('RFC 3261 §12.2.1.1 a caller behind NAT gets ACK, BYE and re-INVITE on the way its INVITE came', async () => {
  const flow = await pair();
  const { alice, bob, bench } = flow;
  const answer = await answerTo(flow, {
    method: 'INVITE',
    headers: [['Contact', '<sip:alice@192.168.77.5:5099>']],
    ...sdp,
  });
  expect(answer.statusCode).toBe(200);
  bob.session.end();
  bench.wire.length = 0;
  await bench.clock.advance(33_000);
  const bye = bench.wire.find(({ text }) => text === 'BYE');
  expect([bye?.from, bye?.to]).toEqual(['bob', 'alice']);
  expect(bye?.message.kind === 'request' && bye.message.uri).toMatchObject({ host: '192.168.77.5', port: 5099 });
  expect(alice.heard).toEqual([]);
  await bench.expectNothingLeft();
});

test('RFC 3261 §22.2 a re-INVITE and a BYE that are challenged are repeated with credentials', async () => {
  const { bench, alice, bob } = await pair();
  const challenge = ['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'] as const;
  const seen: string[] = [];
  bob.handlers = {
    onOffer: (_offer, reply) => {
      const invite = bench.sent('INVITE').at(-1)!;
      const authorization = invite.headers.get('Authorization');
      if (authorization === undefined) reply.reject(401, [challenge]);
      else {
        seen.push(/nc=\d+/.exec(authorization)?.[0] ?? '');
        reply.accept(ANSWER);
      }
    },
    onRequest: (transaction) => {
      const authorization = transaction.request.headers.get('Authorization');
      seen.push(`INFO ${/nc=\d+/.exec(authorization ?? '')?.[0]}`);
      bob.ua.respond(transaction, authorization === undefined ? 401 : 200, { headers: [challenge] });
      return true;
    },
  };
  const call = alice.call(bob, { credentials: { username: 'alice', password: 'x' } });
  await bench.clock.advance(100);
  const reinvited = call.reinvite(OFFER);
  await bench.clock.advance(100);
  expect((await reinvited).ok).toBe(true);
  const answer = call.request('INFO');
  await bench.clock.advance(100);
  expect((await answer).statusCode).toBe(200);
  // The same nonce again: its count goes on.
  expect(seen).toEqual(['nc=00000001', 'INFO undefined', 'INFO nc=00000002']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3261 §26.3.2.4 a stateless challenge leaves nothing, and its copies have the same To tag', async () => {
  const flow = await pair();
  const { alice, bob } = flow;
  const transactions: number[] = [];
  bob.ua.handle('REGISTER', (transaction) => {
    bob.ua.respondStateless(transaction, 401, { headers: [['WWW-Authenticate', 'Digest realm="r", nonce="n"']] });
    transactions.push(bob.ua.counts().transactions);
    bob.ua.respond(transaction, 200);
  });
  const answer = await answerTo(flow, { method: 'REGISTER' });
  expect([answer.statusCode, answer.headers.get('WWW-Authenticate')]).toEqual([401, 'Digest realm="r", nonce="n"']);
  expect(answer.headers.get('Server')).toBe('bob');
  expect(tagOf(answer.to)).toMatch(/^[0-9a-f]{16}$/);
  expect([transactions, bob.ua.counts().transactions, alice.ua.counts().transactions]).toEqual([[0], 0, 1]);
  await flow.bench.expectNothingLeft();
});
