import type { Context, ErrorHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { AppError, messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { type ApiErrorCode, apiErrorStatus } from '../../contract/errors.js';
import type { ErrorEnvelope } from '../../contract/v1.js';
import { PlainRefusal } from './plain-routes.js';
import { hasProblems, problemOf } from './problem.js';

/** `text` sends the code as text/plain: what an application needs that takes any JSON answer for a success. */
export type ErrorFormat = 'envelope' | 'text';

/** A request that is not served, thrown by a handler; `headers` go along with the answer. */
export class ApiRefusal extends AppError {
  readonly code: ApiErrorCode;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ApiErrorCode, message?: string, headers: Readonly<Record<string, string>> = {}) {
    super(message ?? '');
    this.code = code;
    this.headers = headers;
  }
}

/** Seconds after which a client may try again; sent with every 503 and 429. */
const RETRY_AFTER_S = '5';

/** One place that turns every thrown refusal, and every fault of ours, into the answer of the contract (§3.4). */
export function createErrorHandler(format: ErrorFormat, log: Logger): ErrorHandler {
  return (thrown, c) => {
    if (thrown instanceof PlainRefusal) return c.json({ error: thrown.message }, thrown.statusCode as 400);
    const refusal = toRefusal(thrown);
    if (refusal.code === 'INTERNAL_ERROR') {
      log.error('api.failed', { method: c.req.method, path: c.req.path, reason: messageOf(thrown) });
    }
    return refuse(c, refusal, format);
  };
}

function refuse(c: Context, refusal: ApiRefusal, format: ErrorFormat): Response {
  const status = apiErrorStatus[refusal.code];
  for (const [name, value] of Object.entries(refusal.headers)) c.header(name, value);
  if (status === 503 || status === 429) c.header('Retry-After', RETRY_AFTER_S);
  if (status === 401) c.header('WWW-Authenticate', 'Bearer');
  if (hasProblems(c.req.path)) return problemOf(c, refusal);
  if (format === 'text') return c.text(refusal.code, status);
  const body: ErrorEnvelope = {
    status: false,
    error: refusal.code,
    ...(refusal.message === '' ? {} : { message: refusal.message }),
  };
  return c.json(body, status);
}

function toRefusal(thrown: unknown): ApiRefusal {
  if (thrown instanceof ApiRefusal) return thrown;
  if (!(thrown instanceof HTTPException)) return new ApiRefusal('INTERNAL_ERROR');
  if (thrown.status === 415) return new ApiRefusal('UNSUPPORTED_MEDIA_TYPE', 'the body has to be application/json');
  if (thrown.status === 413) return new ApiRefusal('PAYLOAD_TOO_LARGE');
  if (thrown.status === 400) return new ApiRefusal('BAD_REQUEST', 'the body is not JSON');
  return new ApiRefusal('INTERNAL_ERROR');
}
