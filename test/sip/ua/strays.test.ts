import { describe, expect, test } from 'vitest';
import { tagOf } from '../../../sip/header-values.js';
import type { SipRequest } from '../../../sip/message.js';
import { presencePackage } from '../../../sip/packages/presence.js';
import { Params } from '../../../sip/params.js';
import { Subscriptions } from '../../../sip/ua/subscriptions.js';
import { sipUri } from '../../../sip/uri.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';
import { type AgentOptions, ANSWER, OFFER, UaBench } from '../../support/ua-bench.js';

const HOST = '10.0.0.2';

/** Bob, who answers every call, and a socket that says whatever a test wants. */
async function desk(options: AgentOptions = {}) {
  const bench = new UaBench();
  const bob = await bench.agent('bob', HOST, options);
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const stranger = await SipEndpoint.open(bench.network.host('10.0.0.9'), '10.0.0.9', { server: HOST });
  const settle = (): Promise<void> => bench.clock.advance(10);
  const codes = (request: SipRequest): number[] => stranger.answersTo(request).map(({ statusCode }) => statusCode);
  const finish = async (): Promise<void> => {
    await bench.expectNothingLeft();
    expect(bob.ua.transactions.counters.userFailures).toBe(0);
  };
  return { bench, bob, stranger, settle, codes, finish };
}

const invite = { method: 'INVITE', user: 'bob', callId: 'call', sequence: 1, fromTag: 'f', body: OFFER };

describe('requests that belong nowhere', () => {
  test.each(['BYE', 'INVITE', 'PRACK', 'UPDATE', 'INFO', 'OPTIONS', 'NOTIFY', 'REFER', 'SUBSCRIBE', 'MESSAGE'])(
    'RFC 3261 §12.2.2 %s in a dialog of nobody gets 481 and is counted',
    async (method) => {
      const { bob, stranger, settle, codes, finish } = await desk();
      const request = stranger.send({ method, user: 'bob', toTag: 'nobody' });
      await settle();
      expect(codes(request)).toEqual([481]);
      expect(bob.ua.counters.unknownDialogs).toBe(1);
      expect(bob.ua.counts()).toEqual({ dialogs: 0, sessions: 0, transactions: 0 });
      await finish();
    },
  );

  test.each(['BYE', 'PRACK', 'UPDATE'])(
    'RFC 3261 §15.1.2, RFC 3262 §3, RFC 3311 §5.2 %s without a To tag gets 481',
    async (method) => {
      const { stranger, settle, codes, finish } = await desk();
      const request = stranger.send({ method, user: 'bob' });
      await settle();
      expect(codes(request)).toEqual([481]);
      await finish();
    },
  );

  test('RFC 6665 §4.1.3 a NOTIFY that no subscription waits for gets 481 where events are served', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const packages = [{ package: presencePackage }];
    bob.ua.use(new Subscriptions(bob.ua.context, { packages, onSubscribe: () => ({ status: 'active' }) }));
    const headers = [
      ['Event', 'presence'],
      ['Subscription-State', 'active'],
    ] as const;
    const request = stranger.send({ method: 'NOTIFY', user: 'bob', toTag: 'x', headers });
    await settle();
    expect(codes(request)).toEqual([481]);
    await finish();
  });

  test('RFC 3261 §9.2 a CANCEL of nothing gets 481 and is counted', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const request = stranger.send({ method: 'CANCEL', user: 'bob' });
    await settle();
    expect(codes(request)).toEqual([481]);
    expect(bob.ua.transactions.counters.unmatchedCancels).toBe(1);
    await finish();
  });

  test('RFC 3261 §17.1.1.3 an ACK of nothing is dropped and counted, in a dialog or not', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const acks = [
      stranger.send({ method: 'ACK', user: 'bob' }),
      stranger.send({ method: 'ACK', user: 'bob', toTag: 'x' }),
    ];
    await settle();
    expect(acks.map(codes)).toEqual([[], []]);
    expect(bob.ua.counters.strayAcks).toBe(2);
    await finish();
  });

  test('RFC 3261 §8.1.3.1 a request of ours to a connection that is gone is a 503, counted; nothing else is dialled', async () => {
    const { bob, stranger, settle, finish } = await desk();
    const remote = { address: stranger.address, port: 5060 };
    const flow = {
      kind: 'tcp',
      local: { address: HOST, port: 5060 },
      remote,
      connectionId: 'gone',
      isOpen: false,
    } as const;
    const answer = bob.ua.request({
      method: 'OPTIONS',
      uri: sipUri({ host: stranger.address }),
      target: { kind: 'tcp', ...remote, flow },
    });
    await settle();
    expect((await answer).statusCode).toBe(503);
    expect(bob.ua.transactions.counters.requestFailures).toBe(1);
    expect(stranger.received).toEqual([]);
    await finish();
  });

  test('RFC 3261 §18.2.1 what comes to a transport that was closed is heard by nobody', async () => {
    const { bob, stranger, settle, codes } = await desk();
    await bob.ua.close();
    const request = stranger.send({ method: 'OPTIONS', user: 'bob' });
    await settle();
    expect(codes(request)).toEqual([]);
    expect(bob.transport.counters.requestsReceived).toBe(0);
  });
});

