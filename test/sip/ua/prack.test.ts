import { expect, test } from 'vitest';
import type { SipRequest, SipResponse } from '../../../sip/message.js';
import type { IncomingSession, OfferReply } from '../../../sip/ua/types.js';
import { ANSWER, OFFER, pair, type UaBench } from '../../support/ua-bench.js';

const silent = { onResponse: () => undefined, onTimeout: () => undefined, onTransportError: () => undefined };
const reliable = { reliable: true } as const;
/** A call that bob rings reliably with that body. */
async function ringing(body?: Buffer, options: { readonly late?: boolean } = {}) {
  const flow = await pair();
  flow.bob.onInvite = (session) => session.progress(183, { ...reliable, ...(body === undefined ? {} : { body }) });
  const call = flow.alice.call(flow.bob, options.late === true ? { body: null } : {});
  return { ...flow, call };
}

const reliably = (bench: UaBench): SipResponse[] => bench.sent('183 INVITE') as SipResponse[];

/** A PRACK of alice's that no stack would send. */
function forge(bench: UaBench, rack: string, sequence: number): SipRequest {
  const sent = bench.sent('PRACK')[0] as SipRequest;
  const headers = sent.headers.clone();
  headers.delete('RAck');
  headers.append('RAck', rack).append('X-Forged', 'yes');
  return { ...sent, via: [], cseq: { ...sent.cseq, sequence }, headers };
}

