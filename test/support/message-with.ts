import type { SipRequest, SipResponse } from '../../sip/message.js';
import { request, response } from './sip-messages.js';
import { wire } from './wire.js';

const common = `Via: SIP/2.0/UDP h;branch=z9hG4bK1
From: <sip:a@example.com>;tag=1
To: <sip:b@example.com>
Call-ID: c`;

/** A request that has these header lines too. */
export function requestWith(lines: string, method = 'INVITE'): SipRequest {
  return request(wire(`${method} sip:b@example.com SIP/2.0\n${common}\nCSeq: 1 ${method}\n${lines}`));
}

/** A response that has these header lines too. */
export function responseWith(lines: string, statusCode = 200): SipResponse {
  return response(wire(`SIP/2.0 ${statusCode} Any\n${common}\nCSeq: 1 INVITE\n${lines}`));
}

/** The value of what must be readable. */
export function valueIn<T>(
  read: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: string },
): T {
  if (!read.ok) throw new Error(`unreadable: ${read.fault}`);
  return read.value;
}
