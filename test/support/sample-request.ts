import { createRequest } from '../../sip/build.js';
import { nameAddr } from '../../sip/header-values.js';
import type { SipMessage, SipRequest } from '../../sip/message.js';
import { Params } from '../../sip/params.js';
import { parseMessage } from '../../sip/parse/message.js';
import { sipUri } from '../../sip/uri.js';

export interface SampleOptions {
  readonly branch?: string;
  /** sent-by of the top Via; without it the request has no Via, as one of ours before it is sent. */
  readonly sentBy?: { readonly host: string; readonly port?: number };
  readonly protocol?: string;
  readonly rport?: boolean;
  readonly callId?: string;
  readonly sequence?: number;
  readonly toTag?: string;
  readonly fromTag?: string;
  readonly body?: Buffer;
  readonly headers?: [string, string][];
}

/** A plausible request from alice to bob; what a test does not name is the same every time. */
export function sampleRequest(method: string, options: SampleOptions = {}): SipRequest {
  const { branch = 'z9hG4bKsample', sentBy, protocol = 'UDP', rport = true, toTag, body } = options;
  const request = createRequest({
    method,
    uri: sipUri({ user: 'bob', host: '10.0.0.2' }),
    from: nameAddr(sipUri({ user: 'alice', host: '10.0.0.1' }), { tag: options.fromTag ?? 'alice-tag' }),
    to: nameAddr(sipUri({ user: 'bob', host: '10.0.0.2' }), toTag === undefined ? {} : { tag: toTag }),
    callId: options.callId ?? 'call@10.0.0.1',
    cseq: { sequence: options.sequence ?? 1 },
    ...(options.headers === undefined ? {} : { headers: options.headers }),
    ...(body === undefined ? {} : { body, contentType: 'text/plain' }),
  });
  if (sentBy !== undefined) {
    const params = Params.of(rport ? { branch, rport: null } : { branch });
    request.via = [{ protocol, host: sentBy.host, port: sentBy.port, params }];
  }
  return request;
}

/** The message in a datagram that must hold one. */
export function messageIn(data: Uint8Array): SipMessage {
  const result = parseMessage(data);
  if (!result.ok) throw new Error(`not a SIP message: ${result.fault} at ${result.at}`);
  return result.value;
}
