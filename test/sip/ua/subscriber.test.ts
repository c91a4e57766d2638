import { expect, test } from 'vitest';
import { createRequest, type HeaderList } from '../../../sip/build.js';
import { nameAddr, tagOf, withTag } from '../../../sip/header-values.js';
import type { SipRequest } from '../../../sip/message.js';
import { Subscriber, type UnsolicitedNotify } from '../../../sip/ua/subscriber.js';
import { Subscriptions } from '../../../sip/ua/subscriptions.js';
import { sipUri } from '../../../sip/uri.js';
import { EventBench, words } from '../../support/event-bench.js';
import { type Agent, ANSWER } from '../../support/ua-bench.js';

/** A NOTIFY of another fork, made by hand; resolves with the status of its answer. */
function notifyFrom(agent: Agent, to: Agent, subscribe: SipRequest, tag: string, extra: HeaderList = []) {
  const request = createRequest({
    method: 'NOTIFY',
    uri: sipUri({ user: 'alice', host: to.address }),
    from: withTag(nameAddr(subscribe.to.uri), tag),
    to: subscribe.from,
    callId: subscribe.callId,
    cseq: { sequence: 7 },
    headers: [
      ['Event', 'words'],
      ['Subscription-State', 'active;expires=600'],
      ['Contact', `<sip:bob@${agent.address}>`],
      ...extra,
    ],
    body: Buffer.from('0 full fork'),
    contentType: 'text/words',
  });
  return new Promise<number>((resolve) => {
    agent.ua.context.send(request, to.target, {
      onResponse: ({ statusCode }) => resolve(statusCode),
      onTimeout: () => resolve(408),
      onTransportError: () => resolve(503),
    });
  });
}

test.each([
  ['first', 481, ['active a']],
  ['all', 200, ['active a', 'active fork']],
] as const)('RFC 6665 §4.1.4 the NOTIFY of a second fork, forks: %s', async (forks, statusCode, heard) => {
  const flow = await EventBench.create();
  const { bench, alice } = flow;
  const carol = await bench.agent('carol', '10.0.0.3');
  flow.notify('a');
  const subscription = flow.subscribe({ forks });
  await bench.clock.advance(100);
  const answer = notifyFrom(carol, alice, bench.sent('SUBSCRIBE')[0] as SipRequest, 'carols-tag');
  await bench.clock.advance(100);
  expect(await answer).toBe(statusCode);
  expect(flow.heard).toEqual(heard);
  // Timer N: no fork is taken after it.
  await bench.clock.advance(33_000);
  const late = notifyFrom(carol, alice, bench.sent('SUBSCRIBE')[0] as SipRequest, 'late-tag');
  await bench.clock.advance(100);
  expect(await late).toBe(481);
  carol.ua.handle('SUBSCRIBE', (transaction) => carol.ua.respond(transaction, 200));
  void subscription.end();
  await bench.expectNothingLeft();
});

test('RFC 6665 §4.1.2.4 Timer N: a 200 without a NOTIFY is no subscription', async () => {
  const flow = await EventBench.create();
  flow.bench.lose = ({ text }) => text === 'NOTIFY';
  flow.subscribe({ retry: false });
  await flow.clock.advance(31_900);
  expect(flow.heard).toEqual([]);
  await flow.clock.advance(200);
  expect(flow.heard).toEqual(['ended no-notify']);
  await flow.bench.expectNothingLeft();
});

test('RFC 6665 §4.1.2.2 a refresh that the notifier does not know (481) makes a new subscription', async () => {
  const flow = await EventBench.create();
  const { bench, heard, subscriptions } = flow;
  flow.notify('a');
  flow.subscribe({ expiresS: 600 });
  await bench.clock.advance(100);
  // Bob believes that alice is gone: his NOTIFY is not answered.
  bench.lose = ({ from, text }) => from === 'alice' && text === '200 NOTIFY';
  flow.notify('b');
  await bench.clock.advance(40_000);
  expect(subscriptions.size).toBe(0);
  bench.lose = () => false;
  heard.length = 0;
  await bench.clock.advance(560_000);
  expect(heard).toEqual(['retry lost at once', 'active b']);
  expect(bench.sent('481 SUBSCRIBE')).toHaveLength(1);
  expect(subscriptions.size).toBe(1);
});

