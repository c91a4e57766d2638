import { expect, test } from 'vitest';
import { nameAddr } from '../../../sip/header-values.js';
import { type ReferOptions, type ReferResult, refer } from '../../../sip/ua/refer.js';
import { type ReferDecision, type Reference, type ReferRequest, Referrals } from '../../../sip/ua/referrals.js';
import { Subscriber } from '../../../sip/ua/subscriber.js';
import { Subscriptions } from '../../../sip/ua/subscriptions.js';
import type { Session } from '../../../sip/ua/types.js';
import { type SipUri, sipUri } from '../../../sip/uri.js';
import { withUriHeaders } from '../../../sip/uri-headers.js';
import { type Agent, ANSWER, pair } from '../../support/ua-bench.js';

const carol = sipUri({ user: 'carol', host: '10.0.0.3' });

/** Alice refers, bob is referred. */
async function referring() {
  const flow = await pair();
  const { alice, bob, bench } = flow;
  const got: { readonly refer: ReferRequest; readonly reference: Reference }[] = [];
  let decision: () => ReferDecision | Promise<ReferDecision> = () => ({ status: 'accepted' });
  alice.ua.use(new Subscriber(alice.ua.context));
  const options = { packages: [], onSubscribe: () => ({ status: 'active' }) as const };
  const subscriptions = new Subscriptions(bob.ua.context, options);
  bob.ua.use(subscriptions);
  bob.ua.use(
    new Referrals(subscriptions, {
      onRefer: (one, reference) => {
        got.push({ refer: one, reference });
        return decision();
      },
    }),
  );
  const results: ReferResult[] = [];
  const heard: string[] = [];
  const send = (more: Partial<ReferOptions> = {}, session?: Session) => {
    const free = { uri: sipUri({ user: 'bob', host: '10.0.0.2' }), target: bob.target, from: addressOf(alice) };
    const options = { referTo: nameAddr(carol), ...(session === undefined ? free : { session }), ...more };
    const sent = refer(alice.ua.context, options as ReferOptions, {
      onAccepted: ({ statusCode }) => heard.push(`accepted ${statusCode}`),
      onProgress: (statusCode, phrase) => heard.push(`${statusCode} ${phrase}`),
    });
    void sent.result.then((result) => results.push(result));
    return sent;
  };
  const decide = (next: typeof decision): void => {
    decision = next;
  };
  const call = async () => {
    bob.onInvite = (session) => session.accept({ body: ANSWER });
    const session = alice.call(bob);
    await bench.clock.advance(100);
    bench.wire.length = 0;
    return session;
  };
  return { ...flow, got, results, heard, send, decide, call };
}

function addressOf({ name, address }: Agent) {
  return nameAddr(sipUri({ user: name, host: address }));
}

test('RFC 3515 §4.1 a reference in a call: 202, NOTIFY 100 at once, news, and one last NOTIFY', async () => {
  const { bench, call, send, got, heard, results } = await referring();
  const session = await call();
  send({ referredBy: nameAddr(sipUri({ user: 'alice', host: '10.0.0.1' })) }, session);
  await bench.clock.advance(100);
  expect(got[0]?.refer).toMatchObject({ method: 'INVITE', uri: { user: 'carol' }, wantsNotify: true });
  expect(got[0]?.refer.referredBy?.uri).toMatchObject({ user: 'alice' });
  got[0]?.reference.progress(180);
  await bench.clock.advance(100);
  got[0]?.reference.final(200);
  await bench.clock.advance(100);
  bench.expectLadder(`
    alice > bob   REFER
    bob   > alice 202 REFER
    bob   > alice NOTIFY       # 100 Trying
    alice > bob   200 NOTIFY
    bob   > alice NOTIFY       # 180 Ringing
    alice > bob   200 NOTIFY
    bob   > alice NOTIFY       # 200 OK, terminated
    alice > bob   200 NOTIFY
  `);
  const notifies = bench.sent('NOTIFY').map(({ headers, body }) => {
    return `${headers.get('Event')} ${headers.get('Subscription-State')} ${headers.get('Content-Type')} ${body}`.trim();
  });
  expect(notifies).toEqual([
    'refer active;expires=180 message/sipfrag;version=2.0 SIP/2.0 100 Trying',
    'refer active;expires=180 message/sipfrag;version=2.0 SIP/2.0 180 Ringing',
    'refer terminated;reason=noresource message/sipfrag;version=2.0 SIP/2.0 200 OK',
  ]);
  expect(heard).toEqual(['accepted 202', '100 Trying', '180 Ringing']);
  expect(results).toEqual([{ outcome: 'succeeded', statusCode: 200, reasonPhrase: 'OK' }]);
  session.end();
  await bench.expectNothingLeft();
});

