import { createResponse, type HeaderList } from '../build.js';
import { SipHeaders, type SipResponse } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { UaResponseOptions } from './context.js';

/** Whose responses name what we understand: RFC 3261 §11.2, §13.3.1.4, and REGISTER because phones look there. */
const telling = new Set(['INVITE', 'OPTIONS', 'REGISTER', 'UPDATE']);

function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}

/** The responses of a user agent: with Server, and what it understands where that is due. */
export class OwnResponses {
  readonly #agent: SipHeaders;
  readonly #describe: () => HeaderList;
  #told: SipHeaders | null = null;

  /** `describe`: Allow, Supported and what else is told; asked again after `forget`. Throws an UnwritableError. */
  constructor(userAgent: string, describe: () => HeaderList) {
    this.#agent = new SipHeaders().append('Server', userAgent);
    this.#describe = describe;
  }

  /** What is told has changed. */
  forget(): void {
    this.#told = null;
  }

  /** `isStateless`: with the tag that every copy of the request gets (RFC 3261 §8.2.7). */
  create(
    transaction: ServerTransaction,
    statusCode: number,
    options: UaResponseOptions,
    isStateless: boolean,
  ): SipResponse {
    const { request } = transaction;
    const toTag = statusCode === 100 ? undefined : isStateless ? transaction.statelessTag : transaction.localTag;
    const { reasonPhrase, headers: added, body, contentType = 'application/sdp', copyRecordRoute } = options;
    const parts = { reasonPhrase, toTag, headers: added, body, contentType, copyRecordRoute };
    const response = createResponse(request, statusCode, parts);
    const { headers } = response;
    // RFC 3311 §4: in provisional responses too, so that the caller may send UPDATE.
    const isNews = (statusCode > 100 && statusCode < 200) || isSuccess(statusCode);
    if (statusCode === 405 || (isNews && telling.has(request.method))) headers.appendAll(this.#fields());
    headers.appendAll(this.#agent);
    return response;
  }

  #fields(): SipHeaders {
    if (this.#told === null) {
      this.#told = new SipHeaders();
      for (const [name, value] of this.#describe()) this.#told.append(name, value);
    }
    return this.#told;
  }
}
