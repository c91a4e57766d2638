import { STATUS_CODES } from 'node:http';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { apiErrorCode, apiErrorStatus } from '../../contract/errors.js';
import type { ApiRefusal } from './errors.js';

/** Refusals below these are problem documents; the older routes keep the form of their contract. */
const roots: ReadonlySet<string> = new Set(['rooms', 'sounds', 'recordings', 'streams', 'playbacks', 'events']);

/** Whether requests for this path are refused with a problem document. */
export function hasProblems(path: string): boolean {
  return roots.has(path.split('/', 2)[1] ?? '');
}

/**
 * RFC 9457 §3: why a request was not served. `type` is left out, so that `title` is the phrase of the status (§4.2.1);
 * `code` is the word to act on, which is never changed.
 */
export const problemDocument = z
  .object({
    status: z.number().int(),
    title: z.string(),
    code: apiErrorCode,
    detail: z.string().optional().describe('For people.'),
  })
  .openapi('Problem');
export type ProblemDocument = z.output<typeof problemDocument>;

/** The answer `default` of a route in openapi.yaml. */
export const problem = {
  description: 'Not done; `code` says why.',
  content: { 'application/problem+json': { schema: problemDocument } },
};

export function problemOf(c: Context, { code, message }: ApiRefusal): Response {
  const status = apiErrorStatus[code];
  const body: ProblemDocument = {
    status,
    title: STATUS_CODES[status] ?? '',
    code,
    ...(message === '' ? {} : { detail: message }),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
}
