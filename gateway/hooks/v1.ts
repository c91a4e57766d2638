import type { z } from 'zod';
import type { HttpAnswer } from './transport.js';

/** The routes below `hook_url` (v1). */
export type HookRoute = 'auth' | 'register' | 'unregister' | 'invite' | 'event' | 'room';

/** `hook_url` without its trailing slash, plus the route. */
export function hookUrl(base: string, route: HookRoute): string {
  return `${base.replace(/\/+$/, '')}/${route}`;
}

export function hookHeaders(secret: string | null): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'user-agent': 'hookline',
    ...(secret === null ? {} : { authorization: `Bearer ${secret}` }),
  };
}

export type ReplyFault = { readonly failure: 'status' | 'invalid'; readonly message: string };

/**
 * Reads a hook's answer: any status but 2xx is a failure, then the body has to be JSON of the reply's shape; the type
 * it is labelled with does not matter.
 */
export function readReply<T>(schema: z.ZodType<T>, answer: HttpAnswer): { readonly reply: T } | ReplyFault {
  if (answer.status < 200 || answer.status > 299) return { failure: 'status', message: `status ${answer.status}` };
  let json: unknown;
  try {
    json = JSON.parse(answer.body);
  } catch {
    return { failure: 'invalid', message: 'the body is not JSON' };
  }
  const read = schema.safeParse(json);
  if (read.success) return { reply: read.data };
  const issue = read.error.issues[0];
  // The value itself may be a password's hash: only its place and kind are told.
  return { failure: 'invalid', message: `${issue?.path.join('.') || 'body'}: ${issue?.code ?? 'invalid'}` };
}
