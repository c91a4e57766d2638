import type { SipMessage, SipRequest, SipResponse } from '../../sip/message.js';
import { parseMessage } from '../../sip/parse/message.js';

function message(data: Uint8Array | string): SipMessage {
  const result = parseMessage(typeof data === 'string' ? Buffer.from(data) : data);
  if (!result.ok) throw new Error(`not a SIP message: ${result.fault} at ${result.at}`);
  return result.value;
}

/** The request that these bytes are. */
export function request(data: Uint8Array | string): SipRequest {
  const value = message(data);
  if (value.kind !== 'request') throw new Error('not a request');
  return value;
}

/** The response that these bytes are. */
export function response(data: Uint8Array | string): SipResponse {
  const value = message(data);
  if (value.kind !== 'response') throw new Error('not a response');
  return value;
}
