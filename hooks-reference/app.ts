import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import type { z } from 'zod';
import { type Random, randomHex } from '../base/random.js';
import * as v1 from '../contract/v1.js';

/** Name to password, or to the lowercase hex MD5 of `name:realm:password`. */
export type Users = ReadonlyMap<string, { readonly password: string } | { readonly ha1: string }>;

export interface HooksAppOptions {
  /** Base URL of the gateway's API, such as http://localhost:8002. */
  readonly sipGateway: string;
  /** Bearer secrets: the one sent to the gateway, and the one expected of it. */
  readonly apiSecret?: string | null;
  readonly hookSecret?: string | null;
  /** Without it anybody may register whose password is his name. */
  readonly users?: Users | null;
  readonly random: Random;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

const reject: v1.InviteHookReply = { strategy: 'Reject', room_id: null, echo: false };

/**
 * A hook server for the gateway: who may register, and where a call goes. Three rules place a call:
 * `9` and three digits is a conference of that name, `echo` plays your own voice back, a registered user is rung.
 * Change `auth` and `invite` to make it yours.
 */
export function createHooksApp(options: HooksAppOptions): Hono {
  const { random, users = null, hookSecret = null } = options;
  const gateway = createGateway(options);
  /** Who is registered: username to the session_id of the newest registration. One entry per user. */
  const addressBook = new Map<string, string>();

  function auth(request: v1.AuthHookRequest): v1.AuthHookReply {
    const user = users === null ? { password: request.username } : users.get(request.username);
    if (user === undefined) return { success: false, ha1: null };
    if ('password' in user) return { success: true, ha1: hash(request, user.password) };
    return request.algorithm === undefined ? { success: true, ha1: user.ha1 } : { success: false, ha1: null };
  }

  async function invite(request: v1.InviteHookRequest): Promise<v1.InviteHookReply> {
    const { to_number: dialled, from_number: caller } = request;
    if (/^9\d{3}$/.test(dialled)) return { strategy: 'Accept', room_id: dialled, echo: false };
    const room = randomHex(random, 16);
    if (dialled === 'echo') return { strategy: 'Accept', room_id: room, echo: true };
    const session = addressBook.get(dialled) ?? (await gateway.sessionOf(dialled));
    if (session === null) return reject;
    // The other phone rings while this hook is still open; our answer then lets the caller hear it ring.
    return (await gateway.ring(room, session, caller))
      ? { strategy: 'WaitOtherPeers', room_id: room, echo: false }
      : reject;
  }

  const app = new Hono();
  app.use('/hooks/*', async (c, next) => {
    if (hookSecret !== null && c.req.header('authorization') !== `Bearer ${hookSecret}`) return c.json({}, 401);
    if (!(Number(c.req.header('content-length')) <= 65_536)) return c.json({}, 413);
    // A web page can post text to this machine unasked, but not JSON.
    if (!/^application\/json\b/.test(c.req.header('content-type') ?? '')) return c.json({}, 415);
    return next();
  });
  const hook = <T>(route: string, schema: z.ZodType<T>, answer: (request: T) => object | Promise<object>): void => {
    app.post(`/hooks/${route}`, async (c) => {
      const request = schema.safeParse(await c.req.json().catch(() => null));
      return request.success ? c.json(await answer(request.data)) : c.json({}, 400);
    });
  };
  hook('auth', v1.authHookRequest, auth);
  hook('invite', v1.inviteHookRequest, invite);
  hook('register', v1.registrationHookRequest, ({ username, session_id }) => {
    // A gateway that was restarted tells its registrations again, so this may be news or not.
    addressBook.set(username, session_id);
    return { success: true };
  });
  hook('unregister', v1.registrationHookRequest, ({ username, session_id }) => {
    // The end of an old registration must not remove a newer one of the same user.
    if (addressBook.get(username) === session_id) addressBook.delete(username);
    return { success: true };
  });
  hook('event', v1.eventHookBody, () => ({ success: true }));
  return app;
}

/** What this server asks of the gateway's API. Each call takes 2 s at most: our own answer is due in 5. */
function createGateway({ sipGateway, apiSecret = null, fetch = globalThis.fetch }: HooksAppOptions) {
  const base = sipGateway.replace(/\/+$/, '');
  const headers = {
    'content-type': 'application/json',
    ...(apiSecret === null ? {} : { authorization: `Bearer ${apiSecret}` }),
  };

  /** The `data` of the answer, or null when it failed in any way: an envelope with status false is a failure too. */
  async function call(method: string, path: string, body?: object): Promise<unknown> {
    try {
      const init = { method, headers, signal: AbortSignal.timeout(2000) };
      const response = await fetch(base + path, body === undefined ? init : { ...init, body: JSON.stringify(body) });
      const envelope = v1.anyEnvelope.parse(await response.json());
      return response.ok && envelope.status ? (envelope.data ?? null) : null;
    } catch {
      return null;
    }
  }

  return {
    ring: async (room_id: string, dest_session_id: string, from_number: string): Promise<boolean> =>
      (await call('POST', '/sip/invite/client', { room_id, dest_session_id, from_number })) !== null,
    /** Looks a user up whose registration we were not told of, because this server was started after it. */
    sessionOf: async (username: string): Promise<string | null> => {
      const sessions = await call('GET', '/sip/sessions');
      if (!Array.isArray(sessions)) return null;
      return sessions.findLast((session) => session?.username === username)?.session_id ?? null;
    },
  };
}

function hash({ username, realm, algorithm }: v1.AuthHookRequest, password: string): string {
  const name = { MD5: 'md5', 'SHA-256': 'sha256', 'SHA-512-256': 'sha512-256' }[algorithm ?? 'MD5'];
  return createHash(name).update(`${username}:${realm}:${password}`).digest('hex');
}
