import { serializeCSeq, serializeNameAddr, serializeVia } from './header-values.js';
import { oneLine, type SipMessage } from './message.js';
import { serializeUri } from './uri.js';

/**
 * Bytes of many messages, one after the other: no allocation for each, and nothing else beside them that would be held
 * in memory with those that a retransmission needs. Given out once, never written again.
 */
class Slab {
  #bytes = Buffer.alloc(0);
  #used = 0;

  write(head: string, body: Buffer): Buffer {
    // What UTF-8 takes at most.
    const mostBytes = head.length * 3 + body.length;
    if (mostBytes > SLAB_BYTES / 4) return Buffer.concat([Buffer.from(head, 'utf8'), body]);
    if (this.#used + mostBytes > this.#bytes.length) {
      this.#bytes = Buffer.allocUnsafeSlow(SLAB_BYTES);
      this.#used = 0;
    }
    const start = this.#used;
    let end = start + this.#bytes.write(head, start, 'utf8');
    if (body.length > 0) {
      this.#bytes.set(body, end);
      end += body.length;
    }
    this.#used = end;
    return this.#bytes.subarray(start, end);
  }
}

const SLAB_BYTES = 65_536;
const kept = new Slab();
const passing = new Slab();

/**
 * The message as bytes: RFC 3261 §7. Long names for the typed fields, Via first, then Route, the others in their
 * order, Content-Length always. A line break inside any value becomes a space, so that no value can add a field.
 * parse(serialize(m)) equals m. `isPassing`: nobody keeps the bytes once they are sent.
 */
export function serializeMessage(message: SipMessage, isPassing = false): Buffer {
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
  return (isPassing ? passing : kept).write(head, message.body);
}

function startLine(message: SipMessage): string {
  if (message.kind === 'request') return `${message.method} ${oneLine(serializeUri(message.uri))} SIP/2.0\r\n`;
  return `SIP/2.0 ${message.statusCode} ${line(message.reasonPhrase)}`;
}

function line(value: string): string {
  return `${oneLine(value)}\r\n`;
}