describe('loops', () => {
  test('RFC 3261 §8.2.2.2 the same request on another way gets 482, counted, and rings once', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const [first, second] = ['one', 'two'].map((way) => stranger.send({ ...invite, branch: `z9hG4bK${way}` }));
    await settle();
    expect([codes(first!), codes(second!)]).toEqual([[200], [482]]);
    expect(bob.incoming).toHaveLength(1);
    expect(bob.ua.counters.merged).toBe(1);
    await finish();
  });

  test('RFC 3261 §8.1.1.6 no hop left is 483 and counted; what ends here anyway is answered', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const [call, question] = [stranger.send(invite), stranger.send({ method: 'OPTIONS', user: 'bob' })];
    for (const request of [call, question]) {
      const branch = `${request.via[0]!.params.get('branch')}0`;
      const via = [{ ...request.via[0]!, params: Params.of({ branch, rport: null }) }];
      const callId = `${request.callId}0`;
      stranger.sendMessage({ ...request, via, callId, maxForwards: 0 });
      request.via = via;
    }
    await settle();
    expect([codes(call), codes(question)]).toEqual([[483], [200]]);
    expect(bob.ua.counters.tooManyHops).toBe(1);
    await finish();
  });

  test('RFC 3261 §12 a call to our own Contact is a call like any other, to its end', async () => {
    const { bench, bob, finish } = await desk();
    const call = bob.call(bob);
    await bench.clock.advance(100);
    expect(call.state).toBe('confirmed');
    expect(bob.session.state).toBe('confirmed');
    call.end();
    await bench.clock.advance(100);
    expect(bob.ends.map(({ by }) => by).sort()).toEqual(['local', 'remote']);
    expect(bob.ua.counters.merged).toBe(0);
    await finish();
  });

  test('RFC 3261 §16.3 a call that a proxy brings back to us is a spiral: counted, and ended by its hops if it never ends', async () => {
    const { bench, bob, stranger, settle, finish } = await desk();
    bob.onInvite = (session) => session.reject(480);
    const call = bob.call([{ kind: 'udp', address: stranger.address, port: 5060 }]);
    await settle();
    const [ours] = stranger.requests('INVITE');
    const around = (hop: number, maxForwards: number): SipRequest => {
      const params = Params.of({ branch: `z9hG4bKproxy${hop}` });
      const via = [{ protocol: 'UDP', host: stranger.address, port: 5060, params }, ...ours!.via];
      // Another Call-ID for each, as a B2BUA on the way would give: else the second one is merged with the first.
      return { ...ours!, via, maxForwards, callId: `${ours!.callId}${hop}` };
    };
    stranger.sendMessage(around(1, 1));
    stranger.sendMessage(around(2, 0));
    await settle();
    const answers = stranger.received.flatMap((message) => (message.kind === 'response' ? [message.statusCode] : []));
    expect(answers.sort()).toEqual([480, 483]);
    expect(bob.ua.counters).toMatchObject({ returned: 2, tooManyHops: 1 });
    call.end();
    await bench.clock.advance(100_000);
    await finish();
  });

  test('RFC 3261 §12.2.2 a caller whose Contact is our own address: the BYE comes round to us, and the call is over', async () => {
    const { bob, stranger, settle, codes, finish } = await desk({ nat: 'off' });
    const request = stranger.send({ ...invite, headers: [['Contact', `<sip:bob@${HOST}>`]] });
    await settle();
    const [ok] = stranger.answersTo(request);
    const ack = { ...request, via: [{ ...request.via[0]!, params: Params.of({ branch: 'z9hG4bKack' }) }], to: ok!.to };
    stranger.sendMessage({ ...ack, method: 'ACK', cseq: { sequence: 1, method: 'ACK' }, body: Buffer.alloc(0) });
    await settle();
    expect([codes(request), bob.session.state]).toEqual([[200], 'confirmed']);
    bob.session.end();
    await settle();
    expect(bob.session.state).toBe('ended');
    expect(stranger.requests('BYE')).toEqual([]);
    expect(bob.ua.counters.unknownDialogs).toBe(1);
    await finish();
  });

  test('RFC 3261 §17.2.3 a request that names our own Via and branch is a request, and not our answer', async () => {
    const { bench, bob, stranger, settle, finish } = await desk();
    const call = bob.call([{ kind: 'udp', address: stranger.address, port: 5060 }]);
    await settle();
    const [ours] = stranger.requests('INVITE');
    stranger.sendMessage({ ...ours!, cseq: { ...ours!.cseq }, via: [...ours!.via] });
    await settle();
    // To ourselves again, by whoever sent it back: rung as any other, while ours goes on.
    expect(bob.incoming).toHaveLength(1);
    expect(bob.ua.counters.returned).toBe(1);
    expect(call.state).toBe('calling');
    call.end();
    await bench.clock.advance(100_000);
    await finish();
  });
});

