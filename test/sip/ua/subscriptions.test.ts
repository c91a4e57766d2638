import { expect, test } from 'vitest';
import type { HeaderList } from '../../../sip/build.js';
import type { SipRequest } from '../../../sip/message.js';
import { serializeMessage } from '../../../sip/serialize.js';
import type { ServerTransaction } from '../../../sip/transaction/layer.js';
import type { NotifierEnd, NotifierSubscription } from '../../../sip/ua/notifier.js';
import { EventBench, RESOURCE, WordsPackage, words } from '../../support/event-bench.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';

test('RFC 6665 §4.1 a subscription from its SUBSCRIBE over a change and a refresh to its end', async () => {
  const flow = await EventBench.create();
  const { bench, heard } = flow;
  flow.notify('a');
  const subscription = flow.subscribe({ expiresS: 100 });
  await bench.clock.advance(100);
  expect(subscription.state).toBe('active');
  flow.notify('a', 'b');
  await bench.clock.advance(65_500);
  const ended = subscription.end();
  await bench.clock.advance(100);
  await ended;
  bench.expectLadder(`
    alice > bob   SUBSCRIBE
    bob   > alice 200 SUBSCRIBE
    bob   > alice NOTIFY         # §4.2.1.2: at once, whole
    alice > bob   200 NOTIFY
    bob   > alice NOTIFY         # the change
    alice > bob   200 NOTIFY
    alice > bob   SUBSCRIBE      # 35 s before its end
    bob   > alice 200 SUBSCRIBE
    bob   > alice NOTIFY
    alice > bob   200 NOTIFY
    alice > bob   SUBSCRIBE      # Expires: 0
    bob   > alice 200 SUBSCRIBE
    bob   > alice NOTIFY         # terminated
    alice > bob   200 NOTIFY
  `);
  expect(heard).toEqual(['active a', 'active a b', 'active a b', 'terminated a b', 'ended unsubscribed']);
  const bodies = bench.sent('NOTIFY').map(({ body }) => body.toString());
  expect(bodies).toEqual(['0 full a', '1 partial +b', '2 full a b', '3 full a b']);
  const states = bench.sent('NOTIFY').map(({ headers }) => headers.get('Subscription-State'));
  expect(states).toEqual([
    'active;expires=100',
    'active;expires=100',
    'active;expires=100',
    'terminated;reason=timeout',
  ]);
  expect((bench.sent('SUBSCRIBE')[0] as SipRequest).headers.get('Event')).toBe('words');
  await bench.expectNothingLeft();
});

test('RFC 6665 §4.1.4 a NOTIFY that overtakes the 200 makes the dialog', async () => {
  const flow = await EventBench.create();
  const { bench, heard } = flow;
  let lost = 0;
  bench.lose = ({ text }) => text === '200 SUBSCRIBE' && lost++ < 1;
  flow.notify('a');
  const subscription = flow.subscribe();
  await bench.clock.advance(1_000);
  expect(heard).toEqual(['active a']);
  expect(flow.alice.ua.counts().dialogs).toBe(1);
  void subscription.end();
  await bench.clock.advance(1_000);
  expect(heard).toEqual(['active a', 'terminated a', 'ended unsubscribed']);
  await bench.expectNothingLeft();
});

test('RFC 6665 §4.2.2 one NOTIFY is on its way at a time; what happens meanwhile is told by the next one', async () => {
  const flow = await EventBench.create();
  const { bench } = flow;
  flow.subscribe({ retry: false });
  await bench.clock.advance(100);
  bench.wire.length = 0;
  for (const word of ['a', 'b', 'c', 'd']) flow.notify('x', word);
  await bench.clock.advance(100);
  expect(bench.sent('NOTIFY').map(({ body }) => body.toString())).toEqual(['0 full x a', '1 partial +d -a']);
});

