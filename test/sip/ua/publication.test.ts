import { expect, test } from 'vitest';
import type { HeaderList } from '../../../sip/build.js';
import { nameAddr } from '../../../sip/header-values.js';
import {
  type CompositorOptions,
  EventStateCompositor,
  type PublishDecision,
} from '../../../sip/ua/event-state-compositor.js';
import { Publisher } from '../../../sip/ua/publication.js';
import { MemoryPublicationStore } from '../../../sip/ua/publication-store.js';
import { sipUri } from '../../../sip/uri.js';
import { EventBench, RESOURCE, words } from '../../support/event-bench.js';
import { UaBench } from '../../support/ua-bench.js';

const uri = sipUri({ user: 'bob', host: '10.0.0.2' });

/** Alice and carol publish at bob, who composes and notifies alice. */
async function publishing(options: Partial<CompositorOptions> = {}) {
  const flow = await EventBench.create();
  const { bench, alice, bob, subscriptions } = flow;
  const carol = await bench.agent('carol', '10.0.0.3');
  const composed: string[] = [];
  const compositor = new EventStateCompositor(bob.ua.context, {
    packages: [words],
    onPublish: () => ({ status: 'accepted' }),
    onChanged: (_package, resource, publications) => {
      const all = publications.flatMap(({ state }) => state as string[]);
      composed.push(all.join(' '));
      subscriptions.notify(words, resource, all);
    },
    ...options,
  });
  bob.ua.use(compositor);
  const told: string[] = [];
  const publisher = (agent = alice, expiresS = 600) =>
    new Publisher(
      agent.ua,
      { package: words, uri, target: bob.target, from: nameAddr(uri), expiresS },
      {
        onPublished: () => told.push(`${agent.name} published`),
        onRetry: ({ statusCode }) => told.push(`${agent.name} retry ${statusCode}`),
        onEnded: ({ cause, statusCode }) => told.push(`${agent.name} ended ${cause} ${statusCode ?? ''}`.trim()),
      },
    );
  return { flow, bench, bob, alice, carol, compositor, composed, publisher, told };
}

test('RFC 3903 §15 publish, notify, refresh, modify, remove', async () => {
  const { flow, bench, publisher, composed, compositor } = await publishing();
  const subscription = flow.subscribe();
  await bench.clock.advance(100);
  bench.wire.length = 0;
  const mine = publisher();
  mine.publish(['open']);
  await bench.clock.advance(100);
  bench.expectLadder(`
    alice > bob   PUBLISH       # M5: no SIP-If-Match, a body
    bob   > alice 200 PUBLISH   # SIP-ETag
    bob   > alice NOTIFY
    alice > bob   200 NOTIFY`);
  await bench.clock.advance(566_000);
  mine.publish(['closed']);
  await bench.clock.advance(100);
  await Promise.all([mine.end(), bench.clock.advance(100)]);
  const sent = bench.sent('PUBLISH').map(({ headers, body }) => {
    return `${headers.get('SIP-If-Match') === undefined ? 'new' : 'match'} ${headers.get('Expires')} ${body}`.trim();
  });
  expect(sent).toEqual(['new 600 0 full open', 'match 600', 'match 600 1 full closed', 'match 0']);
  const tags = bench.sent('200 PUBLISH').map(({ headers }) => headers.get('SIP-ETag'));
  expect(new Set(tags).size).toBe(4);
  expect(bench.sent('PUBLISH').map(({ headers }) => headers.get('SIP-If-Match'))).toEqual([
    undefined,
    ...tags.slice(0, 3),
  ]);
  expect(composed).toEqual(['open', 'closed', '']);
  expect(compositor.counters).toMatchObject({ published: 1, refreshed: 1, modified: 1, removed: 1, expired: 0 });
  void subscription.end();
  await bench.expectNothingLeft();
});

