import type { SessionId } from '../../base/ids.js';
import { type NameAddr, parseUri, serializeUri, type Uri, uriEquals } from '../../sip/index.js';
import { type Binding, sourceOf } from './bindings.js';

/** Registrar policy of a domain, in seconds. */
export interface ExpiryPolicy {
  readonly minS: number;
  readonly defaultS: number;
  readonly maxS: number;
  /** Contacts of one address of record; one more is refused. */
  readonly maxContacts: number;
}

/** One Contact of a REGISTER with the expiry it asks for (its own parameter wins over the header). */
export interface ContactRequest {
  readonly uri: Uri;
  readonly text: string;
  readonly instance: string | null;
  readonly q: number;
  /** null: the client leaves it to us. */
  readonly expiresS: number | null;
}

export interface RegisterRequest {
  readonly callId: string;
  readonly sequence: number;
  /** `address:port` of the REGISTER. */
  readonly source: string;
  readonly wildcard: boolean;
  readonly contacts: readonly ContactRequest[];
  readonly expiresS: number | null;
}

export type BindingChange =
  | {
      readonly type: 'refresh';
      readonly sessionId: SessionId;
      readonly contact: ContactRequest;
      readonly expiresS: number;
    }
  /** `replaces`: bindings that the new one takes over from, because phone or Contact are the same (contract 2.7). */
  | {
      readonly type: 'add';
      readonly contact: ContactRequest;
      readonly expiresS: number;
      readonly replaces: readonly SessionId[];
    }
  | { readonly type: 'remove'; readonly sessionId: SessionId };

export type RegisterPlan =
  | { readonly ok: true; readonly changes: readonly BindingChange[] }
  | { readonly ok: false; readonly statusCode: number; readonly reasonPhrase: string; readonly minExpiresS?: number };

/** The expiry of one contact: its parameter, else the header, else the default; RFC 3261 §10.3 step 7. */
function grant(asked: number | null, header: number | null, policy: ExpiryPolicy): number | 'too-brief' {
  const wanted = asked ?? header ?? policy.defaultS;
  if (wanted === 0) return 0;
  if (wanted < policy.minS) return 'too-brief';
  return Math.min(wanted, policy.maxS);
}

/** Reads what a REGISTER's Contact header fields ask for. */
export function contactRequests(values: readonly NameAddr[]): ContactRequest[] {
  return values.map(({ uri, params }) => {
    const q = Number(params.get('q') ?? '1');
    const expires = params.get('expires');
    return {
      uri,
      text: serializeUri(uri),
      instance: params.get('+sip.instance') ?? null,
      q: Number.isFinite(q) ? Math.min(1, Math.max(0, q)) : 1,
      // RFC 3261 §20.19: a malformed value counts as the default.
      expiresS: typeof expires === 'string' && /^\d{1,10}$/.test(expires) ? Number(expires) : null,
    };
  });
}

/**
 * What a REGISTER changes, as one piece: either every change holds or none (RFC 3261 §10.3 steps 6 and 7).
 * @param current  the live bindings of this address of record
 */
export function planRegister(
  request: RegisterRequest,
  current: readonly Binding[],
  policy: ExpiryPolicy,
): RegisterPlan {
  const outOfOrder = current.some(
    (binding) => binding.callId === request.callId && request.sequence <= binding.sequence,
  );
  if (outOfOrder) return { ok: false, statusCode: 500, reasonPhrase: 'CSeq Out Of Order' };
  if (request.wildcard) {
    if (request.expiresS !== 0 || request.contacts.length > 0) {
      return { ok: false, statusCode: 400, reasonPhrase: 'Contact * Needs Expires 0' };
    }
    return { ok: true, changes: current.map(({ sessionId }) => ({ type: 'remove', sessionId })) };
  }
  const changes: BindingChange[] = [];
  let live = current.length;
  for (const contact of request.contacts) {
    const expiresS = grant(contact.expiresS, request.expiresS, policy);
    if (expiresS === 'too-brief') {
      return { ok: false, statusCode: 423, reasonPhrase: 'Interval Too Brief', minExpiresS: policy.minS };
    }
    const same = current.filter((binding) => isSameContact(binding, contact));
    const here = same.find((binding) => sourceOf(binding.flow) === request.source);
    if (expiresS === 0) {
      for (const { sessionId } of same) changes.push({ type: 'remove', sessionId });
      live -= same.length;
    } else if (here !== undefined) {
      changes.push({ type: 'refresh', sessionId: here.sessionId, contact, expiresS });
    } else {
      const replaces = replacedBy(request, contact, current);
      changes.push({ type: 'add', contact, expiresS, replaces });
      live += 1 - replaces.length;
    }
  }
  if (live > policy.maxContacts) return { ok: false, statusCode: 403, reasonPhrase: 'Too Many Contacts' };
  return { ok: true, changes };
}

/** RFC 3261 §10.3: by URI comparison; RFC 5626 §6: or by instance. */
function isSameContact(binding: Binding, contact: ContactRequest): boolean {
  if (binding.instance !== null && binding.instance === contact.instance) return true;
  if (binding.contact === contact.text) return true;
  const known = parseUri(binding.contact);
  return known.ok && uriEquals(known.value, contact.uri);
}

function replacedBy(request: RegisterRequest, contact: ContactRequest, current: readonly Binding[]): SessionId[] {
  const moved = current.filter(
    (binding) =>
      isSameContact(binding, contact) ||
      (binding.callId === request.callId && sourceOf(binding.flow) !== request.source),
  );
  return moved.map(({ sessionId }) => sessionId);
}
