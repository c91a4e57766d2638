import { expect, test } from 'vitest';
import { tagOf, withTag } from '../../../sip/header-values.js';
import type { SipRequest } from '../../../sip/message.js';
import type { ServerTransaction } from '../../../sip/transaction/layer.js';
import type { Target } from '../../../sip/transport/transport.js';
import { inviteBranch, inviteUas, inviteUsage } from '../../../sip/ua/invite-table.js';
import type { IncomingSession, InviteOptions } from '../../../sip/ua/types.js';
import { ForkingProxy } from '../../support/forking-proxy.js';
import { ANSWER, OFFER, UaBench } from '../../support/ua-bench.js';

const visited = new Set<string>();
const silent = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };
const challenge = ['WWW-Authenticate', 'Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'] as const;
const credentials = { username: 'alice', password: 'x' };

async function pair() {
  const bench = new UaBench({ visited });
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  const transactions: ServerTransaction[] = [];
  bob.ua.admit((transaction) => {
    transactions.push(transaction);
    return true;
  });
  return { bench, alice, bob, transactions };
}

type Pair = Awaited<ReturnType<typeof pair>>;
const tcp = (address: string): Target => ({ kind: 'tcp', address, port: 5060 });

/** A call that bob treats like that; 100 ms later it is `then`'s turn. */
async function flow(
  onInvite: (session: IncomingSession) => void,
  then: (flow: Pair & { readonly call: ReturnType<Pair['alice']['call']> }) => void | Promise<void>,
  options: Partial<InviteOptions> & { readonly targets?: readonly Target[] } = {},
): Promise<void> {
  const made = await pair();
  made.bob.onInvite = onInvite;
  const call = made.alice.call(options.targets ?? [made.bob.target], options);
  await made.bench.clock.advance(100);
  await then({ ...made, call });
  await made.bench.clock.advance(100);
  call.end();
  made.bob.incoming[0]?.end();
  await made.bench.expectNothingLeft();
  expect([...made.alice.endings, ...made.bob.endings].every((times) => times === 1)).toBe(true);
}

const wait = (): void => undefined;
const ring = (session: IncomingSession): void => session.progress(180);
const answer = (session: IncomingSession): void => session.accept({ body: ANSWER });

function earlyBye({ bench, alice, bob, transactions }: Pair): void {
  const invite = bench.sent('INVITE')[0] as SipRequest;
  const to = withTag(invite.to, transactions[0]!.localTag);
  const cseq = { sequence: invite.cseq.sequence + 1, method: 'BYE' };
  alice.ua.transactions.request(
    { ...invite, method: 'BYE', cseq, to, via: [], body: Buffer.alloc(0) },
    bob.target,
    silent,
  );
}

test('RFC 3261 §13.3 the called side, unanswered: every event in both states', async () => {
  for (const begin of [wait, ring]) {
    await flow(begin, ({ bob }) => bob.session.progress(183));
    await flow(begin, ({ bob }) => bob.session.accept({ body: ANSWER }));
    await flow(begin, ({ bob }) => bob.session.reject(486));
    await flow(begin, async ({ bench, call }) => {
      await bench.clock.advance(300);
      call.end();
    });
    await flow(begin, earlyBye);
    await flow(begin, ({ bob }) => bob.ua.close());
    await flow(
      begin,
      async ({ bench, alice, bob }) => {
        await alice.transport.close();
        // The 100 of the transaction layer fails, or else our 183.
        await bench.clock.advance(300);
        bob.session.progress(183);
        await bench.clock.advance(40_000);
        expect(bob.heard).toEqual(['ended local transport 503']);
        await alice.ua.close();
      },
      { targets: [tcp('10.0.0.2')] },
    );
  }
});

test('RFC 3262 §3 the called side whose description waits for its PRACK: every event, and those of a held 2xx', async () => {
  const describe = (session: IncomingSession): void => session.progress(183, { body: ANSWER, reliable: true });
  const hold = (session: IncomingSession): void => {
    describe(session);
    session.accept({ body: ANSWER });
  };
  await flow(describe, ({ bob }) => bob.session.accept({ body: ANSWER }));
  await flow(hold, ({ call }) => expect(call.state).toBe('confirmed'));
  const deaf = await pair();
  deaf.alice.handlers = { onOffer: (_offer, reply) => reply.reject(488) };
  deaf.bob.onInvite = describe;
  deaf.alice.call(deaf.bob, { body: null });
  await deaf.bench.expectNothingLeft();
  for (const begin of [describe, hold]) {
    const lost = async (then: (made: Pair & { readonly call: ReturnType<Pair['alice']['call']> }) => unknown) => {
      const made = await pair();
      made.bench.lose = ({ text }) => text === 'PRACK';
      made.bob.onInvite = begin;
      const call = made.alice.call(made.bob);
      await made.bench.clock.advance(100);
      await then({ ...made, call });
      await made.bench.clock.advance(100);
      call.end();
      await made.bench.expectNothingLeft();
      expect(made.bob.endings).toEqual([1]);
    };
    await lost(({ bench }) => bench.clock.advance(33_000));
    await lost(({ bob }) => bob.session.reject(486));
    await lost(({ call }) => call.end());
    await lost(earlyBye);
    await lost(({ bob }) => bob.ua.close());
    const cut = await pair();
    cut.alice.handlers = { onOffer: () => undefined };
    cut.bob.onInvite = begin;
    cut.alice.call([tcp('10.0.0.2')], { body: null });
    await cut.bench.clock.advance(100);
    await cut.alice.transport.close();
    await cut.bench.clock.advance(40_000);
    expect(cut.bob.heard).toEqual(['ended local transport 503']);
    await cut.alice.ua.close();
    await cut.bench.expectNothingLeft();
  }
});

