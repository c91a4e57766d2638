import { describe, expect, test } from 'vitest';
import { serializeMultipart } from '../../../sip/bodies/multipart.js';
import { nameAddr } from '../../../sip/header-values.js';
import type { SipResponse } from '../../../sip/message.js';
import {
  type InstantMessage,
  MAX_MESSAGE_BYTES,
  Messages,
  type MessagesOptions,
  MessageTooLargeError,
} from '../../../sip/ua/message.js';
import { sipUri } from '../../../sip/uri.js';
import { ANSWER, pair } from '../../support/ua-bench.js';

async function messaging(options: MessagesOptions = {}) {
  const flow = await pair();
  const received: InstantMessage[] = [];
  const messages = new Messages(flow.bob.ua.context, {
    onMessage: (message) => {
      received.push(message);
      return undefined;
    },
    ...options,
  });
  flow.bob.ua.use(messages);
  const sender = new Messages(flow.alice.ua.context);
  const uri = sipUri({ user: 'bob', host: '10.0.0.2' });
  const from = nameAddr(sipUri({ user: 'alice', host: '10.0.0.1' }));
  const settled = async (sent: Promise<SipResponse>): Promise<SipResponse> => {
    let response: SipResponse | null = null;
    void sent.then((value) => {
      response = value;
    });
    await flow.bench.clock.until(() => response !== null);
    return response as unknown as SipResponse;
  };
  const send = (message: Partial<Parameters<Messages['send']>[0]> = {}) =>
    settled(sender.send({ uri, target: flow.bob.target, from, body: 'Watson, come here.', ...message }));
  return { ...flow, messages, sender, received, send, settled };
}

describe('RFC 3428 outside dialogs', () => {
  test('RFC 3428 §10 a message is delivered and answered 200 without body and Contact', async () => {
    const { bench, received, send } = await messaging();
    const response = await send();
    expect([response.statusCode, response.body.length, response.headers.has('Contact')]).toEqual([200, 0, false]);
    expect(received).toMatchObject([
      {
        contentType: 'text/plain',
        inDialog: false,
        isExpired: false,
        dateMs: undefined,
        from: { uri: { user: 'alice' } },
      },
    ]);
    expect(received[0]?.body.toString()).toBe('Watson, come here.');
    expect(bench.sent('MESSAGE')[0]?.headers.has('Contact')).toBe(false);
    await bench.expectNothingLeft();
  });

  test('RFC 3428 §7 one that is only kept gets 202, a refused one its code', async () => {
    const kept = await messaging({ onMessage: () => Promise.resolve({ statusCode: 202 }) });
    expect((await kept.send()).statusCode).toBe(202);
    const refused = await messaging({ onMessage: () => ({ statusCode: 603, reasonPhrase: 'No' }) });
    expect(await refused.send()).toMatchObject({ statusCode: 603, reasonPhrase: 'No' });
    const late = await messaging({ onMessage: () => new Promise(() => {}) });
    expect((await late.send()).statusCode).toBe(202);
    const broken = await messaging({ onMessage: () => Promise.reject(new Error('defect')) });
    expect((await broken.send()).statusCode).toBe(500);
    for (const { bench } of [kept, refused, late, broken]) await bench.expectNothingLeft();
  });

  test('RFC 3261 §8.2.3 other types get 415 with Accept; Allow and Accept tell of MESSAGE only where it is received', async () => {
    const { bench, alice, bob, send, received } = await messaging({ accept: ['text/plain', 'text/html'] });
    const response = await send({ body: Buffer.from('x'), contentType: 'image/png' });
    expect(response.statusCode).toBe(415);
    expect(response.headers.get('Accept')).toBe('text/plain, text/html, multipart/mixed, multipart/alternative');
    expect(bob.ua.allow()).toContain('MESSAGE');
    expect(alice.ua.allow()).not.toContain('MESSAGE');
    const parts = [
      { contentType: 'text/plain', body: Buffer.from('plain') },
      { contentType: 'text/html', body: Buffer.from('<b>') },
    ];
    expect((await send(serializeMultipart('alternative', parts))).statusCode).toBe(200);
    expect(received[0]).toMatchObject({ contentType: 'text/html', parts: [{}, {}] });
    await bench.expectNothingLeft();
  });

  test('RFC 3428 §8 over 1300 bytes nothing is sent unless the whole way is congestion-safe', async () => {
    const { bench, send, received } = await messaging();
    const body = 'x'.repeat(MAX_MESSAGE_BYTES);
    expect(() => send({ body })).toThrow(MessageTooLargeError);
    expect(bench.wire).toEqual([]);
    expect((await send({ body, congestionSafe: true })).statusCode).toBe(200);
    expect(received[0]?.body.length).toBe(body.length);
    const largest = await send({ body: 'x'.repeat(800) });
    expect(largest.statusCode).toBe(200);
    await bench.expectNothingLeft();
  });

  test('RFC 3428 §5 Expires counts from the Date', async () => {
    const { bench, send, received } = await messaging();
    await send({ expiresS: 60 });
    const [first] = bench.sent('MESSAGE');
    expect(first?.headers.get('Expires')).toBe('60');
    expect(received[0]?.isExpired).toBe(false);
    expect(received[0]?.dateMs).toBe(Math.floor(bench.clock.epochMs() / 1000) * 1000);
    await send({
      headers: [
        ['Date', 'Sat, 13 Nov 2010 23:29:00 GMT'],
        ['Expires', '60'],
      ],
    });
    expect(received[1]?.isExpired).toBe(true);
    await bench.expectNothingLeft();
  });

  test('more than may wait get 503 with Retry-After', async () => {
    const { bench, messages, send } = await messaging({ onMessage: () => new Promise(() => {}), maxPending: 0 });
    const response = await send();
    expect([response.statusCode, response.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(messages.counters).toEqual({ received: 1, overloads: 1 });
    await bench.expectNothingLeft();
  });
});

test('RFC 3428 §4 a message in the dialog of a session goes the way of the dialog', async () => {
  const { bench, alice, bob, sender, received, settled } = await messaging();
  bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = alice.call(bob);
  await bench.clock.advance(100);
  const response = await settled(sender.sendIn(call, { body: 'still here' }));
  expect(response.statusCode).toBe(200);
  expect(received).toMatchObject([{ inDialog: true, contentType: 'text/plain' }]);
  expect(() => sender.sendIn(call, { body: 'x'.repeat(2000) })).toThrow(MessageTooLargeError);
  call.end();
  await bench.expectNothingLeft();
});

test('RFC 3428 §5 a header that ends its line is refused before anything is sent', async () => {
  const { bench, send } = await messaging();
  expect(() => send({ headers: [['Subject', 'a\r\nContact: <sip:evil@h>']] })).toThrow('line break');
  expect(bench.wire).toEqual([]);
});
