import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  eventValue,
  parseEvent,
  parseSubscriptionState,
  sameEvent,
  serializeEvent,
  serializeSubscriptionState,
} from '../../../sip/headers/event.js';
import type { SipRequest } from '../../../sip/message.js';
import { sampleRequest } from '../../support/sample-request.js';

function notify(name: string, ...values: string[]): SipRequest {
  const request = sampleRequest('NOTIFY');
  request.headers.delete(name);
  for (const value of values) request.headers.append(name, value);
  return request;
}

test('RFC 6665 §8.2.1 Event: a package, its template, id and other parameters', () => {
  const read = parseEvent(notify('Event', 'presence.winfo ; id=7;x="a b"'));
  expect(read).toMatchObject({ ok: true, value: { name: 'presence.winfo', id: '7' } });
  expect(read.ok && read.value !== undefined && serializeEvent(read.value)).toBe('presence.winfo;id=7;x="a b"');
  expect(parseEvent(notify('o', 'dialog'))).toMatchObject({ value: { name: 'dialog', id: undefined } });
  expect(parseEvent(notify('Event'))).toEqual({ ok: true, value: undefined });
  for (const values of [['a', 'b'], [''], [';id=1'], ['a b'], ['a;;']]) {
    expect(parseEvent(notify('Event', ...values)).ok).toBe(false);
  }
});

test('RFC 6665 §8.2.1 package and id are compared byte by byte, other parameters are not', () => {
  expect(sameEvent(eventValue('a', { id: '1' }), eventValue('a', { id: '1', x: 'y' }))).toBe(true);
  expect(sameEvent(eventValue('a', { id: '1' }), eventValue('a'))).toBe(false);
  expect(sameEvent(eventValue('a'), eventValue('A'))).toBe(false);
});

test('RFC 6665 §8.2.3 Subscription-State is read and written', () => {
  const written = 'terminated;reason=probation;retry-after=30';
  const read = parseSubscriptionState(notify('Subscription-State', written));
  expect(read).toMatchObject({ value: { state: 'terminated', reason: 'probation', retryAfterS: 30 } });
  expect(read.ok && serializeSubscriptionState(read.value)).toBe(written);
  expect(parseSubscriptionState(notify('Subscription-State', 'Active;expires=99999999999'))).toMatchObject({
    value: { state: 'active', expiresS: 0xffff_ffff },
  });
  expect(parseSubscriptionState(notify('Subscription-State', 'active;expires=soon'))).toMatchObject({
    value: { state: 'active', expiresS: undefined },
  });
  for (const values of [[], ['a', 'b'], [';'], ['active,pending']]) {
    expect(parseSubscriptionState(notify('Subscription-State', ...values)).ok).toBe(false);
  }
});

test('RFC 6665 §8.2 no text makes the readers throw', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const request = sampleRequest('NOTIFY');
      request.headers.appendRead('Event', text);
      request.headers.appendRead('Subscription-State', text);
      expect(typeof parseEvent(request).ok).toBe('boolean');
      expect(typeof parseSubscriptionState(request).ok).toBe('boolean');
    }),
  );
});