test('RFC 3261 §13.2 a branch: the events before and after a provisional response', async () => {
  const asked = (session: IncomingSession): void => {
    if (session.invite.headers.has('Authorization')) session.accept({ body: ANSWER });
    else session.reject(401, { headers: [challenge] });
  };
  const nobody = [{ kind: 'udp', address: '10.0.0.99', port: 5060 }] as const;
  await flow(asked, ({ call }) => expect(call.state).toBe('confirmed'), { credentials });
  await flow(ring, ({ bob }) => bob.session.reject(401, { headers: [challenge] }), { credentials });
  await flow(ring, ({ bob }) => bob.session.reject(500));
  await flow((session) => session.reject(500), wait);
  await flow(answer, wait);
  await flow(wait, ({ bench }) => bench.clock.advance(33_000), { targets: nobody });
  await flow(wait, ({ bench }) => bench.clock.advance(33_000), { targets: nobody, noAnswerMs: 1000 });
  await flow(wait, ({ bench }) => bench.clock.advance(33_000), { targets: nobody, ringTimeoutMs: 1000 });
  await flow(ring, ({ bench }) => bench.clock.advance(33_000), { ringTimeoutMs: 1000 });
  await flow(wait, wait, { targets: [tcp('10.0.0.99')] });
  await flow(ring, ({ bob }) => bob.ua.transactions.close(), { targets: nobody });
});

test('RFC 3261 §9.1 a branch that is cancelled: every final outcome', async () => {
  const cancelFirst = (later: (session: IncomingSession) => void, options: Partial<InviteOptions> = {}) =>
    flow(
      ring,
      ({ bob, call }) => {
        later(bob.session);
        call.end();
      },
      options,
    );
  await cancelFirst((session) => session.accept({ body: ANSWER }));
  await cancelFirst((session) => session.reject(486));
  await cancelFirst((session) => session.reject(401, { headers: [challenge] }), { credentials });
  await flow(ring, async ({ bench, call }) => {
    bench.lose = ({ from }) => from === 'bob';
    call.end();
    await bench.clock.advance(33_000);
    bench.lose = () => false;
  });
  const { bench, alice } = await pair();
  alice.call([tcp('10.0.0.99')]).end();
  await bench.expectNothingLeft();
  expect(alice.heard).toEqual(['ended local cancelled 487']);
});

test('RFC 3261 §13.2.2.4 a 2xx of another fork after the first, and after the end of the branch', async () => {
  for (const outcome of ['answered', 'terminated'] as const) {
    const bench = new UaBench({ visited });
    const alice = await bench.agent('alice', '10.0.0.1');
    const bob = await bench.agent('bob', '10.0.0.2');
    const carol = await bench.agent('carol', '10.0.0.3');
    const hops = [bob, carol].map(({ address }) => ({ address, port: 5060 }));
    const proxy = new ForkingProxy('10.0.0.9', hops);
    await proxy.start(bench.network);
    const call = alice.call([{ kind: 'udp', address: '10.0.0.9', port: 5060 }]);
    await bench.clock.advance(100);
    if (outcome === 'terminated') {
      bench.lose = ({ text }) => text === 'CANCEL';
      call.end();
    }
    for (const { session } of [bob, carol]) session.accept({ body: ANSWER });
    await bench.clock.advance(100);
    expect(carol.heard).toEqual(['confirmed null', 'ended remote bye']);
    expect(tagOf(carol.session.remote)).toBe(tagOf(bob.session.remote));
    call.end();
    await bench.expectNothingLeft();
    await proxy.close();
    expect([...alice.endings, ...bob.endings, ...carol.endings]).toEqual([1, 1, 1]);
  }
});

