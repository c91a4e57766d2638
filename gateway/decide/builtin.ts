import type { RoomId } from '../../base/ids.js';
import { type Random, randomToken } from '../../base/random.js';
import { ha1 as digestHa1 } from '../../sip/index.js';
import type { Binding, Owner } from '../registrar/bindings.js';
import type { CredentialsDecision, CredentialsQuestion, Decider, DecisionStep, RouteDecision } from './decider.js';
import { type Domain, mayBeUser } from './domains.js';

export interface BuiltinDeciderOptions {
  readonly random: Random;
  /** The live bindings of a user, those that cannot be reached among them. */
  readonly bindingsOf: (owner: Owner) => readonly Binding[];
}

/** What a domain says of a called user; 404 for nobody, 480 for a user who is not registered. */
export type Found =
  | { readonly ok: true; readonly owner: Owner; readonly bindings: readonly Binding[]; readonly step: DecisionStep }
  | { readonly ok: false; readonly statusCode: 404 | 480; readonly step: DecisionStep };

/**
 * Decides for the domains with users of their own: their passwords, their rooms, and their users' phones.
 * @param bindingsOf  see BuiltinDeciderOptions
 */
export function findUser(domain: Domain, username: string, bindingsOf: BuiltinDeciderOptions['bindingsOf']): Found {
  const owner = { username, domain: domain.name };
  const bindings = username === '' ? [] : bindingsOf(owner);
  if (bindings.length > 0) return { ok: true, owner, bindings, step: step('user', `${bindings.length} registered`) };
  // Without a list of users, those who have registered are the only ones known.
  if (username === '' || domain.users === null || !mayBeUser(domain, username)) {
    return { ok: false, statusCode: 404, step: step('user', username === '' ? 'none is named' : 'unknown') };
  }
  return { ok: false, statusCode: 480, step: step('user', 'not registered') };
}

/** The decider of domains that need no application: a number is a room, a user is put through to his phones. */
export function createBuiltinDecider({ random, bindingsOf }: BuiltinDeciderOptions): Decider {
  const put = (roomId: string, more: { waits: boolean; callee?: Owner }, trace: DecisionStep[]): RouteDecision => ({
    route: { kind: 'room', roomId: roomId as RoomId, echo: false, ...more },
    trace,
  });
  return {
    credentials: async (question) => credentialsOf(question),
    registered: () => undefined,
    unregistered: () => undefined,
    route: async ({ domain, called }) => {
      if (domain === null) return nobody('domain', 404);
      const room = domain.rooms.get(called);
      if (room !== undefined) return put(room, { waits: false }, [step('rooms', room)]);
      const found = findUser(domain, called, bindingsOf);
      if (!found.ok) return { route: refusal(found.statusCode), trace: [step('rooms', 'not listed'), found.step] };
      const { owner, step: seen } = found;
      const trace = [step('rooms', 'not listed'), seen, step('routing', domain.routing)];
      return put(`bridge-${randomToken(random, 18)}`, { waits: true, callee: owner }, trace);
    },
  };
}

/** Where `hook_url` is off: hosts that are no domain's are nobody's. */
export function createNobody(): Decider {
  return {
    credentials: async () => ({ kind: 'refused', trace: [step('domain', 'none has this host')] }),
    registered: () => undefined,
    unregistered: () => undefined,
    route: async () => nobody('domain', 404),
  };
}

function nobody(check: string, statusCode: 404): RouteDecision {
  return { route: refusal(statusCode), trace: [step(check, 'none has this host')] };
}

function refusal(statusCode: 404 | 480): RouteDecision['route'] {
  const reasonPhrase = statusCode === 404 ? 'Not Found' : 'Temporarily Unavailable';
  return { kind: 'reject', statusCode, reasonPhrase, cause: 'no-user' };
}

function credentialsOf({ domain, username, realm, algorithm }: CredentialsQuestion): CredentialsDecision {
  const secret = domain?.users?.get(username);
  if (secret === undefined) return { kind: 'refused', trace: [step('users', 'unknown')] };
  if ('password' in secret) {
    const trace = [step('users', 'password given')];
    return { kind: 'ha1', ha1: digestHa1(algorithm, username, realm, secret.password), trace };
  }
  if (algorithm !== 'MD5') return { kind: 'refused', trace: [step('users', `ha1 is MD5, asked for ${algorithm}`)] };
  return { kind: 'ha1', ha1: secret.ha1, trace: [step('users', 'ha1 given')] };
}

function step(check: string, outcome: string): DecisionStep {
  return { check, outcome, afterMs: 0 };
}
