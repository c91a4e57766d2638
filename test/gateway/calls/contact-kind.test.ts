import { expect, test } from 'vitest';
import { callerKindOf, contactKindOf } from '../../../gateway/calls/contact-kind.js';
import { parseUri } from '../../../sip/index.js';
import { requestWith } from '../../support/message-with.js';

const at = (kind: 'udp' | 'ws' | 'wss') => ({ kind, address: '192.0.2.1', port: 5060 });

test.each([
  ['sip:1001@192.0.2.9', at('udp'), 'phone'],
  ['sip:1001@192.0.2.9;transport=tcp', at('udp'), 'phone'],
  ['sip:1001@192.0.2.9', at('wss'), 'browser'],
  ['sip:x@y.invalid;transport=ws', at('udp'), 'browser'],
  ['sip:x@y.invalid;transport=WSS', undefined, 'browser'],
  ['tel:+15550100', undefined, 'phone'],
] as const)('RFC 7118 §5 who is called: %s', (text, target, kind) => {
  const uri = parseUri(text);
  expect(uri.ok && contactKindOf({ requestUri: uri.value, target })).toBe(kind);
});

test.each([
  ['Contact: <sip:1001@192.0.2.9>', 'phone'],
  ['Contact: <sip:x@y.invalid;transport=ws>', 'browser'],
  ['Via: SIP/2.0/WSS y.invalid;branch=z9hG4bK2\nContact: <sip:x@192.0.2.1>', 'browser'],
  ['Via: SIP/2.0/TCP y.invalid;branch=z9hG4bK2', 'phone'],
  ['Contact: *', 'phone'],
] as const)('RFC 3261 §13.2.1 who calls without an offer: %s', (lines, kind) => {
  expect(callerKindOf(requestWith(lines))).toBe(kind);
});