test('RFC 3903 §6 several publications of one resource are composed, and one that is not refreshed expires', async () => {
  const { bench, publisher, carol, composed, compositor } = await publishing();
  publisher().publish(['desk']);
  await bench.clock.advance(100);
  publisher(carol, 100).publish(['mobile']);
  await bench.clock.advance(100);
  expect(composed).toEqual(['desk', 'desk mobile']);
  bench.lose = ({ from }) => from === 'carol';
  await bench.clock.advance(101_000);
  expect(composed).toEqual(['desk', 'desk mobile', 'desk']);
  expect(compositor.of(words, RESOURCE)).toHaveLength(1);
  expect(compositor.counters.expired).toBe(1);
});

test('RFC 3903 §4.3 a publisher whose entity-tag is forgotten publishes anew', async () => {
  const { bench, publisher, bob, told, composed } = await publishing();
  const mine = publisher();
  mine.publish(['a']);
  await bench.clock.advance(100);
  // Another compositor takes the place of the first, as after a restart.
  bob.ua.use(
    new EventStateCompositor(bob.ua.context, {
      packages: [words],
      onPublish: () => ({ status: 'accepted' }),
      onChanged: (_package, _resource, publications) => composed.push(`anew ${publications.length}`),
    }),
  );
  mine.publish(['b']);
  await bench.clock.advance(100);
  expect(bench.ladder().filter((line) => line.startsWith('bob'))).toEqual([
    'bob > alice 200 PUBLISH',
    'bob > alice 412 PUBLISH',
    'bob > alice 200 PUBLISH',
  ]);
  expect(bench.sent('PUBLISH').at(-1)?.body.toString()).toBe('2 full b');
  expect(told).toEqual(['alice published', 'alice published']);
  expect(composed).toEqual(['a', 'anew 1']);
});

test('RFC 3903 §4.2 a time that is too brief is raised, one failure is tried again, a refusal ends', async () => {
  const { bench, publisher, told, bob } = await publishing({ minExpiresS: 300 });
  const mine = publisher(undefined, 60);
  mine.publish(['a']);
  await bench.clock.advance(100);
  expect(bench.sent('PUBLISH').map(({ headers }) => headers.get('Expires'))).toEqual(['60', '300']);
  bench.lose = ({ from }) => from === 'bob';
  mine.publish(['b']);
  mine.publish(['c']);
  await bench.clock.advance(32_100);
  bench.lose = () => false;
  await bench.clock.advance(2_000);
  expect(told).toEqual(['alice published', 'alice retry 408', 'alice published']);
  expect(bench.sent('PUBLISH').at(-1)?.body.toString()).toContain('full c');
  bob.ua.handle('PUBLISH', (transaction) => bob.ua.respond(transaction, 403));
  mine.publish(['d']);
  await bench.clock.advance(100);
  expect(told.at(-1)).toBe('alice ended refused 403');
  expect(mine.state).toBe('ended');
});

test.each<[HeaderList, number, string]>([
  [[['Event', 'other']], 489, 'x'],
  [[], 489, 'x'],
  [[['Event', 'words']], 400, ''],
  [
    [
      ['Event', 'words'],
      ['SIP-If-Match', 'unknown'],
    ],
    412,
    '',
  ],
  [
    [
      ['Event', 'words'],
      ['SIP-If-Match', 'a'],
      ['SIP-If-Match', 'b'],
    ],
    400,
    '',
  ],
  [
    [
      ['Event', 'words'],
      ['Expires', '10'],
    ],
    423,
    '0 full x',
  ],
  [
    [
      ['Event', 'words'],
      ['Content-Type', 'image/png'],
    ],
    415,
    '0 full x',
  ],
  [
    [
      ['Event', 'words'],
      ['Content-Type', 'text/words'],
    ],
    400,
    'nonsense',
  ],
  [
    [
      ['Event', 'words'],
      ['Content-Type', 'text/words'],
    ],
    413,
    'x'.repeat(20_000),
  ],
])('RFC 3903 §6 a PUBLISH with %j is refused with %i', async (headers, statusCode, body) => {
  const { bench, alice, bob } = await publishing();
  const target = { ...bob.target, kind: 'tcp' as const };
  const request = { method: 'PUBLISH', uri, target, headers, body: Buffer.from(body), contentType: 'text/words' };
  const answer = alice.ua.request(request);
  await bench.clock.advance(1_000);
  expect(await answer).toMatchObject({ statusCode });
});

