import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import {
  messageSummaryPackage,
  nameAddr,
  type Reference,
  type ReferRequest,
  Referrals,
  refer,
  type Session,
  type SessionHandlers,
  Subscriber,
  Subscriptions,
  sipUri,
  TransportLayer,
  UserAgent,
} from '../../sip/index.js';
import { eventually } from '../support/eventually.js';
import { freePort } from '../support/gateway-process.js';
import { requirePeers } from './support/peers.js';
import type { SippOptions } from './support/sipp.js';
import { Stage } from './support/stage.js';

const HOST = '127.0.0.1';
const SDP = Buffer.from(
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n',
);
const MAILBOX = `sip:3001@${HOST}`;

let stage: Stage;
let phone: Phone;

/** A user agent of the library, with everything of the event framework added. */
class Phone {
  readonly ua: UserAgent;
  readonly port: number;
  readonly subscriber: Subscriber;
  readonly subscriptions: Subscriptions;
  readonly references: { readonly refer: ReferRequest; readonly reference: Reference }[] = [];
  readonly ended: string[] = [];

  private constructor(port: number) {
    this.port = port;
    const shared = { clock: createRealClock(), random: createRealRandom(), log: silentLogger };
    const transport = new TransportLayer({
      ...shared,
      network: createRealNetwork(),
      isLocalNet: () => true,
      listens: [
        { kind: 'udp', address: HOST, port },
        { kind: 'tcp', address: HOST, port },
      ],
    });
    this.ua = new UserAgent({ ...shared, transport, userAgent: 'test', nat: 'auto', isPrivate: () => true });
    const { context } = this.ua;
    this.subscriber = new Subscriber(context);
    this.subscriptions = new Subscriptions(context, {
      packages: [{ package: { ...messageSummaryPackage, minIntervalMs: 0 } }],
      onSubscribe: () => ({ status: 'active', resource: MAILBOX }),
    });
    const onRefer = (one: ReferRequest, reference: Reference) => {
      this.references.push({ refer: one, reference });
      return { status: 'accepted' } as const;
    };
    for (const usage of [this.subscriber, this.subscriptions, new Referrals(this.subscriptions, { onRefer })]) {
      this.ua.use(usage);
    }
    this.ua.onInvite((session) => {
      session.accept({ body: SDP });
      return this.handlers();
    });
  }

  static async start(): Promise<Phone> {
    const phone = new Phone(await freePort(HOST));
    await phone.ua.start();
    return phone;
  }

  handlers(): SessionHandlers {
    return { onEnded: ({ by, cause }) => this.ended.push(`${by} ${cause}`) };
  }

  target(port: number, kind: 'udp' | 'tcp') {
    return { kind, address: HOST, port } as const;
  }

  /** Calls and waits for the answer. */
  async call(port: number, kind: 'udp' | 'tcp'): Promise<Session> {
    const uri = sipUri({ user: '3001', host: HOST, port });
    const session = this.ua.invite(
      {
        branches: [{ target: this.target(port, kind), requestUri: uri }],
        from: nameAddr(sipUri({ user: 'us', host: HOST })),
        to: nameAddr(uri),
        contactUser: 'us',
        body: SDP,
      },
      this.handlers(),
    );
    await eventually('an answer', () => session.state === 'confirmed');
    return session;
  }
}

beforeAll(() => {
  requirePeers('sipp');
  stage = new Stage();
});
afterAll(() => stage.close());
beforeAll(async () => {
  phone = await Phone.start();
  stage.onClose(() => phone.ua.close());
});
afterEach(async () => {
  phone.references.length = 0;
  phone.ended.length = 0;
  // Nothing of a test is left but transactions that run out.
  await eventually('the end of all dialogs', () => {
    const { dialogs, sessions } = phone.ua.counts();
    return dialogs === 0 && sessions === 0;
  });
});

function sipp(scenario: string, options: Partial<Omit<SippOptions, 'scenario' | 'directory'>> = {}) {
  return stage.sipp({ gateway: { address: `${HOST}:${phone.port}` }, scenario, ...options });
}

async function reference() {
  return (await eventually('a REFER', () => phone.references[0] ?? false)) as (typeof phone.references)[number];
}