test('RFC 3515 §4.2 two references in one call are told apart by the id of Event', async () => {
  const { bench, call, send, got, results } = await referring();
  const session = await call();
  send({}, session);
  await bench.clock.advance(100);
  send({}, session);
  await bench.clock.advance(100);
  const second = String(bench.sent('REFER')[1]?.cseq.sequence);
  got[1]?.reference.final(486);
  await bench.clock.advance(100);
  expect(results).toEqual([{ outcome: 'failed', statusCode: 486, reasonPhrase: 'Busy Here' }]);
  got[0]?.reference.final(200);
  await bench.clock.advance(100);
  expect(results[1]).toMatchObject({ outcome: 'succeeded' });
  const ids = new Set(bench.sent('NOTIFY').map(({ headers }) => headers.get('Event')));
  expect([...ids]).toEqual(['refer', `refer;id=${second}`]);
  session.end();
  await bench.expectNothingLeft();
});

test('RFC 5057 §4 the dialog lives on after BYE until the news of the transfer has come', async () => {
  const { bench, bob, call, send, got, results } = await referring();
  const session = await call();
  send({}, session);
  await bench.clock.advance(100);
  bob.session.end();
  await bench.clock.advance(100);
  expect(session.state).toBe('ended');
  expect(bob.ua.counts()).toMatchObject({ dialogs: 1 });
  got[0]?.reference.final(200);
  await bench.clock.advance(100);
  expect(results).toMatchObject([{ outcome: 'succeeded' }]);
  expect(bob.ua.counts()).toMatchObject({ dialogs: 0 });
  await bench.expectNothingLeft();
});

test('RFC 3515 §2.4.5 a session that ends without news of its transfer gives a result all the same', async () => {
  const { bench, bob, call, send, results } = await referring();
  send({}, await call());
  await bench.clock.advance(100);
  bob.session.end();
  await bench.clock.advance(40_000);
  expect(results).toEqual([{ outcome: 'unknown', cause: 'session-ended', statusCode: 100 }]);
});

test('RFC 3515 §4 outside a dialog the REFER makes one, also by a NOTIFY that overtakes the 202', async () => {
  const { bench, alice, send, got, results } = await referring();
  let lost = 0;
  bench.lose = ({ text }) => text === '202 REFER' && lost++ < 1;
  send();
  await bench.clock.advance(100);
  got[0]?.reference.final(603, 'No Thanks');
  await bench.clock.advance(1_000);
  expect(results).toEqual([{ outcome: 'failed', statusCode: 603, reasonPhrase: 'No Thanks' }]);
  expect(alice.ua.counts()).toMatchObject({ dialogs: 0, sessions: 0 });
  await bench.expectNothingLeft();
});

test('RFC 4488 §4 Refer-Sub: false makes no subscription on either side', async () => {
  const { bench, bob, send, results, got } = await referring();
  send({ notify: false });
  await bench.clock.advance(100);
  expect(got[0]?.refer.wantsNotify).toBe(false);
  expect(got[0]?.reference.isOpen).toBe(false);
  bench.expectLadder(`
    alice > bob   REFER
    bob   > alice 202 REFER`);
  expect(bench.sent('202 REFER')[0]?.headers.get('Refer-Sub')).toBe('false');
  expect(results).toEqual([{ outcome: 'accepted' }]);
  expect(bob.ua.supported()).toContain('norefersub');
  await bench.expectNothingLeft();
});

