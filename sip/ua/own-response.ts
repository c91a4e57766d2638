import { createResponse, type HeaderList } from '../build.js';
import type { SipResponse } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { UaResponseOptions } from './context.js';

/** Whose responses name what we understand: RFC 3261 §11.2, §13.3.1.4, and REGISTER because phones look there. */
const telling = new Set(['INVITE', 'OPTIONS', 'REGISTER', 'UPDATE']);

function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** What every response says of us. */
export interface Self {
  /** The value of Server; checked already. */
  readonly agent: string;
  /** Allow, Supported and what else is told of us. */
  readonly told: HeaderList;
}

/** A response of a user agent: To tag, Server, and what it understands where that is due. */
export function ownResponse(
  transaction: ServerTransaction,
  statusCode: number,
  options: UaResponseOptions,
  self: Self,
): SipResponse {
  const { request } = transaction;
  const response = createResponse(request, statusCode, {
    reasonPhrase: options.reasonPhrase,
    toTag: statusCode === 100 ? undefined : transaction.localTag,
    headers: options.headers,
    body: options.body,
    contentType: options.contentType ?? 'application/sdp',
    copyRecordRoute: options.copyRecordRoute,
  });
  const { headers } = response;
  // RFC 3311 §4: in provisional responses too, so that the caller may send UPDATE.
  const isNews = (statusCode > 100 && statusCode < 200) || isSuccess(statusCode);
  if (statusCode === 405 || (isNews && telling.has(request.method))) {
    for (const [name, value] of self.told) headers.append(name, value);
  }
  headers.appendRead('Server', self.agent);
  return response;
}
