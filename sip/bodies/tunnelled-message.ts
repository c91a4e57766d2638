import { fault, type Parsed } from '../../base/errors.js';
import { serializeNameAddr } from '../header-values.js';
import type { SipMessage } from '../message.js';
import { type MessageFault, parseMessage } from '../parse/message.js';
import { serializeMessage } from '../serialize.js';
import { uriEquals } from '../uri.js';
import type { BodyPart, NewPart } from './multipart.js';

/*
 * A copy of a message's own header fields inside its body, signed or encrypted with it, so that the other end sees what
 * was changed on the way: RFC 3261 §23.4.
 */

/** The message (without Via, which it gets later) as a part to be signed or encrypted: RFC 3261 §23.4.2. */
export function tunnelledPart(message: SipMessage): NewPart {
  return { contentType: 'message/sip', body: serializeMessage(message) };
}

const PLACEHOLDER = 'Via: SIP/2.0/TCP tunnelled.invalid;branch=z9hG4bKtunnelled\r\n';

/** The message in a message/sip part; it may be one without Via. */
export function readTunnelled({ contentType, body }: BodyPart): Parsed<SipMessage, MessageFault | 'not-message'> {
  if (contentType.type !== 'message/sip') return fault('not-message');
  const read = parseMessage(body);
  if (read.ok || read.fault !== 'missing-via') return read;
  const start = body.indexOf('\n') + 1;
  const again = parseMessage(Buffer.concat([body.subarray(0, start), Buffer.from(PLACEHOLDER), body.subarray(start)]));
  if (again.ok) again.value.via = [];
  return again;
}

/** RFC 3261 §23.4.1.1: proxies change them, or add them on the way. */
const changedOnTheWay = new Set([
  ...['record-route', 'via', 'route', 'max-forwards', 'proxy-authorization', 'proxy-authenticate', 'proxy-require'],
  ...['content-type', 'content-length', 'content-disposition', 'content-transfer-encoding', 'content-encoding'],
  ...['content-language', 'mime-version'],
]);

/**
 * The fields in which the message that came differs from the tunnelled copy: lower-case names. Empty: it came as it
 * was sent (RFC 3261 §23.4.1.1). A field that is in the copy alone was kept from the way and is no difference; a From
 * that is anonymous outside is one, for the application to judge (§23.4.2).
 */
export function tunnelDifferences(outer: SipMessage, inner: SipMessage): readonly string[] {
  const differing: string[] = [];
  const check = (name: string, same: boolean): void => {
    if (!same) differing.push(name);
  };
  check('from', serializeNameAddr(outer.from) === serializeNameAddr(inner.from));
  // A response adds the tag of the To after the copy was made.
  check('to', uriEquals(outer.to.uri, inner.to.uri));
  check('call-id', outer.callId === inner.callId);
  check('cseq', outer.cseq.sequence === inner.cseq.sequence && outer.cseq.method === inner.cseq.method);
  for (const key of new Set([...inner.headers].map((field) => field.key))) {
    if (changedOnTheWay.has(key) || !outer.headers.has(key)) continue;
    check(key, outer.headers.all(key).join('\n') === inner.headers.all(key).join('\n'));
  }
  return differing;
}
