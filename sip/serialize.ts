import { serializeCSeq, serializeNameAddr, serializeVia } from './header-values.js';
import { oneLine, type SipMessage } from './message.js';
import { serializeUri } from './uri.js';

/**
 * The message as bytes: RFC 3261 §7. Long names for the typed fields, Via first, then Route, the others in their
 * order, Content-Length always. A line break inside any value becomes a space, so that no value can add a field.
 * parse(serialize(m)) equals m.
 */
export function serializeMessage(message: SipMessage): Buffer {
  let head = startLine(message);
  for (const via of message.via) head += `Via: ${line(serializeVia(via))}`;
  if (message.kind === 'request') {
    for (const route of message.route) head += `Route: ${line(serializeNameAddr(route))}`;
    if (message.maxForwards !== undefined) head += `Max-Forwards: ${message.maxForwards}\r\n`;
  }
  head += `From: ${line(serializeNameAddr(message.from))}`;
  head += `To: ${line(serializeNameAddr(message.to))}`;
  head += `Call-ID: ${line(message.callId)}`;
  head += `CSeq: ${line(serializeCSeq(message.cseq))}`;
  head += message.headers.lines();
  head += `Content-Length: ${message.body.length}\r\n\r\n`;
  if (message.body.length === 0) return Buffer.from(head, 'utf8');
  const headBytes = Buffer.byteLength(head, 'utf8');
  const bytes = Buffer.allocUnsafe(headBytes + message.body.length);
  bytes.write(head, 0, headBytes, 'utf8');
  bytes.set(message.body, headBytes);
  return bytes;
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') return `${message.method} ${oneLine(serializeUri(message.uri))} SIP/2.0\r\n`;
  return `SIP/2.0 ${message.statusCode} ${line(message.reasonPhrase)}`;
}

function line(value: string): string {
  return `${oneLine(value)}\r\n`;
}