test('RFC 6665 §4.1.2.2 a refresh that fails otherwise is tried again within the time that is left', async () => {
  const flow = await EventBench.create();
  const { bench, heard, bob } = flow;
  flow.notify('a');
  const subscription = flow.subscribe({ expiresS: 600 });
  await bench.clock.advance(100);
  bench.lose = ({ from }) => from === 'alice';
  await bench.clock.advance(590_000);
  bench.lose = () => false;
  expect(subscription.state).toBe('active');
  await bench.clock.advance(8_000);
  expect(bench.sent('200 SUBSCRIBE')).toHaveLength(2);
  expect(heard).toEqual(['active a', 'active a']);
  expect(bob.ua.counts().dialogs).toBe(1);
});

test('RFC 6665 §4.1.2.2 a notifier that wants more time with every refresh is not asked again and again', async () => {
  let least = 60;
  const served = {
    package: words,
    get minExpiresS() {
      return least;
    },
  };
  const flow = await EventBench.create({ notifier: { packages: [served] } });
  const { bench, heard } = flow;
  const subscription = flow.subscribe({ expiresS: 600 });
  await bench.clock.advance(100);
  bench.lose = ({ text, from }) => {
    if (text === 'SUBSCRIBE' && from === 'alice') least = Math.max(600, least) + 1;
    return false;
  };
  await bench.clock.advance(566_000);
  // The refresh and three with what each 423 wanted; then half of the time that is left goes by.
  expect(bench.sent('423 SUBSCRIBE')).toHaveLength(4);
  bench.lose = () => false;
  await bench.clock.advance(20_000);
  expect(bench.sent('200 SUBSCRIBE')).toHaveLength(2);
  expect([subscription.state, heard.length]).toEqual(['active', 2]);
});

test('RFC 6665 §4.1.2.1 a refusal that would be the same again ends it, one that may pass is tried again', async () => {
  const flow = await EventBench.create();
  const { bench, heard, bob } = flow;
  let statusCode = 503;
  bob.ua.handle('SUBSCRIBE', (transaction) => bob.ua.respond(transaction, statusCode));
  flow.subscribe();
  await bench.clock.advance(10_000);
  expect(heard).toEqual(['retry refused', 'retry refused', 'retry refused', 'retry refused']);
  statusCode = 403;
  await bench.clock.advance(30_000);
  expect(heard.at(-1)).toBe('ended refused 403');
  await bench.expectNothingLeft();
});

test('RFC 6665 §4.4.2 a notifier that closes tells its subscribers to come again, and they do', async () => {
  const flow = await EventBench.create();
  const { bench, heard, bob } = flow;
  flow.subscribe();
  await bench.clock.advance(100);
  await bob.ua.close();
  await bench.clock.advance(100);
  expect(bench.sent('NOTIFY').at(-1)?.headers.get('Subscription-State')).toBe('terminated;reason=deactivated');
  expect(heard).toEqual(['active -', 'terminated -', 'retry terminated deactivated at once']);
});

test('RFC 6665 §4.1.2.3 a subscriber that closes unsubscribes once and waits for nothing', async () => {
  const flow = await EventBench.create();
  const { bench, heard, alice, subscriptions } = flow;
  flow.subscribe();
  await bench.clock.advance(100);
  await alice.ua.close();
  await bench.clock.advance(100);
  expect(heard).toEqual(['active -', 'ended closed']);
  expect((bench.sent('SUBSCRIBE').at(-1) as SipRequest).headers.get('Expires')).toBe('0');
  await bench.clock.advance(40_000);
  expect(subscriptions.size).toBe(0);
});

test('RFC 6665 §4.1.3 a NOTIFY of no subscription is 481, and taken where voice mail is', async () => {
  const taken: UnsolicitedNotify[] = [];
  const flow = await EventBench.create();
  const { bench, alice, bob } = flow;
  const headers: HeaderList = [
    ['Event', 'message-summary'],
    ['Subscription-State', 'active'],
  ];
  const send = async () => {
    const answer = bob.ua.request({
      method: 'NOTIFY',
      uri: sipUri({ host: '10.0.0.1' }),
      target: alice.target,
      headers,
    });
    await bench.clock.advance(100);
    return (await answer).statusCode;
  };
  expect(await send()).toBe(481);
  const onUnsolicited = (one: UnsolicitedNotify) => taken.push(one) > 0;
  alice.ua.use(new Subscriber(alice.ua.context, { onUnsolicited }));
  expect(await send()).toBe(200);
  expect(taken).toMatchObject([{ event: { name: 'message-summary' }, subscription: { state: 'active' } }]);
});

