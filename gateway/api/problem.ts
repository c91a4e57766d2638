import { STATUS_CODES } from 'node:http';
import type { Context } from 'hono';
import { apiErrorStatus, type Problem, problem as problemDocument } from '../../contract/errors.js';
import type { ApiRefusal } from './errors.js';
import { named } from './v1.js';

/** Refusals below these are problem documents; the older routes keep the form of their contract. */
const roots: ReadonlySet<string> = new Set(['rooms', 'sounds', 'recordings', 'streams', 'playbacks', 'events']);

/** Whether requests for this path are refused with a problem document. */
export function hasProblems(path: string): boolean {
  return roots.has(path.split('/', 2)[1] ?? '');
}

/** The answer `default` of a route in openapi.yaml. */
export const problem = {
  description: 'Not done; `code` says why.',
  content: { 'application/problem+json': { schema: named(problemDocument, 'Problem') } },
};

export function problemOf(c: Context, { code, message }: ApiRefusal): Response {
  const status = apiErrorStatus[code];
  const body: Problem = {
    status,
    title: STATUS_CODES[status] ?? '',
    code,
    ...(message === '' ? {} : { detail: message }),
  };
  return c.body(JSON.stringify(body), status, { 'content-type': 'application/problem+json' });
}