test('RFC 6665 §5.4.10 the throttle of a package spaces its NOTIFYs, and the last state always arrives', async () => {
  const slow = Object.assign(new WordsPackage(), { minIntervalMs: 5_000 });
  const flow = await EventBench.create({ notifier: { packages: [{ package: slow }] } });
  const { bench, heard } = flow;
  flow.subscribe();
  await bench.clock.advance(1_000);
  for (const word of ['a', 'b', 'c']) {
    flow.notify(word);
    await bench.clock.advance(1_000);
  }
  expect(heard).toEqual(['active -']);
  await bench.clock.advance(2_000);
  expect(heard).toEqual(['active -', 'active c']);
});

test('RFC 6665 §4.4.3 a fetch gets the state once and leaves nothing', async () => {
  const flow = await EventBench.create();
  const { bench } = flow;
  flow.notify('a');
  const fetched = flow.subscriber.fetch(flow.options());
  await bench.clock.advance(1_000);
  expect(await fetched).toMatchObject({ state: ['a'], end: { cause: 'fetched' } });
  expect(bench.sent('NOTIFY')[0]?.headers.get('Subscription-State')).toBe('terminated;reason=timeout');
  await bench.expectNothingLeft();
});

test('RFC 6665 §4.2.1.2 a pending subscription sees nothing until it is approved, and may be rejected', async () => {
  const started: NotifierSubscription[] = [];
  const flow = await EventBench.create({
    notifier: { onSubscribe: () => ({ status: 'pending' }), onStarted: (one) => started.push(one) },
  });
  const { bench, heard } = flow;
  flow.notify('secret');
  const subscription = flow.subscribe();
  await bench.clock.advance(100);
  flow.notify('secret', 'more');
  await bench.clock.advance(100);
  expect(heard).toEqual(['pending nothing']);
  expect(subscription.state).toBe('pending');
  started[0]?.approve();
  await bench.clock.advance(100);
  expect(heard).toEqual(['pending nothing', 'active secret more']);
  started[0]?.end('rejected');
  await bench.clock.advance(100);
  expect(heard.slice(2)).toEqual(['terminated secret more', 'ended terminated rejected']);
  await bench.expectNothingLeft();
});

test('RFC 3856 §6.6.2 polite blocking: active to the subscriber, who sees the blank state', async () => {
  const flow = await EventBench.create({ notifier: { onSubscribe: () => ({ status: 'blocked' }) } });
  flow.notify('secret');
  const subscription = flow.subscribe();
  await flow.clock.advance(100);
  flow.notify('secret', 'more');
  await flow.clock.advance(100);
  expect(flow.heard).toEqual(['active nothing']);
  void subscription.end();
  await flow.bench.expectNothingLeft();
  expect(flow.heard).toEqual(['active nothing', 'terminated nothing', 'ended unsubscribed']);
});

test('RFC 3857 §4.7 the watchers of a package are the state of its winfo package', async () => {
  const flow = await EventBench.create();
  const { bench } = flow;
  const winfo = { name: 'words.winfo', contentType: 'text/watchers' };
  const pkg = Object.assign(new WordsPackage(), winfo, { partial: false });
  const seen: string[] = [];
  pkg.parse = (body: Buffer) => {
    seen.push(body.toString());
    return { ok: true, value: { state: [], full: true } };
  };
  void flow.subscriber.subscribe({ ...flow.options(), package: pkg }, {});
  await bench.clock.advance(100);
  const watched = flow.subscribe();
  await bench.clock.advance(100);
  await Promise.all([watched.end(), bench.clock.advance(100)]);
  expect(seen).toEqual(['sip:alice@10.0.0.1 active subscribe', 'sip:alice@10.0.0.1 terminated timeout']);
});