test.each([
  [[], 'Missing Refer-To'],
  [['<sip:a@x>', '<sip:b@x>'], 'Bad Refer-To'],
  [['<sip:a@x>, <sip:b@x>'], 'Bad Refer-To'],
  [['nonsense'], 'Bad Refer-To'],
])('RFC 3515 §2.4.2 a REFER with Refer-To %j is 400 %s', async (values, phrase) => {
  const { bench, alice, bob } = await referring();
  const headers = [
    ['Contact', '<sip:alice@10.0.0.1>'] as const,
    ...values.map((value) => ['Refer-To', value] as const),
  ];
  const uri = sipUri({ user: 'bob', host: '10.0.0.2' });
  const answer = alice.ua.request({ method: 'REFER', uri, target: bob.target, from: addressOf(alice), headers });
  await bench.clock.advance(100);
  expect(await answer).toMatchObject({ statusCode: 400, reasonPhrase: phrase });
});

test('RFC 3891 §4 a REFER carries Replaces for an attended transfer', async () => {
  const { bench, send, got } = await referring();
  const replaces = 'a1@x;to-tag=1;from-tag=2';
  const target: SipUri = withUriHeaders(carol, [['Replaces', replaces]]);
  send({ referTo: nameAddr(target) });
  await bench.clock.advance(100);
  expect(bench.sent('REFER')[0]?.headers.get('Refer-To')).toContain('?Replaces=a1%40x%3Bto-tag%3D1%3Bfrom-tag%3D2>');
  expect(got[0]?.refer.headers).toEqual([['Replaces', replaces]]);
  expect(got[0]?.refer.uri).toMatchObject({ user: 'carol', headers: '' });
});

test('RFC 4538 §7 the tags of a Target-Dialog are those that the recipient knows: the dialog is found by them', async () => {
  const { bench, alice, bob, send, got } = await referring();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const { callId, localTag, remoteTag } = call.dialog!;
  send({ headers: [['Target-Dialog', `${callId};local-tag=${remoteTag};remote-tag=${localTag}`]] });
  await bench.clock.advance(100);
  const { targetDialog } = got[0]!.refer;
  expect(targetDialog).toEqual({ callId, localTag: remoteTag, remoteTag: localTag });
  expect(bob.session.dialog).toMatchObject(targetDialog!);
});

test('RFC 3515 §2.4.2 every end of a REFER has its result', async () => {
  const { bench, alice, send, decide, results } = await referring();
  decide(() => ({ status: 'rejected', statusCode: 603 }));
  send();
  await bench.clock.advance(100);
  expect(results.pop()).toMatchObject({ outcome: 'refused', statusCode: 603 });

  decide(() => ({ status: 'accepted' }));
  bench.lose = ({ text }) => text === 'NOTIFY';
  send();
  await bench.clock.advance(40_000);
  expect(results.pop()).toEqual({ outcome: 'unknown', cause: 'no-notify', statusCode: undefined });

  bench.lose = () => false;
  send({ timeoutMs: 50_000 });
  await bench.clock.advance(51_000);
  expect(results.pop()).toEqual({ outcome: 'unknown', cause: 'timeout', statusCode: 100 });

  bench.lose = ({ from }) => from === 'bob';
  send();
  await bench.clock.advance(40_000);
  expect(results.pop()).toMatchObject({ outcome: 'refused', statusCode: 408 });

  bench.lose = () => false;
  const session = alice.call([{ kind: 'udp', address: '10.0.0.9', port: 5060 }]);
  send({}, session);
  await bench.clock.advance(0);
  expect(results.pop()).toEqual({ outcome: 'refused', statusCode: 481, response: null });
  session.end();
  await bench.expectNothingLeft();
});

test('RFC 3515 §2.4.4 a reference that comes to nothing ends with its time, and its sender may end it earlier', async () => {
  const { bench, send, got, results } = await referring();
  const closed: string[] = [];
  send({ timeoutMs: 300_000 });
  await bench.clock.advance(100);
  got[0]?.reference.onClosed(() => closed.push('expired'));
  // A sender that does not refresh.
  bench.lose = ({ text }) => text === 'SUBSCRIBE';
  await bench.clock.advance(181_000);
  expect(closed).toEqual(['expired']);
  expect(results).toEqual([{ outcome: 'unknown', cause: 'no-final', statusCode: 100 }]);
  await bench.expectNothingLeft();
});

