import type { SocketAddress } from '../../base/network.js';
import { createResponse } from '../build.js';
import { serializeVia } from '../header-values.js';
import { oneLine, type SipRequest, type SipResponse } from '../message.js';
import type { MessageFault } from '../parse/message.js';
import type { RequestRemains } from '../parse/remains.js';
import { noteViaSource, responsePort } from './via.js';

/** The answer to a request that is no message: a response, or the bytes of one that no response can say. */
export type MalformedAnswer =
  | { readonly kind: 'response'; readonly response: SipResponse }
  | { readonly kind: 'bytes'; readonly data: Buffer; readonly port: number };

/**
 * RFC 3261 §8.2.6 for what could be read of a malformed request, which came from `source`. Of remains the header
 * fields are given back as they came: whoever sent them recognises them.
 */
export function malformedAnswer(
  fault: MessageFault,
  readable: SipRequest | RequestRemains,
  source: SocketAddress,
): MalformedAnswer {
  const [statusCode, reasonPhrase] = answerTo(fault);
  if (readable.kind === 'request') {
    noteViaSource(readable.via[0], source);
    return { kind: 'response', response: createResponse(readable, statusCode, { reasonPhrase, toTag: fault }) };
  }
  const { via, fields, takesTag } = readable;
  noteViaSource(via, source);
  let text = `SIP/2.0 ${statusCode} ${reasonPhrase}\r\nVia: ${oneLine(serializeVia(via))}\r\n`;
  for (const [name, value] of fields) {
    text += `${name}: ${oneLine(value)}${name === 'To' && takesTag ? `;tag=${fault}` : ''}\r\n`;
  }
  return { kind: 'bytes', data: Buffer.from(`${text}Content-Length: 0\r\n\r\n`), port: responsePort(via, source) };
}

/** RFC 3261 §21.4.1, §21.4.12, §21.5.6, §21.5.7. The reason phrase says what is wrong (§21.4.1). */
function answerTo(fault: MessageFault): [statusCode: number, reasonPhrase: string] {
  if (fault === 'bad-version') return [505, 'Version Not Supported'];
  if (fault === 'too-large') return [513, 'Message Too Large'];
  if (fault === 'uri-too-long') return [414, 'Request-URI Too Long'];
  return [400, `Bad Request (${fault})`];
}