describe('responses that belong nowhere', () => {
  /** Bob asks; the stranger answers by hand. */
  const asked = async () => {
    const flow = await desk();
    const { bob, stranger, settle } = flow;
    const outcome = bob.ua.options({
      uri: sipUri({ host: stranger.address }),
      target: { kind: 'udp', address: stranger.address, port: 5060 },
    });
    await settle();
    const [request] = stranger.requests('OPTIONS');
    return { ...flow, request: request!, outcome };
  };

  const strays: readonly (readonly [what: string, change: (request: SipRequest) => SipRequest])[] = [
    [
      'another branch',
      (request) => ({ ...request, via: [{ ...request.via[0]!, params: Params.of({ branch: 'z9hG4bKx' }) }] }),
    ],
    ['no branch', (request) => ({ ...request, via: [{ ...request.via[0]!, params: new Params() }] })],
    ['another method', (request) => ({ ...request, cseq: { ...request.cseq, method: 'INVITE' } })],
    [
      'another sequence number',
      (request) => ({ ...request, cseq: { ...request.cseq, sequence: request.cseq.sequence + 1 } }),
    ],
    ['another Call-ID', (request) => ({ ...request, callId: 'guessed' })],
  ];

  test.each(strays)('RFC 3261 §17.1.3 a response with %s is dropped and counted', async (_, change) => {
    const { bob, stranger, settle, request, outcome, finish } = await asked();
    stranger.respond(change(request), 404);
    await settle();
    expect(bob.ua.transactions.counters.strayResponses).toBe(1);
    stranger.respond(request, 200);
    await settle();
    expect(await outcome).toMatchObject({ response: { statusCode: 200 } });
    await finish();
  });

  test('RFC 3261 §18.1.2 a response whose Via is not ours is dropped and counted', async () => {
    const { bob, stranger, settle, request, outcome, finish } = await asked();
    for (const top of [{ host: 'elsewhere.example' }, { port: 5099 }]) {
      stranger.respond({ ...request, via: [{ ...request.via[0]!, ...top }] }, 404);
    }
    await settle();
    expect(bob.transport.counters.misroutedResponses).toBe(2);
    stranger.respond(request, 200);
    await settle();
    expect(await outcome).toMatchObject({ response: { statusCode: 200 } });
    await finish();
  });

  test('RFC 3261 §17.1.2.2 a repeated final response, and one with another To tag, change nothing', async () => {
    const { bob, stranger, settle, request, outcome, finish } = await asked();
    stranger.respond(request, 200);
    stranger.respond(request, 200);
    stranger.respond(request, 486, { toTag: 'another' });
    await settle();
    expect(await outcome).toMatchObject({ response: { statusCode: 200 } });
    expect(bob.ua.transactions.counters.strayResponses).toBe(0);
    await finish();
  });
});

describe('requests that come again', () => {
  test('RFC 6026 §7.1 an INVITE that comes again after its 2xx is absorbed', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const request = stranger.send(invite);
    await settle();
    stranger.sendMessage({ ...request, cseq: { ...request.cseq } });
    await settle();
    expect(codes(request)).toEqual([200]);
    expect(bob.incoming).toHaveLength(1);
    expect(bob.ua.transactions.counters.retransmissions).toBe(1);
    await finish();
  });

  test('RFC 3261 §17.2.3 the branch alone decides: another sequence number in it is the same request', async () => {
    const { bob, stranger, settle, codes, finish } = await desk();
    const request = stranger.send({ method: 'PUBLISH', user: 'bob', sequence: 1 });
    stranger.sendMessage({ ...request, cseq: { ...request.cseq, sequence: 2 } });
    await settle();
    expect(codes(request)).toEqual([405, 405]);
    expect(stranger.answersTo(request).map(({ cseq }) => cseq.sequence)).toEqual([1, 1]);
    expect(bob.ua.transactions.counters.retransmissions).toBe(1);
    await finish();
  });
});