test.each([
  ['in a call', true],
  ['outside dialogs', false],
])(
  'RFC 3515 §2.4.4 %s a transfer that takes longer than its subscription is heard of to its end',
  async (_name, isInCall) => {
    const { bench, call, send, got, heard, results } = await referring();
    const session = isInCall ? await call() : undefined;
    const options = { timeoutMs: 900_000, credentials: { username: 'alice', password: 'x' } };
    send(options, session);
    await bench.clock.advance(100);
    send(options, session);
    await bench.clock.advance(100);
    got[1]?.reference.progress(180);
    await bench.clock.advance(600_000);
    const refreshes = bench.sent('SUBSCRIBE').map(({ headers }) => `${headers.get('Event')} ${headers.get('Expires')}`);
    const id = isInCall ? `;id=${bench.sent('REFER')[1]?.cseq.sequence}` : '';
    expect(new Set(refreshes)).toEqual(new Set(['refer 180', `refer${id} 180`]));
    expect(refreshes).toHaveLength(8);
    got[0]?.reference.final(200);
    got[1]?.reference.final(486);
    await bench.clock.advance(100);
    expect(results.map(({ outcome }) => outcome).sort()).toEqual(['failed', 'succeeded']);
    // What is told again by every refresh is no news.
    expect(heard).toEqual(['accepted 202', '100 Trying', 'accepted 202', '100 Trying', '180 Ringing']);
    session?.end();
    await bench.expectNothingLeft();
  },
);

test('RFC 6665 §4.1.2.2 a refresh that is not answered is tried again, one that meets nobody ends the wait', async () => {
  const { bench, bob, send, results } = await referring();
  send({ timeoutMs: 900_000 });
  await bench.clock.advance(100);
  bench.lose = ({ text }) => text === 'SUBSCRIBE';
  await bench.clock.advance(145_000 + 32_500);
  bench.lose = () => false;
  expect(results).toEqual([]);
  await bench.clock.advance(2_500);
  expect(bench.sent('200 SUBSCRIBE')).toHaveLength(1);
  bob.ua.context.dialogs.findForRequest = () => undefined;
  await bench.clock.advance(150_000);
  expect(bench.sent('481 SUBSCRIBE')).toHaveLength(1);
  expect(results).toEqual([{ outcome: 'unknown', cause: 'no-final', statusCode: 100 }]);
});

test('RFC 3515 §2.4.4 a SUBSCRIBE to refer makes no subscription', async () => {
  const { bench, alice, bob } = await referring();
  const headers = [['Event', 'refer'] as const, ['Contact', '<sip:alice@10.0.0.1>'] as const];
  const uri = sipUri({ user: 'bob', host: '10.0.0.2' });
  const answer = alice.ua.request({ method: 'SUBSCRIBE', uri, target: bob.target, from: addressOf(alice), headers });
  await bench.clock.advance(100);
  expect(await answer).toMatchObject({ statusCode: 403 });
});

test('RFC 3515 §2.4.2 a decision that is late, fails or comes later', async () => {
  const { bench, send, decide, results, got } = await referring();
  decide(() => new Promise(() => {}));
  send();
  await bench.clock.advance(11_000);
  expect(results.pop()).toMatchObject({ outcome: 'refused', statusCode: 503 });
  decide(() => Promise.reject(new Error('no')));
  send();
  await bench.clock.advance(100);
  expect(results.pop()).toMatchObject({ outcome: 'refused', statusCode: 500 });
  let accept: (decision: ReferDecision) => void = () => {};
  const later = new Promise<ReferDecision>((resolve) => {
    accept = resolve;
  });
  decide(() => later);
  send();
  await bench.clock.advance(1_000);
  got.at(-1)?.reference.final(200);
  accept({ status: 'accepted' });
  await bench.clock.advance(100);
  expect(results.pop()).toMatchObject({ outcome: 'succeeded' });
  await bench.expectNothingLeft();
});