test('RFC 3261 §15 an early dialog whose peer sends BYE, and a session whose dialog the peer has lost', async () => {
  const lateAck = async ({ bench, bob }: Pair): Promise<void> => {
    bench.lose = ({ text }) => text === '200 INVITE' || text === 'CANCEL';
    bob.session.accept({ body: ANSWER });
    await bench.clock.advance(40_000);
    bench.lose = () => false;
    await bench.clock.advance(40_000);
  };
  await flow(ring, lateAck);
  for (const ends of [false, true]) {
    await flow(wait, async ({ bench, bob }) => {
      bench.lose = ({ text }) => text === 'ACK';
      bob.session.accept({ body: ANSWER });
      const lost = bob.session.request('INFO');
      if (ends) bob.session.end();
      await bench.clock.advance(50);
      await lost;
    });
  }
});

test('RFC 3261 §13.3.1.4, §14, §15 the session after the 2xx', async () => {
  const lose = (lost: string) => (p: Pair) => {
    p.bench.lose = ({ text }) => text === lost;
  };
  // 481 to a request before and after the ACK, and while we wait for the ACK to hang up.
  for (const [ack, ends] of [
    [false, false],
    [false, true],
    [true, false],
  ] as const) {
    await flow(wait, async (p) => {
      if (!ack) lose('ACK')(p);
      p.bob.session.accept({ body: ANSWER });
      await p.bench.clock.advance(20);
      const info = p.bob.session.request('INFO');
      if (ends) p.bob.session.end();
      await p.bench.clock.advance(100);
      expect((await info).statusCode).toBe(405);
    });
  }
  for (const ends of [false, true]) {
    await flow(wait, async (p) => {
      lose('ACK')(p);
      p.bob.session.accept({ body: ANSWER });
      if (ends) p.bob.session.end();
      await p.bench.clock.advance(33_000);
    });
    await flow(wait, async (p) => {
      lose('ACK')(p);
      p.bob.session.accept({ body: ANSWER });
      await p.bench.clock.advance(20);
      if (ends) p.bob.session.end();
      p.call.end();
    });
    await flow(wait, async (p) => {
      p.bob.session.accept({ body: ANSWER });
      if (ends) p.bob.session.end();
      p.bob.ua.onTransportFailure(p.transactions[0]!, new Error('gone'));
    });
  }
  await flow(answer, async (p) => {
    lose('ACK')(p);
    void p.call.reinvite(OFFER);
    await p.bench.clock.advance(33_000);
  });
  await flow(answer, async (p) => {
    p.bench.lose = ({ from }) => from === 'bob';
    void p.call.request('INFO');
    await p.bench.clock.advance(33_000);
    p.bench.lose = () => false;
  });
  await flow(answer, ({ call, bob }) => {
    call.end();
    bob.session.end();
  });
  await flow((session) => {
    session.accept({ body: ANSWER });
    session.end();
  }, wait);
});

test('RFC 3261 §13.2.2.4 the ACK waits for the answer to a late offer: every event meanwhile', async () => {
  const offers = (session: IncomingSession): void => session.accept({ body: OFFER });
  const late = async (
    then: (p: Pair & { readonly call: ReturnType<Pair['alice']['call']> }) => void | Promise<void>,
  ) => {
    let keep: (body: Buffer) => void = () => undefined;
    const promise = new Promise<Buffer>((resolve) => {
      keep = resolve;
    });
    const made = await pair();
    made.alice.handlers = { onAnswered: () => promise };
    made.bob.onInvite = offers;
    made.bob.handlers = {
      onRequest: (info) => {
        made.bob.ua.respond(info, 481);
        return true;
      },
    };
    const call = made.alice.call(made.bob, { body: null });
    await made.bench.clock.advance(100);
    await then({ ...made, call });
    keep(ANSWER);
    await made.bench.clock.advance(100);
    call.end();
    await made.bench.expectNothingLeft();
  };
  await late(wait);
  await late(({ call }) => call.end());
  await late(async ({ bench, bob }) => {
    void bob.ua.close();
    await bench.clock.advance(50);
  });
  await late(async ({ bench, call }) => {
    const lost = call.request('INFO');
    await bench.clock.advance(100);
    expect((await lost).statusCode).toBe(481);
  });
});

test('RFC 3261 §13 to §15 every cell of the three tables was visited', () => {
  const cells: string[] = [];
  for (const [machine, table] of [
    ['invite-uas', inviteUas],
    ['invite-branch', inviteBranch],
    ['invite-usage', inviteUsage],
  ] as const) {
    for (const [state, row] of Object.entries(table)) {
      for (const event of Object.keys(row)) cells.push(`${machine} ${state} ${event}`);
    }
  }
  expect(cells.filter((cell) => !visited.has(cell))).toEqual([]);
});
