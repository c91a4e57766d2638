import { understandsBody } from '../bodies/body-parts.js';
import { isMultipart } from '../bodies/multipart.js';
import type { HeaderList } from '../build.js';
import { tagOf } from '../header-values.js';
import { acceptance } from '../headers/accept.js';
import type { MediaType } from '../headers/media-type.js';
import { contacts, contentType, tokens } from '../headers.js';
import type { SipRequest } from '../message.js';
import { Params } from '../params.js';

const SDP = 'application/sdp';
const sdp: MediaType = { type: SDP, params: new Params() };

/** A request that is refused before anybody serves it, with the header fields that say how to do better. */
export interface Refusal {
  readonly statusCode: number;
  readonly reasonPhrase?: string | undefined;
  readonly headers?: HeaderList | undefined;
}

/** What this user agent understands. Option tags and media types in lower case. */
export interface Capabilities {
  /** In the order of Allow. */
  readonly methods: readonly string[];
  readonly extensions: readonly string[];
  /** Body types by method; a method that is not named here has its bodies checked by who serves it. */
  readonly mediaTypes: Readonly<Record<string, readonly string[]>>;
  /** RFC 6665 §8.2.2: the event packages, in the order of Allow-Events. */
  readonly events: readonly string[];
}

/** RFC 3261 §8.2.2.1, §8.1.1.6 (RFC 7332 §3: a B2BUA stops loops too), §8.2.1 and, for INVITE, §8.1.1.8. */
export function checkOutOfDialog(request: SipRequest, capabilities: Capabilities, isMerged: boolean): Refusal | null {
  const { method, uri, maxForwards } = request;
  if (!capabilities.methods.includes(method)) return { statusCode: 405 };
  if (uri.scheme === 'other') return { statusCode: 416 };
  if (isMerged) return { statusCode: 482 };
  // Those two end here, whatever is left of their way.
  if (maxForwards === 0 && method !== 'OPTIONS' && method !== 'REGISTER') return { statusCode: 483 };
  const refusal = checkContent(request, capabilities);
  return refusal ?? (method === 'INVITE' ? (checkContact(request) ?? checkAccept(request)) : null);
}

/** RFC 3261 §8.1.1.8: exactly one Contact, or no request in the dialog could ever reach the caller. */
function checkContact(request: SipRequest): Refusal | null {
  const read = contacts(request);
  if (!read.ok) return { statusCode: 400, reasonPhrase: 'Bad Contact' };
  const { wildcard, values } = read.value;
  if (values.length === 0 && !wildcard) return { statusCode: 400, reasonPhrase: 'Missing Contact' };
  if (wildcard || values.length !== 1) return { statusCode: 400, reasonPhrase: 'Bad Contact' };
  return null;
}

/** RFC 3261 §20.1, RFC 4475 §3.3.15: whoever calls must take application/sdp, or no answer could be given. */
function checkAccept(request: SipRequest): Refusal | null {
  if (!request.headers.has('Accept')) return null;
  const taken = acceptance(request, sdp);
  // What cannot be read, or says nothing, is no reason to refuse a call.
  return taken.ok && taken.value === 0 && request.headers.get('Accept') !== '' ? { statusCode: 406 } : null;
}

/** RFC 3261 §8.2.2.3 and, for methods whose body types are known, §8.2.3; in and out of dialogs. */
export function checkContent(request: SipRequest, capabilities: Capabilities): Refusal | null {
  if (request.headers.has('Require')) {
    const unknown = tokens(request, 'Require').filter((tag) => !capabilities.extensions.includes(tag));
    if (unknown.length > 0) return { statusCode: 420, headers: [['Unsupported', unknown.join(', ')]] };
  }
  const accepted = capabilities.mediaTypes[request.method];
  if (accepted === undefined || request.body.length === 0) return null;
  const { headers } = request;
  // The usual case, without reading the value.
  if (headers.get('Content-Type') === SDP && accepted.includes(SDP) && !headers.has('Content-Encoding')) return null;
  // RFC 3261 §20.11: the sender does not mind when such a body is not understood.
  if (/;\s*handling\s*=\s*optional\b/i.test(headers.get('Content-Disposition') ?? '')) return null;
  const encodings = tokens(request, 'Content-Encoding').filter((encoding) => encoding !== 'identity');
  if (encodings.length > 0) return { statusCode: 415, headers: [['Accept-Encoding', 'identity']] };
  const type = contentType(request);
  if (!type.ok || type.value === undefined) return { statusCode: 400, reasonPhrase: 'Bad Content-Type' };
  if (isMultipart(type.value) && accepted.some((name) => name.startsWith('multipart/'))) {
    return checkParts(request, accepted);
  }
  return accepted.includes(type.value.type) ? null : notAccepted(accepted);
}

function notAccepted(accepted: readonly string[]): Refusal {
  return { statusCode: 415, headers: [['Accept', accepted.join(', ')]] };
}

/** RFC 5621 §8: every part that must be understood is. */
function checkParts(request: SipRequest, accepted: readonly string[]): Refusal | null {
  const understood = understandsBody(request, accepted);
  if (understood.ok) return understood.value ? null : notAccepted(accepted);
  if (understood.fault === 'over-limit') return { statusCode: 413 };
  return { statusCode: 400, reasonPhrase: 'Bad Multipart Body' };
}

/** RFC 3261 §12.2.2: a To tag says that the request belongs to a dialog. */
export function isInDialog(request: SipRequest): boolean {
  return tagOf(request.to) !== undefined;
}