test('RFC 3903 §6 limits per resource and source, and who may publish', async () => {
  const { bench, publisher, told, compositor } = await publishing({ limits: { perResource: 1 } });
  publisher().publish(['a']);
  await bench.clock.advance(100);
  const second = publisher();
  second.publish(['b']);
  await bench.clock.advance(100);
  expect(told).toEqual(['alice published', 'alice retry 503']);
  expect(compositor.counters).toMatchObject({ published: 1, refused: 1 });
  await Promise.all([second.end(), bench.clock.advance(100)]);
  expect(told.at(-1)).toBe('alice ended removed');
});

test('RFC 3261 §8.1.2 a PUBLISH takes the Route and the proxy that it is given', async () => {
  const { bench, alice, bob } = await publishing();
  const domain = sipUri({ user: 'bob', host: 'example.com' });
  const route = [nameAddr(sipUri({ host: '10.0.0.2', params: { lr: null } }))];
  const routed = new Publisher(alice.ua, { package: words, uri: domain, from: nameAddr(uri), route });
  routed.publish(['open']);
  const proxied = new Publisher(alice.ua, { package: words, uri: domain, from: nameAddr(uri), sendTo: bob.target });
  proxied.publish(['open']);
  await bench.clock.advance(100);
  expect(bench.ladder().filter((line) => line.endsWith('PUBLISH'))).toHaveLength(4);
  expect([routed.state, proxied.state]).toEqual(['published', 'published']);
  await Promise.all([routed.end(), proxied.end(), bench.clock.advance(100)]);
  await bench.expectNothingLeft();
});

test('RFC 3903 §6.3 a compositor that closes keeps nothing, tells nothing and takes nothing more', async () => {
  let decide: () => void = () => {};
  const answers = [
    () => ({ status: 'accepted' }) as const,
    () => new Promise<PublishDecision>((resolve) => (decide = () => resolve({ status: 'accepted' }))),
  ];
  const store = new MemoryPublicationStore();
  const { bench, alice, carol, compositor, composed, publisher, told } = await publishing({
    store,
    onPublish: () => answers.shift()!(),
  });
  const [first, second] = [publisher(alice), publisher(carol)];
  first.publish(['open']);
  await bench.clock.advance(100);
  second.publish(['away']);
  await bench.clock.advance(100);
  compositor.close();
  expect([store.size, compositor.size, store.fromSource('10.0.0.1')]).toEqual([0, 0, 0]);
  decide();
  await bench.clock.advance(100);
  expect([store.size, told]).toEqual([0, ['alice published', 'carol retry 503']]);
  expect(composed).toEqual(['open']);
  compositor.close();
  first.close();
  second.close();
  await bench.expectNothingLeft();
});

test('RFC 3903 §7 OPTIONS tells the method, the packages and the types that may be published', async () => {
  const bench = new UaBench();
  const [alice, bob] = [await bench.agent('alice', '10.0.0.1'), await bench.agent('bob', '10.0.0.2')];
  const ask = async () => {
    const asked = alice.ua.options({ uri, target: bob.target });
    await bench.clock.advance(100);
    const { allow, allowEvents, accept } = await asked;
    return [allow?.includes('PUBLISH'), allowEvents ?? [], accept?.some(({ value }) => value === words.contentType)];
  };
  expect(await ask()).toEqual([false, [], false]);
  const decide = { onPublish: () => ({ status: 'accepted' }) as const, onChanged: () => undefined };
  bob.ua.use(new EventStateCompositor(bob.ua.context, { packages: [words], ...decide }));
  expect(await ask()).toEqual([true, ['words'], true]);
});
