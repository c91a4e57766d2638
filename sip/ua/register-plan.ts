import { type NameAddr, serializeNameAddr, tagOf } from '../header-values.js';
import { contacts, deltaSeconds, expires, paths, tokens } from '../headers.js';
import type { SipRequest } from '../message.js';
import { parseUri, serializeUri, type Uri, uriEquals } from '../uri.js';
import type { Binding } from './binding.js';

/** What a registrar grants, in seconds. */
export interface RegisterPolicy {
  /** Less is 423, but an hour or more never is (RFC 3261 §10.3 step 7). */
  readonly minS: number;
  /** For a client that leaves it to us. */
  readonly defaultS: number;
  /** More is cut. */
  readonly maxS: number;
  /** Bindings of one address of record; one more is 403. */
  readonly maxContacts: number;
}

/** One Contact of a REGISTER. */
export interface ContactRequest {
  readonly uri: Uri;
  readonly text: string;
  /** All its parameters but `expires`. */
  readonly params: Readonly<Record<string, string | null>>;
  readonly instance: string | null;
  /** RFC 5626 §4.2; null without one, or with one that is no number of 1 … 2³¹−1. */
  readonly regId: number | null;
  readonly q: number;
  /** Its own parameter; null: the header field or the registrar decides. */
  readonly expiresS: number | null;
}

/** What a REGISTER asks for. */
export interface RegisterRequest {
  readonly callId: string;
  readonly sequence: number;
  /** `Contact: *`. */
  readonly wildcard: boolean;
  readonly contacts: readonly ContactRequest[];
  /** The Expires header field. */
  readonly expiresS: number | null;
  /** RFC 3327 §5.3: topmost first. */
  readonly path: readonly NameAddr[];
  /** Option tags of Supported. */
  readonly supported: readonly string[];
  /** RFC 5626 §6: it came straight from the user agent. */
  readonly isDirect: boolean;
}

/** What the planner looks at of a binding. */
export type KnownBinding = Pick<Binding, 'contact' | 'instance' | 'regId' | 'callId' | 'sequence'>;

export type PlannedChange<B> =
  | {
      readonly type: 'update';
      readonly binding: B;
      readonly contact: ContactRequest;
      readonly expiresS: number;
      readonly replaces: readonly B[];
    }
  | {
      readonly type: 'add';
      readonly contact: ContactRequest;
      readonly expiresS: number;
      readonly replaces: readonly B[];
    }
  | { readonly type: 'remove'; readonly binding: B };

export type RegisterPlan<B> =
  | { readonly ok: true; readonly changes: readonly PlannedChange<B>[] }
  | { readonly ok: false; readonly statusCode: number; readonly reasonPhrase: string; readonly minExpiresS?: number };

export interface PlanOptions<B> {
  /** RFC 5626 §6: bindings of one instance are told apart by `reg-id`. */
  readonly outbound?: boolean;
  /** A binding that is the same one beyond RFC 3261 §10.3 and RFC 5626 §6: updated, or removed by Expires 0. */
  readonly isSame?: (binding: B, contact: ContactRequest) => boolean;
  /** Which of several bindings that are the same is updated; the oldest unless told. */
  readonly isPreferred?: (binding: B) => boolean;
  /** A binding that goes when this Contact is bound: a phone that has moved, say. */
  readonly isReplaced?: (binding: B, contact: ContactRequest) => boolean;
}

/** Whoever asks for this long or longer is not told to ask for more. */
const NEVER_BRIEF_S = 3600;

type Refused = Extract<RegisterPlan<never>, { ok: false }>;

/** Reads a REGISTER; null when Contact or Path cannot be read. */
export function readRegister(request: SipRequest): RegisterRequest | null {
  const listed = contacts(request);
  const path = paths(request);
  const header = expires(request);
  if (!listed.ok || !path.ok) return null;
  return {
    callId: request.callId,
    sequence: request.cseq.sequence,
    wildcard: listed.value.wildcard,
    contacts: contactRequests(listed.value.values),
    // RFC 3261 §20.19: a malformed value counts as the default.
    expiresS: header.ok ? (header.value ?? null) : null,
    path: path.value,
    supported: tokens(request, 'Supported'),
    isDirect: request.via.length === 1,
  };
}

/** Reads what a REGISTER's Contact header fields ask for. */
export function contactRequests(values: readonly NameAddr[]): ContactRequest[] {
  return values.map(({ uri, params }) => {
    const q = Number(params.get('q') ?? '1');
    const regId = deltaSeconds(params.get('reg-id') ?? '') ?? 0;
    return {
      uri,
      text: serializeUri(uri),
      params: Object.fromEntries([...params].filter(([name]) => name.toLowerCase() !== 'expires')),
      instance: params.get('+sip.instance') ?? null,
      regId: regId >= 1 && regId < 0x8000_0000 ? regId : null,
      q: Number.isFinite(q) ? Math.min(1, Math.max(0, q)) : 1,
      // RFC 3261 §20.19: a malformed value counts as the default.
      expiresS: deltaSeconds(params.get('expires') ?? '') ?? null,
    };
  });
}

/** RFC 5626 §6: bound by its flow: instance and reg-id are there, and the client speaks outbound. */
export function isOutbound(contact: ContactRequest, request: RegisterRequest): boolean {
  return contact.regId !== null && contact.instance !== null && request.supported.includes('outbound');
}

/**
 * RFC 5626 §6: what of a REGISTER with reg-id cannot be served. A first hop that does not keep flows (its Path URI has
 * no `ob`, or it added none) would send requests elsewhere: 439.
 */