test.each([
  ['nobody is asked', undefined, '200', 'alice'],
  ['the application grants it', () => ({ status: 'active' }) as const, '200', 'thief'],
  ['the application does not', () => ({ status: 'rejected', statusCode: 481 }) as const, '481', 'alice'],
] as const)('RFC 3261 §26.1.3 a refresh from another host: %s', async (_who, onRefresh, status, told) => {
  const flow = await EventBench.create({ notifier: onRefresh === undefined ? {} : { onRefresh } });
  const { bench, bob } = flow;
  const subscription = flow.subscribe({ retry: false });
  await bench.clock.advance(100);
  subscription.refresh();
  await bench.clock.advance(100);
  bench.name('10.0.0.66', 'thief');
  const thief = await bench.network
    .host('10.0.0.66')
    .bindUdp({ address: '10.0.0.66', port: 5060 }, { onMessage: () => undefined, onError: () => undefined });
  const seen = bench.sent('SUBSCRIBE').at(-1) as SipRequest;
  const [top] = seen.via;
  const via = [{ ...top!, host: '10.0.0.66', params: top!.params.clone().set('branch', 'z9hG4bKx') }];
  const forged = serializeMessage({ ...seen, via, cseq: { ...seen.cseq, sequence: seen.cseq.sequence + 50 } });
  bench.wire.length = 0;
  thief.send(forged, 0, forged.length, 5060, bob.address);
  await bench.clock.advance(100);
  flow.notify('secret');
  await bench.clock.advance(100);
  expect(bench.wire.find(({ text }) => text.endsWith(' SUBSCRIBE'))?.text).toBe(`${status} SUBSCRIBE`);
  expect(new Set(bench.wire.filter(({ text }) => text === 'NOTIFY').map(({ to }) => to))).toEqual(new Set([told]));
  await thief.close();
});

test.each([
  [{ Event: 'unknown' }, '489', { 'Allow-Events': 'words, words.winfo' }],
  [{ Event: 'words;;' }, '400', {}],
  [{ Accept: 'image/png' }, '406', { Accept: 'text/words, text/plain' }],
  [{ Accept: 'image/*, text/*;q=0' }, '406', { Accept: 'text/words, text/plain' }],
  [{ Expires: '30' }, '423', { 'Min-Expires': '60' }],
  [{ Expires: 'soon' }, '400', {}],
  [{ Contact: '*' }, '400', {}],
] as const)('RFC 6665 §4.2.1.1 a SUBSCRIBE with %o is refused with %s', async (given, status, told) => {
  const flow = await EventBench.create();
  const { bench, alice } = flow;
  const usual = { Event: 'words', Contact: '<sip:alice@10.0.0.1>' };
  const headers = Object.entries({ ...usual, ...given });
  const { uri, target, from } = flow.options();
  const answer = alice.ua.request({ method: 'SUBSCRIBE', uri, target, from, headers });
  await bench.clock.advance(100);
  const response = await answer;
  expect(String(response.statusCode)).toBe(status);
  for (const [name, value] of Object.entries(told)) expect(response.headers.get(name)).toBe(value);
  await bench.expectNothingLeft();
});

test('RFC 6665 §4.1.2.1 a subscriber whose time is too brief asks for the least that is granted', async () => {
  const flow = await EventBench.create({ notifier: { packages: [{ package: words, minExpiresS: 300 }] } });
  const subscription = flow.subscribe({ expiresS: 20 });
  await flow.clock.advance(100);
  expect(flow.bench.sent('SUBSCRIBE').map(({ headers }) => headers.get('Expires'))).toEqual(['20', '300']);
  expect(subscription.state).toBe('active');
});

test.each([
  ['rejected', undefined, ['ended terminated rejected']],
  ['noresource', undefined, ['ended terminated noresource']],
  ['invariant', undefined, ['ended terminated invariant']],
  ['deactivated', undefined, ['retry terminated deactivated at once', 'active a']],
  ['probation', 40, ['retry terminated probation', 'active a']],
  ['giveup', 40, ['retry terminated giveup', 'active a']],
] as const)('RFC 6665 §4.1.3 a subscription ended with %s, retry-after %s', async (reason, retryAfterS, told) => {
  const flow = await EventBench.create({ notifier: { packages: [{ package: words, current: () => ['a'] }] } });
  const { bench, heard } = flow;
  flow.subscribe();
  await bench.clock.advance(100);
  flow.subscriptions.end(words, RESOURCE, reason, retryAfterS);
  await bench.clock.advance(39_900);
  const early = heard.slice(2).filter((line) => line.startsWith('active')).length;
  expect(early).toBe(retryAfterS === undefined && told.length > 1 ? 1 : 0);
  await bench.clock.advance(200);
  expect(heard.slice(2)).toEqual(told);
});

