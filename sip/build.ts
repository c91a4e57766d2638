import { type CSeq, type NameAddr, tagOf, withTag } from './header-values.js';
import {
  checkCallId,
  checkCSeq,
  checkMethod,
  checkNameAddr,
  checkPhrase,
  checkText,
  checkUri,
  UnwritableError,
} from './headers/writable.js';
import { SipHeaders, type SipRequest, type SipResponse } from './message.js';
import { reasonPhrase as phraseOf } from './status.js';
import type { Uri } from './uri.js';

/** Header fields to add, in order; names as they will be written. */
export type HeaderList = readonly (readonly [name: string, value: string])[];

export interface RequestParts {
  readonly method: string;
  readonly uri: Uri;
  readonly from: NameAddr;
  readonly to: NameAddr;
  readonly callId: string;
  /** The method defaults to the request's; CANCEL and ACK have their own rules for the number. */
  readonly cseq: { readonly sequence: number; readonly method?: string };
  readonly maxForwards?: number;
  readonly route?: readonly NameAddr[];
  readonly headers?: HeaderList;
  readonly body?: Buffer | null | undefined;
  readonly contentType?: string | undefined;
}

const NO_BODY = Buffer.alloc(0);

function headersOf(list: HeaderList | undefined, body: Buffer, contentType: string | undefined): SipHeaders {
  const headers = new SipHeaders();
  for (const [name, value] of list ?? []) headers.append(name, value);
  if (contentType !== undefined && body.length > 0 && !headers.has('Content-Type')) {
    headers.append('Content-Type', contentType);
  }
  return headers;
}

/**
 * Throws an UnwritableError for a reason phrase or a header field that createResponse or createRequest would refuse: for
 * those who have to know before they change their state.
 */
export function checkParts(parts: {
  readonly reasonPhrase?: string | undefined;
  readonly headers?: HeaderList | undefined;
}) {
  if (parts.reasonPhrase !== undefined) checkPhrase(parts.reasonPhrase);
  if (parts.headers !== undefined && parts.headers.length > 0) headersOf(parts.headers, NO_BODY, undefined);
}

/**
 * A request without a Via, which the transaction layer adds (RFC 3261 §8.1.1). Throws an UnwritableError when a string
 * among the parts could not be read back from the message.
 */
export function createRequest(parts: RequestParts): SipRequest {
  const { method, uri, from, to, callId, maxForwards = 70, route = [] } = parts;
  const body = parts.body ?? NO_BODY;
  const cseq: CSeq = { sequence: parts.cseq.sequence, method: parts.cseq.method ?? method };
  const headers = headersOf(parts.headers, body, parts.contentType);
  if (headers.has('Route') || headers.has('Max-Forwards')) {
    throw new UnwritableError('Route or Max-Forwards', 'is a property of the request, not a field of its headers');
  }
  checkMethod(method);
  checkCSeq(cseq);
  checkUri('Request-URI', uri);
  checkNameAddr('From', from);
  checkNameAddr('To', to);
  checkCallId(callId);
  for (const hop of route) checkNameAddr('Route', hop);
  return {
    kind: 'request',
    method,
    uri,
    via: [],
    from,
    to,
    callId,
    cseq,
    maxForwards,
    route: [...route],
    headers,
    body,
  };
}

export interface ResponseParts {
  readonly reasonPhrase?: string | undefined;
  /** Added to the To unless the request has one there already (RFC 3261 §8.2.6.2). */
  readonly toTag?: string | undefined;
  readonly headers?: HeaderList | undefined;
  readonly body?: Buffer | null | undefined;
  readonly contentType?: string | undefined;
  /** RFC 3261 §12.1.1: the answer makes a dialog and carries the request's Record-Route. */
  readonly copyRecordRoute?: boolean | undefined;
}

/**
 * RFC 3261 §8.2.6: Via, From, To, Call-ID and CSeq of the request; the Timestamp too in a 100 (§8.2.6.1). Throws an
 * UnwritableError for a reason phrase or header field that could not be read back; what is copied is not checked.
 */
export function createResponse(request: SipRequest, statusCode: number, parts: ResponseParts = {}): SipResponse {
  const { toTag, reasonPhrase = phraseOf(statusCode) } = parts;
  if (parts.reasonPhrase !== undefined) checkPhrase(reasonPhrase);
  if (toTag !== undefined) checkText('To tag', toTag);
  const body = parts.body ?? NO_BODY;
  const headers = headersOf(parts.headers, body, parts.contentType);
  if (parts.copyRecordRoute === true) {
    for (const value of request.headers.all('Record-Route')) headers.appendRead('Record-Route', value);
  }
  const timestamp = statusCode === 100 ? request.headers.get('Timestamp') : undefined;
  if (timestamp !== undefined) headers.appendRead('Timestamp', timestamp);
  const to = toTag === undefined || tagOf(request.to) !== undefined ? request.to : withTag(request.to, toTag);
  const { via, from, callId, cseq } = request;
  return { kind: 'response', statusCode, reasonPhrase, via: [...via], from, to, callId, cseq, headers, body };
}
