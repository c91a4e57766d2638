import { createRequest, type HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';

/**
 * The ACK for a final response other than 2xx: RFC 3261 §17.1.1.3. Request-URI, Call-ID, From, CSeq number, Route and
 * top Via are the INVITE's, To is the response's.
 */
export function createAck(invite: SipRequest, response: SipResponse): SipRequest {
  const ack = createRequest({
    method: 'ACK',
    uri: invite.uri,
    from: invite.from,
    to: response.to,
    callId: invite.callId,
    cseq: { sequence: invite.cseq.sequence },
    route: invite.route,
  });
  ack.via = invite.via.slice(0, 1);
  return ack;
}

/** The CANCEL of an INVITE: RFC 3261 §9.1. Everything that identifies the request is the INVITE's, To included. */
export function createCancel(invite: SipRequest, headers: HeaderList): SipRequest {
  const cancel = createRequest({
    method: 'CANCEL',
    uri: invite.uri,
    from: invite.from,
    to: invite.to,
    callId: invite.callId,
    cseq: { sequence: invite.cseq.sequence },
    route: invite.route,
    headers,
  });
  cancel.via = invite.via.slice(0, 1);
  return cancel;
}
