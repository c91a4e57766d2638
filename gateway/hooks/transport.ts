import { AppError } from '../../base/errors.js';

export interface HttpRequest {
  readonly url: string;
  readonly method: 'POST' | 'GET' | 'PUT' | 'DELETE';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** The answer is refused (`too-large`) beyond this many bytes. */
  readonly maxBytes: number;
  /** Ends the attempt at the deadline or when nobody wants the answer any more. The owner of the deadline aborts it. */
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One HTTP exchange, redirects never followed. Rejects with HttpTransportError. */
export type HttpTransport = (request: HttpRequest) => Promise<HttpAnswer>;

/** `connect`: refused, unreachable or not within the connect time-out; `denied`: an address that may not be called. */
export type HttpFailure = 'connect' | 'denied' | 'broken' | 'too-large' | 'aborted';

export class HttpTransportError extends AppError {
  readonly code = 'HTTP_FAILED';
  readonly failure: HttpFailure;

  constructor(failure: HttpFailure, message: string, options?: { readonly cause?: unknown }) {
    super(message, options);
    this.failure = failure;
  }
}