test('RFC 6665 §4.1.3 what cannot be read in a NOTIFY is refused and changes nothing', async () => {
  const flow = await EventBench.create();
  const { bench, alice, bob, heard } = flow;
  const statuses: number[] = [];
  bob.ua.handle('SUBSCRIBE', (transaction) => {
    bob.ua.respond(transaction, 200, {
      headers: [
        ['Contact', '<sip:bob@10.0.0.2>'],
        ['Expires', '600'],
      ],
    });
  });
  flow.subscribe({ retry: false });
  await bench.clock.advance(10);
  const subscribe = bench.sent('SUBSCRIBE')[0] as SipRequest;
  const tag = tagOf((bench.sent('200 SUBSCRIBE')[0] as unknown as SipRequest).to) ?? '';
  const bad: HeaderList[] = [[['Subscription-State', 'active']], [['Content-Type', 'image/png']]];
  for (const extra of bad) {
    const answer = notifyFrom(bob, alice, subscribe, tag, extra);
    await bench.clock.advance(10);
    statuses.push(await answer);
  }
  // The second comes with the sequence number of the first: out of order (RFC 3261 §12.2.2).
  expect(statuses).toEqual([400, 500]);
  expect(heard).toEqual([]);
});

test.each([
  ['share', '200 SUBSCRIBE'],
  ['refuse', '403 SUBSCRIBE'],
] as const)('RFC 6665 §4.5.2 a SUBSCRIBE inside an INVITE dialog, inDialogs: %s', async (inDialogs, answer) => {
  const flow = await EventBench.create({ notifier: { inDialogs } });
  const { bench, alice, bob } = flow;
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  void call.request('SUBSCRIBE', {
    headers: [
      ['Event', 'words'],
      ['Contact', '<sip:alice@10.0.0.1>'],
    ],
  });
  await bench.clock.advance(100);
  expect(bench.ladder().at(answer.startsWith('200') ? -3 : -1)).toBe(`bob > alice ${answer}`);
  // Alice has no such subscription, so its first NOTIFY ends it; the call goes on.
  expect(bench.sent('481 NOTIFY')).toHaveLength(answer.startsWith('200') ? 1 : 0);
  expect(call.state).toBe('confirmed');
  expect(flow.subscriptions.size).toBe(0);
  call.end();
  await bench.expectNothingLeft();
});

test('limits: what is beyond them gets 503 and is counted, and what ended makes room', async () => {
  const flow = await EventBench.create({ notifier: { limits: { perSource: 1 } } });
  const { bench, heard, subscriptions } = flow;
  const first = flow.subscribe({ retry: false });
  await bench.clock.advance(100);
  flow.subscribe({ retry: false });
  await bench.clock.advance(100);
  expect(heard).toEqual(['active -', 'ended refused 503']);
  expect(subscriptions.counters).toMatchObject({ started: 1, refused: 1 });
  await Promise.all([first.end(), bench.clock.advance(100)]);
  flow.subscribe({ retry: false });
  await bench.clock.advance(100);
  expect(heard.at(-1)).toBe('active -');
});

test('RFC 6665 §8.2.2 Allow and Allow-Events name what was added, on both sides', async () => {
  const { alice, bob } = await EventBench.create();
  expect(alice.ua.allow()).toContain('NOTIFY');
  expect(alice.ua.allow()).not.toContain('SUBSCRIBE');
  expect(bob.ua.allow()).toContain('SUBSCRIBE');
  expect(bob.ua.allowEvents()).toBe('words, words.winfo');
});

test('RFC 6665 §4.2.1.2 a decision of the application that throws or hangs, and one that comes in time', async () => {
  const flow = await EventBench.create();
  const { bench, bob, heard } = flow;
  const decide = (onSubscribe: ConstructorParameters<typeof Subscriptions>[1]['onSubscribe']): void => {
    bob.ua.use(new Subscriptions(bob.ua.context, { packages: [{ package: words }], onSubscribe }));
    flow.subscribe({ retry: false });
  };
  decide(() => {
    throw new Error('no');
  });
  await bench.clock.advance(100);
  decide(() => new Promise(() => {}));
  await bench.clock.advance(10_100);
  decide(async () => ({ status: 'active' }));
  await bench.clock.advance(100);
  expect(heard).toEqual(['ended refused 500', 'ended refused 503', 'active -']);
});