test.each(['udp', 'tcp'] as const)('RFC 3515 §4.1 sipp over %s transfers its call with us', async (transport) => {
  const peer = await sipp('transferor', { transport });
  const { refer: asked, reference: told } = await reference();
  expect(asked).toMatchObject({
    method: 'INVITE',
    uri: { user: 'carol' },
    headers: [['Replaces', 'x;to-tag=a;from-tag=b']],
  });
  expect(asked.referredBy?.uri).toMatchObject({ user: '3001' });
  told.progress(180);
  await eventually('180 taken', () => peer.messages().includes('SIP/2.0 180 Ringing'));
  told.final(200);
  await peer.finished();
  expect(phone.ended).toEqual(['remote bye']);
});

test('RFC 3515 §4.1 sipp refers us outside dialogs', async () => {
  const peer = await sipp('referrer');
  const { refer: asked, reference: told } = await reference();
  expect(asked).toMatchObject({ method: 'OPTIONS', dialog: null });
  await eventually('100 taken', () => peer.messages().includes('SIP/2.0 100 Trying'));
  told.final(486);
  await peer.finished();
});

test.each(['udp', 'tcp'] as const)('RFC 3515 §4.1 we transfer sipp over %s', async (transport) => {
  const port = await freePort();
  const peer = await sipp('transferee', { port, transport });
  if (transport === 'tcp') await listening(port);
  const session = await phone.call(port, transport);
  const news: number[] = [];
  const sent = refer(
    phone.ua.context,
    { session, referTo: nameAddr(sipUri({ user: 'carol', host: HOST })), referredBy: nameAddr(sipUri({ host: HOST })) },
    { onProgress: (statusCode) => news.push(statusCode) },
  );
  expect(await sent.result).toEqual({ outcome: 'succeeded', statusCode: 200, reasonPhrase: 'OK' });
  expect(news).toEqual([100, 180]);
  session.end();
  await peer.finished();
});

test('RFC 5057 §4.1 sipp hangs up before it says what came of our REFER', async () => {
  const port = await freePort();
  const peer = await sipp('transferee-gone', { port });
  const session = await phone.call(port, 'udp');
  const sent = refer(phone.ua.context, { session, referTo: nameAddr(sipUri({ user: 'carol', host: HOST })) });
  expect(await sent.result).toEqual({ outcome: 'failed', statusCode: 603, reasonPhrase: 'Decline' });
  expect(phone.ended).toEqual(['remote bye']);
  await peer.finished();
});

test.each(['udp', 'tcp'] as const)('RFC 6665 §4.2 sipp subscribes over %s to us', async (transport) => {
  const { subscriptions } = phone;
  subscriptions.notify(messageSummaryPackage, MAILBOX, { waiting: false, counts: {} });
  const peer = await sipp('subscriber', { transport });
  await eventually('no message', () => peer.messages().includes('Messages-Waiting: no'));
  subscriptions.notify(messageSummaryPackage, MAILBOX, { waiting: true, counts: {} });
  await peer.finished();
  expect(subscriptions.size).toBe(0);
});

test.each(['udp', 'tcp'] as const)('RFC 6665 §4.1 we subscribe over %s to sipp', async (transport) => {
  const port = await freePort();
  const peer = await sipp('notifier', { port, transport });
  if (transport === 'tcp') await listening(port);
  const heard: string[] = [];
  const subscription = phone.subscriber.subscribe(
    {
      package: messageSummaryPackage,
      uri: sipUri({ user: '3001', host: HOST, port }),
      target: phone.target(port, transport),
      from: nameAddr(sipUri({ user: 'us', host: HOST })),
      contactUser: 'us',
      expiresS: 600,
    },
    { onNotify: ({ state, subscription: { state: status } }) => heard.push(`${status} ${state?.waiting}`) },
  );
  await eventually('a message', () => heard.length === 2);
  await subscription.end();
  await peer.finished();
  expect(heard).toEqual(['active false', 'active true', 'terminated true']);
});

/** Waits until somebody takes connections there. */
async function listening(port: number): Promise<void> {
  const network = createRealNetwork();
  const ignore = { onData: () => undefined, onClose: () => undefined };
  await eventually('a listener', async () => {
    const connection = await network.connectTcp({ address: HOST, port }, ignore).catch(() => null);
    connection?.destroy();
    return connection !== null;
  });
}