test('RFC 6665 §4.2.2 a NOTIFY that is answered 481 ends the subscription, one with Retry-After comes again', async () => {
  const ends: NotifierEnd[] = [];
  const flow = await EventBench.create({ notifier: { onEnded: (_one, end) => ends.push(end) } });
  const { bench, alice, bob } = flow;
  const taken: string[] = [];
  const take =
    (statusCode: number, headers: HeaderList = []) =>
    (transaction: ServerTransaction): void => {
      taken.push(`${transaction.request.body} ${statusCode}`);
      transaction.respond(alice.ua.context.createResponse(transaction, statusCode, { headers }));
    };
  let answer = take(200);
  flow.subscribeByHand((transaction) => answer(transaction));
  await bench.clock.advance(100);
  taken.length = 0;
  expect(bob.ua.counts().dialogs).toBe(1);
  answer = take(503, [['Retry-After', '10']]);
  flow.notify('a');
  await bench.clock.advance(5_000);
  answer = take(200);
  await bench.clock.advance(6_000);
  expect(ends).toEqual([]);
  answer = take(481);
  flow.notify('b');
  await bench.clock.advance(100);
  expect(ends).toEqual([{ told: false, statusCode: 481 }]);
  expect(taken).toEqual(['0 full a 503', '1 full a 200', '2 partial +b -a 481']);
  expect(flow.subscriptions.counters).toMatchObject({ started: 1, ended: 1, unheard: 1 });
});

test.each([
  ['text/*;q=0.5, text/plain', 'text/plain'],
  ['*/*, text/words;q=0', 'text/plain'],
  ['text/plain;q=0.7, text/words;q=0.7', 'text/words'],
  ['text/', 'text/words'],
])('RFC 3261 §20.1 a subscriber with Accept: %s is told in %s', async (accept, type) => {
  const flow = await EventBench.create();
  const { bench, alice } = flow;
  flow.notify('a');
  const headers = Object.entries({ Event: 'words', Contact: '<sip:alice@10.0.0.1>', Accept: accept });
  const { uri, target, from } = flow.options();
  void alice.ua.request({ method: 'SUBSCRIBE', uri, target, from, headers });
  await bench.clock.advance(100);
  expect(bench.sent('NOTIFY')[0]?.headers.get('Content-Type')).toBe(type);
  await bench.expectNothingLeft();
});

test('RFC 3261 §26.1.3 a SUBSCRIBE from another host that is refused takes no NOTIFY with it, one that is taken does', async () => {
  let taken = false;
  const onRefresh = () =>
    taken ? ({ status: 'active' } as const) : ({ status: 'rejected', statusCode: 481 } as const);
  const flow = await EventBench.create({ notifier: { onRefresh } });
  const { bench } = flow;
  void flow.subscribe();
  await bench.clock.advance(100);
  const [first] = bench.wire.filter(({ text }) => text === '200 SUBSCRIBE').map(({ message }) => message);
  const elsewhere = await SipEndpoint.open(bench.network.host('10.0.0.9'), '10.0.0.9', { server: '10.0.0.2' });
  const ask = async (sequence: number): Promise<void> => {
    elsewhere.send({
      method: 'SUBSCRIBE',
      user: 'bob',
      from: 'alice',
      callId: first!.callId,
      fromTag: first!.from.params.get('tag') ?? '',
      toTag: first!.to.params.get('tag') ?? '',
      sequence,
      headers: [['Event', 'words']],
    });
    await bench.clock.advance(100);
    flow.notify(`after ${sequence}`);
    await bench.clock.advance(100);
  };
  const stolen = () => elsewhere.received.filter(({ kind, cseq }) => kind === 'request' && cseq.method === 'NOTIFY');
  await ask(1_000_000);
  expect(stolen()).toEqual([]);
  taken = true;
  await ask(1_000_001);
  expect(stolen()).not.toEqual([]);
  await elsewhere.close();
});