describe('a callee that says too much', () => {
  const called = async () => {
    const flow = await desk();
    const { bob, stranger, settle } = flow;
    const call = bob.call([{ kind: 'udp', address: stranger.address, port: 5060 }]);
    await settle();
    const [request] = stranger.requests('INVITE');
    return { ...flow, call, request: request! };
  };

  test('RFC 3261 §12.1.2 of forty forks 32 open dialogs, the others are counted; an answer of any is taken', async () => {
    const { bench, bob, stranger, settle, call, request, finish } = await called();
    for (let fork = 0; fork < 40; fork += 1) stranger.respond(request, 180, { toTag: `fork${fork}` });
    await settle();
    expect(bob.ua.counts().dialogs).toBe(32);
    expect(bob.ua.counters.forksIgnored).toBe(8);
    stranger.respond(request, 200, { toTag: 'fork39', body: ANSWER, contentType: 'application/sdp' });
    await settle();
    expect(call.state).toBe('confirmed');
    expect(stranger.requests('ACK').map(({ to }) => tagOf(to))).toEqual(['fork39']);
    expect(bob.ua.counts().dialogs).toBe(1);
    call.end();
    await settle();
    const [bye] = stranger.requests('BYE');
    stranger.respond(bye!, 200);
    await bench.clock.advance(100);
    await finish();
  });

  test('RFC 3262 §3 of endless reliable responses eight are acknowledged until a PRACK is answered', async () => {
    const { bench, bob, stranger, settle, call, request, finish } = await called();
    const ring = (rseq: number): void =>
      stranger.respond(request, 183, {
        headers: [
          ['Require', '100rel'],
          ['RSeq', String(rseq)],
        ],
      });
    const acknowledged = (): (string | undefined)[] => {
      const acks = stranger.requests('PRACK').map(({ headers }) => headers.get('RAck')?.split(' ')[0]);
      return [...new Set(acks)];
    };
    for (let rseq = 1; rseq <= 1000; rseq += 1) ring(rseq);
    await settle();
    expect(acknowledged()).toEqual(['1', '2', '3', '4', '5', '6', '7', '8']);
    expect(bob.ua.counts().transactions).toBe(9);
    expect(bob.ua.counters.reliableIgnored).toBe(992);
    for (const prack of stranger.requests('PRACK')) stranger.respond(prack, 200);
    await settle();
    ring(9);
    await settle();
    expect(acknowledged()).toHaveLength(9);
    stranger.respond(stranger.requests('PRACK').at(-1)!, 200);
    call.end();
    await settle();
    stranger.respond(stranger.requests('CANCEL')[0]!, 200);
    stranger.respond(request, 487);
    await bench.clock.advance(100);
    await finish();
  });

  test('RFC 3261 §13.2.2.1 a thousand times 180 is one dialog and nothing more to remember', async () => {
    const { bench, bob, stranger, settle, call, request, finish } = await called();
    const { dialogs, sessions, transactions } = bob.ua.counts();
    const timers = bench.clock.pendingTimers;
    for (let again = 0; again < 1000; again += 1) stranger.respond(request, 180);
    await settle();
    expect(bob.ua.counts()).toEqual({ dialogs: dialogs + 1, sessions, transactions });
    expect(bench.clock.pendingTimers).toBeLessThanOrEqual(timers);
    call.end();
    await settle();
    for (const message of [stranger.requests('CANCEL')[0]!]) stranger.respond(message, 200);
    stranger.respond(request, 487);
    await finish();
  });

  test('RFC 3261 §13.2.2.4 a repeated 2xx is acknowledged again and told once', async () => {
    const { bob, stranger, settle, call, request, finish } = await called();
    for (let again = 0; again < 3; again += 1)
      stranger.respond(request, 200, { body: ANSWER, contentType: 'application/sdp' });
    await settle();
    expect(stranger.requests('ACK')).toHaveLength(3);
    expect(bob.heard.filter((line) => line.startsWith('answered'))).toHaveLength(1);
    call.end();
    await settle();
    stranger.respond(stranger.requests('BYE')[0]!, 200);
    await finish();
  });
});