test('RFC 3262 §3 a reliable 183 names its RSeq and is acknowledged by PRACK in its early dialog', async () => {
  const { bench, alice, bob, call } = await ringing();
  await bench.clock.advance(100);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  bench.expectLadder(`
      0 alice > bob INVITE
      1 bob > alice 183 INVITE
      2 alice > bob PRACK
      3 bob > alice 200 PRACK
    100 bob > alice 200 INVITE
    101 alice > bob ACK
  `);
  const [response, prack] = [reliably(bench)[0]!, bench.sent('PRACK')[0] as SipRequest];
  expect(bench.sent('INVITE')[0]!.headers.get('Supported')).toBe('100rel');
  expect(response.headers.get('Require')).toBe('100rel');
  expect(response.headers.get('Allow')).toContain('PRACK');
  const rseq = Number(response.headers.get('RSeq'));
  expect(rseq).toBeGreaterThan(0);
  expect(rseq).toBeLessThan(2 ** 31);
  expect(prack.headers.get('RAck')).toBe(`${rseq} ${response.cseq.sequence} INVITE`);
  expect(prack.cseq.sequence).toBe(response.cseq.sequence + 1);
  expect(alice.heard).toEqual(['progress 183', 'answered v=0 answer']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §5 an answer in a reliable response is the answer: the 2xx does not carry it again', async () => {
  const { bench, alice, bob, call } = await ringing(ANSWER);
  await bench.clock.advance(100);
  bob.session.progress(180, { ...reliable, body: ANSWER });
  bob.session.progress(180);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(bench.sent('180 INVITE').map(({ body }) => body.length)).toEqual([0, 0]);
  expect(bench.sent('200 INVITE')[0]!.body).toHaveLength(0);
  expect(alice.heard).toEqual(['progress 183 v=0 answer', 'progress 180', 'progress 180', 'answered null']);
  const outcome = call.reinvite(Buffer.from('v=0 hold'));
  await bench.clock.advance(100);
  expect(await outcome).toEqual({ ok: true, body: ANSWER });
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §4 progress tells what a description means and whether it came reliably', async () => {
  const { bench, alice, bob } = await pair();
  const told: unknown[] = [];
  alice.handlers = {
    onProgress: ({ meaning, reliable: isReliable, statusCode }) => told.push([statusCode, isReliable, meaning]),
  };
  bob.onInvite = (session) => {
    session.progress(180);
    session.progress(183, { body: ANSWER });
    session.progress(182, { ...reliable, body: ANSWER });
  };
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(told).toEqual([
    [180, false, null],
    [183, false, 'preview'],
    [182, true, 'answer'],
  ]);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §3 it is sent again after T1, 2·T1, 4·T1 … without T2, until its PRACK comes', async () => {
  const { bench, alice, bob, call } = await ringing();
  bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 20_000;
  await bench.clock.advance(25_000);
  const times = bench.wire.filter(({ text }) => text === '183 INVITE').map(({ atMs }) => atMs - 1);
  expect(times).toEqual([0, 500, 1500, 3500, 7500, 15_500]);
  expect(alice.heard).toEqual(['progress 183']);
  bob.session.reject(486);
  await bench.clock.advance(100);
  expect(call.state).toBe('ended');
  await bench.expectNothingLeft();
});

test('RFC 3262 §4 a copy is neither told nor acknowledged again: the PRACK transaction repeats its request', async () => {
  const { bench, alice, bob, call } = await ringing();
  bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 3000;
  await bench.clock.advance(10_000);
  expect(alice.heard).toEqual(['progress 183']);
  const pracks = bench.wire.filter(({ text }) => text.endsWith('PRACK') && !text.startsWith('200'));
  expect(new Set(pracks.map(({ message }) => message.via[0]?.params.get('branch'))).size).toBe(1);
  expect(reliably(bench).length).toBeGreaterThan(2);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §3 without any PRACK the INVITE is refused after 64·T1', async () => {
  for (const accepts of [false, true]) {
    const { bench, bob } = await ringing(ANSWER);
    bench.lose = ({ text }) => text === 'PRACK';
    await bench.clock.advance(1000);
    if (accepts) bob.session.accept({ body: ANSWER });
    await bench.clock.advance(30_900);
    expect(bob.heard).toEqual([]);
    await bench.clock.advance(200);
    expect(bob.heard).toEqual(['ended local no-prack 504']);
    expect(bench.sent('504 INVITE')).toHaveLength(1);
    await bench.expectNothingLeft();
  }
});

test('RFC 3262 §3 one waits for the PRACK of the other, each with the next RSeq; over 16 are dropped', async () => {
  const { bench, alice, bob } = await pair();
  bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 1000;
  bob.onInvite = (session) => {
    for (let count = 0; count < 20; count += 1) session.progress(181 + (count % 3), reliable);
  };
  const call = alice.call(bob);
  await bench.clock.advance(900);
  expect(alice.heard).toEqual(['progress 181']);
  await bench.clock.advance(5000);
  expect(alice.heard).toHaveLength(17);
  const sent = bench.wire.filter(({ text }) => /^18\d INVITE$/.test(text));
  const numbers = [...new Set(sent.map(({ message }) => Number(message.headers.get('RSeq'))))];
  expect(numbers).toEqual(numbers.map((_, index) => numbers[0]! + index));
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §4 a response that comes before its turn is dropped, and taken when the gap is filled', async () => {
  const { bench, alice, bob, call } = await ringing();
  await bench.clock.advance(100);
  const first = reliably(bench)[0]!;
  const early = { ...first, headers: first.headers.clone() };
  early.headers.delete('RSeq');
  early.headers.append('RSeq', String(Number(first.headers.get('RSeq')) + 2));
  // As a proxy would pass it on: the transaction of the INVITE takes it from any flow.
  alice.ua.transactions.onResponse(early, bob.session.flow);
  await bench.clock.advance(100);
  expect(bench.sent('PRACK')).toHaveLength(1);
  bob.session.progress(182, reliable);
  await bench.clock.advance(100);
  expect(bench.sent('PRACK')).toHaveLength(2);
  expect(alice.heard).toEqual(['progress 183', 'progress 182']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §3 a 2xx waits for the PRACK of a description, and goes at once when there was none', async () => {
  const { bench, alice, bob, call } = await ringing(ANSWER);
  bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 400;
  await bench.clock.advance(100);
  bob.session.accept({ body: ANSWER });
  bob.session.progress(180);
  await bench.clock.advance(300);
  expect(bob.session.state).toBe('early');
  expect(bench.sent('200 INVITE')).toEqual([]);
  await bench.clock.advance(1000);
  expect(bench.ladder().slice(-4)).toEqual([
    'alice > bob PRACK',
    'bob > alice 200 PRACK',
    'bob > alice 200 INVITE',
    'alice > bob ACK',
  ]);
  expect(alice.heard).toEqual(['progress 183 v=0 answer', 'answered null']);
  call.end();
  await bench.expectNothingLeft();

  const plain = await ringing();
  plain.bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 400;
  await plain.bench.clock.advance(100);
  plain.bob.session.accept({ body: ANSWER });
  await plain.bench.clock.advance(3000);
  expect(plain.bench.sent('183 INVITE')).toHaveLength(1);
  expect(plain.alice.heard).toEqual(['progress 183', 'answered v=0 answer']);
  expect(plain.bench.sent('200 PRACK')).toHaveLength(1);
  plain.call.end();
  await plain.bench.expectNothingLeft();
});

test.each<[string, (session: IncomingSession, hangUp: () => void) => void, number]>([
  ['refuses', (session) => session.reject(486), 486],
  ['is cancelled', (_session, hangUp) => hangUp(), 487],
])(
  'RFC 3262 §3 the callee %s while a 2xx waits: at once, and a late PRACK still gets 200',
  async (_what, act, code) => {
    const { bench, bob, call } = await ringing(ANSWER);
    bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 300;
    await bench.clock.advance(100);
    bob.session.accept({ body: ANSWER });
    act(bob.session, () => call.end());
    await bench.clock.advance(2000);
    expect(bench.sent(`${code} INVITE`).length).toBeGreaterThan(0);
    expect(bench.sent('200 INVITE')).toEqual([]);
    expect(bench.sent('183 INVITE')).toHaveLength(1);
    expect(bench.sent('200 PRACK')).toHaveLength(1);
    expect(bob.session.state).toBe('ended');
    await bench.expectNothingLeft();
  },
);

test('RFC 3262 §5 an INVITE without an offer: the offer in the reliable 183, the answer in its PRACK', async () => {
  const { bench, alice, bob, call } = await ringing(OFFER, { late: true });
  bob.handlers = { onEarlyAnswer: (body) => bob.heard.push(`early answer ${body}`) };
  await bench.clock.advance(100);
  expect(bench.sent('PRACK')[0]!.body).toEqual(ANSWER);
  const hold = call.update(Buffer.from('v=0 hold'));
  await bench.clock.advance(100);
  expect(await hold).toEqual({ ok: true, body: ANSWER });
  bob.session.accept({ body: OFFER });
  await bench.clock.advance(100);
  expect(bench.sent('200 INVITE')[0]!.body).toHaveLength(0);
  expect(bench.sent('ACK')[0]!.body).toHaveLength(0);
  expect(alice.heard).toEqual(['progress 183 v=0 offer', 'offer v=0 offer', 'answered null']);
  expect(bob.heard).toEqual(['early answer v=0 answer', 'offer v=0 hold', 'confirmed null']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 6337 §3.3 the offer of a reliable 183 that cannot be answered: PRACK without answer, 400, then CANCEL', async () => {
  for (const isSilent of [true, false]) {
    const { bench, alice, bob } = await pair();
    alice.handlers = isSilent
      ? { onOffer: undefined as never }
      : {
          onOffer: (_offer, reply) => {
            expect(reply.carrier).toBe('1xx');
            reply.reject(488);
            reply.accept(ANSWER);
          },
        };
    bob.onInvite = (session) => session.progress(183, { ...reliable, body: OFFER });
    alice.call(bob, { body: null });
    await bench.clock.advance(100);
    expect(bench.ladder().slice(2, 6)).toEqual([
      'alice > bob PRACK',
      'alice > bob CANCEL',
      'bob > alice 400 PRACK',
      'bob > alice 200 CANCEL',
    ]);
    expect(alice.heard.at(-1)).toBe('ended local rejected 488');
    await bench.expectNothingLeft();
  }
});

test('RFC 3262 §5 once the first exchange is over a PRACK may carry an offer; its 2xx has the answer', async () => {
  const { bench, alice, bob } = await pair();
  const outcomes: unknown[] = [];
  alice.handlers = {
    onProgress: (info) => {
      void info.offer?.(Buffer.from('v=0 next')).then((result) => outcomes.push(result));
      void info.offer?.(Buffer.from('v=0 twice')).then((result) => outcomes.push(result));
    },
  };
  bob.onInvite = (session) => {
    session.progress(180, reliable);
    session.progress(183, { ...reliable, body: ANSWER });
  };
  const call = alice.call(bob);
  await bench.clock.advance(100);
  expect(bench.sent('PRACK').map(({ body }) => body.toString())).toEqual(['', 'v=0 next']);
  expect(bench.sent('200 PRACK').map(({ body }) => body.toString())).toEqual(['', 'v=0 answer']);
  expect(outcomes).toEqual([
    { ok: false, statusCode: 491 },
    { ok: false, statusCode: 491 },
    { ok: false, statusCode: 491 },
    { ok: true, body: ANSWER },
  ]);
  expect(bob.heard).toEqual(['offer v=0 next']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §5 an offer in a PRACK that is refused leaves the session as it was', async () => {
  const { bench, alice, bob } = await pair();
  const outcomes: unknown[] = [];
  const replies: OfferReply[] = [];
  bob.handlers = { onOffer: (_offer, reply) => replies.push(reply) };
  alice.handlers = {
    onProgress: (info) => {
      void info.offer?.(Buffer.from('v=0 next')).then((result) => outcomes.push(result));
    },
  };
  bob.onInvite = (session) => session.progress(183, { ...reliable, body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(1000);
  expect(replies.map(({ carrier }) => carrier)).toEqual(['PRACK']);
  expect(bench.sent('183 INVITE')).toHaveLength(1);
  replies[0]!.reject(488);
  await bench.clock.advance(100);
  expect(outcomes).toEqual([{ ok: false, statusCode: 488 }]);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(call.state).toBe('confirmed');
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §3 a PRACK that matches nothing gets 481: unknown RSeq, another CSeq, a second one', async () => {
  const { bench, alice, bob, call } = await ringing();
  await bench.clock.advance(100);
  const right = bench.sent('PRACK')[0]!.headers.get('RAck')!;
  const [rseq = 0, cseq = 0] = right.split(' ').map(Number);
  bench.lose = ({ text, message }) => text === 'PRACK' && !message.headers.has('X-Forged');
  bob.session.progress(182, reliable);
  let sequence = 1_000_000;
  const wrong = [right, `${rseq + 2} ${cseq} INVITE`, `${rseq + 1} ${cseq + 1} INVITE`, `${rseq + 1} ${cseq} BYE`, 'x'];
  for (const rack of [...wrong, `${rseq + 1} ${cseq} INVITE`]) {
    sequence += 1;
    alice.ua.transactions.request(forge(bench, rack, sequence), bob.target, silent);
    await bench.clock.advance(10);
  }
  expect(bench.sent('481 PRACK')).toHaveLength(wrong.length);
  expect(bench.sent('200 PRACK')).toHaveLength(2);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §3 as the caller asks: required means reliably always, off means never, and 421 says that we insist', async () => {
  const required = await pair();
  const call = required.alice.call(required.bob, { reliable: 'required' });
  await required.bench.clock.advance(100);
  expect(required.bench.sent('INVITE')[0]!.headers.get('Require')).toBe('100rel');
  expect(required.bob.session.reliableSupport).toBe('required');
  expect(required.bench.sent('PRACK')).toHaveLength(1);
  call.end();
  await required.bench.expectNothingLeft();

  const off = await pair();
  off.bob.onInvite = (session) => session.progress(180, reliable);
  const plain = off.alice.call(off.bob, { reliable: 'off' });
  await off.bench.clock.advance(100);
  expect(off.bench.sent('INVITE')[0]!.headers.has('Supported')).toBe(false);
  expect(off.bob.session.reliableSupport).toBe('none');
  expect(off.bench.sent('PRACK')).toEqual([]);
  plain.end();
  await off.bench.clock.advance(100);
  off.bob.onInvite = (session) => session.progress(180, { reliable: 'required' });
  off.alice.call(off.bob, { reliable: 'off' });
  await off.bench.clock.advance(100);
  expect(off.bench.sent('421 INVITE')[0]!.headers.get('Require')).toBe('100rel');
  expect(off.alice.heard.at(-1)).toBe('ended remote rejected 421');
  await off.bench.expectNothingLeft();
});

test('RFC 3311 §5.1 UPDATE with an offer in the early dialog, both ways, once the answer came reliably', async () => {
  const { bench, alice, bob, call } = await ringing(ANSWER);
  bench.lose = ({ text, atMs }) => text === 'PRACK' && atMs < 300;
  await bench.clock.advance(100);
  const theirs = bob.session.update(Buffer.from('v=0 bob'));
  const ours = call.update(Buffer.from('v=0 alice'));
  await bench.clock.advance(100);
  // RFC 3311 §5.1: neither before the PRACK.
  expect(bench.sent('UPDATE')).toEqual([]);
  await bench.clock.advance(10_000);
  expect((await Promise.all([ours, theirs])).map(({ ok }) => ok)).toEqual([true, true]);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(100);
  expect(alice.heard).toEqual(['progress 183 v=0 answer', 'offer v=0 bob', 'answered null']);
  expect(bob.heard).toEqual(['offer v=0 alice', 'confirmed null']);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3262 §4 a PRACK that is refused or lost ends nothing by itself', async () => {
  const { bench, alice, bob, call } = await ringing();
  bench.lose = ({ text }) => text === '200 PRACK';
  await bench.clock.advance(100);
  bob.session.accept({ body: ANSWER });
  await bench.clock.advance(60_000);
  expect([call.state, bob.session.state]).toEqual(['confirmed', 'confirmed']);
  expect(alice.heard).toEqual(['progress 183', 'answered v=0 answer']);
  bench.lose = () => false;
  call.end();
  await bench.expectNothingLeft();
});
