import type { z } from 'zod';
import {
  channelNews,
  dialogNews,
  inviteBody,
  registrationBody,
  registrationNews,
} from '../../contract/mediaswitch/control.js';
import type { ServedReply, ServedRequest } from './http.js';
import type { Switchboard } from './switchboard.js';

/** A phone's registration; `host` and `port` are where it is. */
export interface Registration {
  readonly domain: string;
  readonly user: string;
  readonly host?: string;
  readonly port?: number;
  readonly agent?: string;
}

export interface RegistrationHandlers {
  onreg(registration: Registration): void;
  ondereg(registration: Registration): void;
}

const notFound: ServedReply = { status: 404, body: { error: 'not found' } };

/**
 * The control server's HTTP interface, contract 2.1. Bodies are JSON whatever their type, a slash at the end does not
 * matter, and the target may be a whole URL, as the original SIP server sends it. What does not fit is a 400 and changes
 * nothing.
 */
export function serveControl(
  switchboard: Switchboard,
  registrations: RegistrationHandlers,
  { method, target, body }: ServedRequest,
): ServedReply {
  const path = pathOf(target);
  if (path === null) return { status: 400, body: { error: 'no path' } };
  const [resource = '', first, second, ...more] = path;
  if (more.length > 0) return notFound;
  const route = `${method} /${resource}${first === undefined ? '' : '/*'}${second === undefined ? '' : '/*'}`;
  switch (route) {
    case 'PUT /dialog/*':
      return withBody(body, dialogNews, (news) => switchboard.news(first!, { ...news, callid: first! }));
    case 'PUT /reg/*/*':
      return withBody(body, registrationNews, (news) => {
        registrations.onreg({ domain: first!, user: second!, ...news });
        return { status: 200 };
      });
    case 'DELETE /reg/*/*':
      registrations.ondereg({ domain: first!, user: second! });
      return { status: 200 };
    case 'PUT /reg':
    case 'POST /reg':
    case 'DELETE /reg':
      return withBody(body, registrationBody, (registration) => {
        if (method === 'DELETE') registrations.ondereg(registration);
        else registrations.onreg(registration);
        return { status: 200 };
      });
    case 'POST /invite':
      return withBody(body, inviteBody, (orders) => switchboard.order(orders));
    case 'GET /calls':
      return { status: 200, body: [...switchboard.legs.keys()] };
    case 'POST /channel/*':
      return withBody(body, channelNews, (news) => switchboard.channelNews(first!, news));
    default:
      return notFound;
  }
}

/** The decoded parts of a target's path; null when it has none or is not well encoded. */
function pathOf(target: string): string[] | null {
  try {
    const { pathname } = new URL(target, 'http://control');
    return pathname
      .replace(/^\/+|\/+$/g, '')
      .split('/')
      .map(decodeURIComponent);
  } catch {
    return null;
  }
}

function withBody<T>(text: string, schema: z.ZodType<T>, take: (value: T) => ServedReply): ServedReply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { status: 400, body: { error: 'the body is no JSON' } };
  }
  const read = schema.safeParse(value);
  if (read.success) return take(read.data);
  const [issue] = read.error.issues;
  return { status: 400, body: { error: `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'invalid'}` } };
}