export function outboundFault(request: RegisterRequest): Refused | null {
  const flows = request.contacts.filter((contact) => isOutbound(contact, request) && contact.expiresS !== 0);
  if (flows.length === 0 || request.expiresS === 0) return null;
  if (flows.length > 1) return { ok: false, statusCode: 400, reasonPhrase: 'One reg-id At A Time' };
  const firstHop = request.path.at(-1)?.uri;
  const keepsFlows = firstHop !== undefined && 'params' in firstHop && firstHop.params.has('ob');
  if (request.isDirect || keepsFlows) return null;
  return { ok: false, statusCode: 439, reasonPhrase: 'First Hop Lacks Outbound Support' };
}

/**
 * What a REGISTER changes, as one piece: either every change holds or none (RFC 3261 §10.3 steps 6 and 7). A binding
 * whose Call-ID is the request's and whose CSeq is not lower is out of order: 500.
 * @param current  the live bindings of this address of record
 */
export function planRegister<B extends KnownBinding>(
  request: RegisterRequest,
  current: readonly B[],
  policy: RegisterPolicy,
  options: PlanOptions<B> = {},
): RegisterPlan<B> {
  if (request.wildcard) return planWildcard(request, current);
  const changes: PlannedChange<B>[] = [];
  // What is left of the bindings after the contacts before this one.
  let live: readonly B[] = current;
  let count = current.length;
  for (const [at, contact] of request.contacts.entries()) {
    // Named twice: the first time counts.
    if (request.contacts.slice(0, at).some((earlier) => isSameRequest(earlier, contact))) continue;
    const expiresS = grant(contact.expiresS, request.expiresS, policy);
    if (expiresS === 'too-brief') {
      return { ok: false, statusCode: 423, reasonPhrase: 'Interval Too Brief', minExpiresS: policy.minS };
    }
    const same = live.filter((binding) => isSame(binding, contact, request, options));
    const touched = live.filter((binding) => same.includes(binding) || options.isReplaced?.(binding, contact) === true);
    const affected = expiresS === 0 ? same : touched;
    if (affected.some((binding) => isOutOfOrder(binding, request))) return outOfOrder;
    const kept = same.find((binding) => options.isPreferred?.(binding) === true) ?? same[0];
    changes.push(...planContact(contact, expiresS, kept, affected));
    live = live.filter((binding) => !affected.includes(binding));
    count += (expiresS === 0 ? 0 : 1) - affected.length;
  }
  if (count > policy.maxContacts) return { ok: false, statusCode: 403, reasonPhrase: 'Too Many Contacts' };
  return { ok: true, changes };
}

const outOfOrder: Refused = { ok: false, statusCode: 500, reasonPhrase: 'CSeq Out Of Order' };

/** RFC 3261 §10.2.2, §10.3 step 6. */
function planWildcard<B extends KnownBinding>(request: RegisterRequest, current: readonly B[]): RegisterPlan<B> {
  if (request.expiresS !== 0 || request.contacts.length > 0) {
    return { ok: false, statusCode: 400, reasonPhrase: 'Contact * Needs Expires 0' };
  }
  if (current.some((binding) => isOutOfOrder(binding, request))) return outOfOrder;
  return { ok: true, changes: current.map((binding) => ({ type: 'remove', binding })) };
}

function planContact<B>(
  contact: ContactRequest,
  expiresS: number,
  kept: B | undefined,
  affected: readonly B[],
): PlannedChange<B>[] {
  if (expiresS === 0) return affected.map((binding) => ({ type: 'remove', binding }));
  const replaces = affected.filter((binding) => binding !== kept);
  if (kept === undefined) return [{ type: 'add', contact, expiresS, replaces }];
  return [{ type: 'update', binding: kept, contact, expiresS, replaces }];
}

/** The expiry of one contact: its parameter, else the header, else the default; RFC 3261 §10.3 step 7. */
function grant(asked: number | null, header: number | null, policy: RegisterPolicy): number | 'too-brief' {
  const wanted = asked ?? header ?? policy.defaultS;
  if (wanted === 0) return 0;
  if (wanted < policy.minS && wanted < NEVER_BRIEF_S) return 'too-brief';
  return Math.min(wanted, policy.maxS);
}

function isOutOfOrder(binding: KnownBinding, request: RegisterRequest): boolean {
  return binding.callId === request.callId && request.sequence <= binding.sequence;
}

/** RFC 5626 §6: by instance and reg-id; RFC 3261 §10.3 step 7: by URI comparison. */
function isSame<B extends KnownBinding>(
  binding: B,
  contact: ContactRequest,
  request: RegisterRequest,
  options: PlanOptions<B>,
): boolean {
  if (options.outbound === true && isOutbound(contact, request)) {
    return binding.regId === contact.regId && binding.instance === contact.instance;
  }
  if (options.isSame?.(binding, contact) === true) return true;
  // The Contact of a flow may be anybody's (`sip:bob@192.168.0.2`): it is that flow's REGISTER alone that changes it.
  return binding.regId === null && isSameUri(binding.contact, contact);
}

function isSameRequest(a: ContactRequest, b: ContactRequest): boolean {
  return a.instance === b.instance && a.regId === b.regId && (a.text === b.text || uriEquals(a.uri, b.uri));
}

function isSameUri(known: string, contact: ContactRequest): boolean {
  if (known === contact.text) return true;
  const uri = parseUri(known);
  return uri.ok && uriEquals(uri.value, contact.uri);
}

/** The values of a Path, as they are kept and echoed. */
export function pathTexts(path: readonly NameAddr[]): string[] {
  return path.map(serializeNameAddr);
}

/** True for a To without a tag and with a user: an address of record that can be bound. */
export function namesUser(to: NameAddr): boolean {
  return tagOf(to) === undefined && 'user' in to.uri && to.uri.user !== undefined && to.uri.user !== '';
}
