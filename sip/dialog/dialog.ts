import { type Random, randomHex } from '../../base/random.js';
import { createRequest, type HeaderList } from '../build.js';
import { detachNameAddr, type NameAddr, nameAddr, tagOf, withTag } from '../header-values.js';
import { contacts, recordRoutes } from '../headers.js';
import type { SipMessage, SipRequest, SipResponse } from '../message.js';
import { detach } from '../parse/scanner.js';
import { detachUri, type Uri } from '../uri.js';

/**
 * RFC 3261 §12: what two user agents share between the request that made the dialog and the BYE. Plain data; the
 * functions below return a new one. Holds copies, not slices of the messages it was made from.
 */
export interface Dialog {
  readonly callId: string;
  readonly localTag: string;
  /** Empty for an RFC 2543 peer that sent none. */
  readonly remoteTag: string;
  /** The sequence number of our last request; 0 before the first one. */
  readonly localSequence: number;
  /** Undefined until the peer has sent a request. */
  readonly remoteSequence: number | undefined;
  /** From of our requests, with `localTag`. */
  readonly local: NameAddr;
  /** To of our requests, with `remoteTag`. */
  readonly remote: NameAddr;
  readonly remoteTarget: Uri;
  /** RFC 3261 §12.1: it was asked for by a SIPS URI, so our Contact is one too (§8.1.1.8, §12.1.1). */
  readonly secure: boolean;
  /** In the order in which our requests visit it. */
  readonly routeSet: readonly NameAddr[];
}

/** What a request in a dialog may add to what the dialog gives. */
export interface DialogRequestExtras {
  readonly headers?: HeaderList | undefined;
  readonly body?: Buffer | undefined;
  readonly contentType?: string | undefined;
}

/** RFC 3261 §8.1.1.5: less than 2³¹; small enough that no dialog reaches the end. */
export function initialSequence(random: Random): number {
  return 1 + (random.uint32() % 0xffff);
}

/** RFC 3261 §19.3: 64 random bits. */
export function createTag(random: Random): string {
  return randomHex(random, 8);
}

/** The URI of the first Contact, or null when there is none that can be read. */
export function contactUri(message: SipMessage): Uri | null {
  const read = contacts(message);
  return read.ok ? (read.value.values[0]?.uri ?? null) : null;
}

/**
 * RFC 3261 §12.1.1: the Request-URI or the top Record-Route, or without one the Contact, is a SIPS URI. Whether the
 * request came over TLS does not count: a proxy of ours may have ended it.
 */
function isSecured(request: SipRequest): boolean {
  const top = routesOf(request)[0]?.uri ?? contactUri(request);
  return request.uri.scheme === 'sips' || top?.scheme === 'sips';
}

function routesOf(message: SipMessage): NameAddr[] {
  const read = recordRoutes(message);
  return read.ok ? read.value.map(detachNameAddr) : [];
}

/**
 * RFC 3261 §12.1.1: the dialog of a request that we answer.
 * A request without a usable Contact is refused before it gets here; its From stands in if it does.
 */
export function createUasDialog(request: SipRequest, localTag: string): Dialog {
  const remoteTag = detach(tagOf(request.from) ?? '');
  return {
    callId: detach(request.callId),
    localTag,
    remoteTag,
    localSequence: 0,
    remoteSequence: request.cseq.sequence,
    local: detachNameAddr(withTag(request.to, localTag)),
    remote: detachNameAddr(request.from),
    remoteTarget: detachUri(contactUri(request) ?? request.from.uri),
    secure: isSecured(request),
    routeSet: routesOf(request),
  };
}

/**
 * RFC 3261 §12.1.2: the dialog that a response to our request makes. A response without a Contact leaves the
 * Request-URI as the remote target.
 */
export function createUacDialog(request: SipRequest, response: SipResponse): Dialog {
  return {
    callId: request.callId,
    localTag: tagOf(request.from) ?? '',
    remoteTag: detach(tagOf(response.to) ?? ''),
    localSequence: request.cseq.sequence,
    remoteSequence: undefined,
    local: request.from,
    remote: detachNameAddr(response.to),
    remoteTarget: detachUri(contactUri(response) ?? request.uri),
    secure: request.uri.scheme === 'sips',
    routeSet: routesOf(response).reverse(),
  };
}

/** RFC 3261 §13.2.2.4: the 2xx of an early dialog gives its route set anew; sequence numbers stay. */
export function confirmUacDialog(early: Dialog, response: SipResponse): Dialog {
  return {
    ...early,
    remoteTarget: detachUri(contactUri(response) ?? early.remoteTarget),
    routeSet: routesOf(response).reverse(),
  };
}

/** RFC 3261 §12.2: a target refresh request or its 2xx moves the remote target; the route set stays for life. */
export function refreshTarget(dialog: Dialog, message: SipMessage): Dialog {
  const uri = contactUri(message);
  return uri === null ? dialog : { ...dialog, remoteTarget: detachUri(uri) };
}

/** RFC 3261 §12.2.2: the sequence number of a request from the peer must rise. */
export function acceptRequest(dialog: Dialog, request: SipRequest): { readonly ok: boolean; readonly dialog: Dialog } {
  const { sequence } = request.cseq;
  if (dialog.remoteSequence !== undefined && sequence <= dialog.remoteSequence) return { ok: false, dialog };
  return { ok: true, dialog: { ...dialog, remoteSequence: sequence } };
}

function isLoose(uri: Uri): boolean {
  return uri.scheme !== 'tel' && uri.scheme !== 'other' && uri.params.has('lr');
}

/** RFC 3261 §12.2.1.1: a strict router as first hop becomes the Request-URI, and the remote target the last route. */
function route(dialog: Dialog): { uri: Uri; route: NameAddr[] } {
  const [first, ...rest] = dialog.routeSet;
  if (first === undefined) return { uri: dialog.remoteTarget, route: [] };
  if (isLoose(first.uri)) return { uri: dialog.remoteTarget, route: [...dialog.routeSet] };
  const last = nameAddr(dialog.remoteTarget);
  return { uri: requestUriOf(first.uri), route: [...rest, last] };
}

/** RFC 3261 §19.1.1 table 1: a Request-URI has no `method` parameter and no headers. */
function requestUriOf(uri: Uri): Uri {
  if (uri.scheme === 'tel' || uri.scheme === 'other') return uri;
  const params = uri.params.clone();
  params.delete('method');
  return { ...uri, params, headers: '' };
}

function build(dialog: Dialog, method: string, sequence: number, extras: DialogRequestExtras): SipRequest {
  return createRequest({
    method,
    ...route(dialog),
    from: dialog.local,
    to: dialog.remote,
    callId: dialog.callId,
    cseq: { sequence, method },
    headers: extras.headers ?? [],
    body: extras.body,
    contentType: extras.contentType,
  });
}

/** RFC 3261 §12.2.1.1: our next request in the dialog, without Via. */
export function nextRequest(
  dialog: Dialog,
  method: string,
  extras: DialogRequestExtras = {},
): { readonly dialog: Dialog; readonly request: SipRequest } {
  const localSequence = dialog.localSequence + 1;
  return { dialog: { ...dialog, localSequence }, request: build(dialog, method, localSequence, extras) };
}

/** RFC 3261 §13.2.2.4: the ACK for a 2xx carries the sequence number and the credentials of its INVITE (§22.1). */
export function ackRequest(dialog: Dialog, invite: SipRequest, extras: DialogRequestExtras = {}): SipRequest {
  const headers: (readonly [string, string])[] = [...(extras.headers ?? [])];
  for (const name of ['Authorization', 'Proxy-Authorization']) {
    for (const value of invite.headers.all(name)) headers.push([name, value]);
  }
  return build(dialog, 'ACK', invite.cseq.sequence, { ...extras, headers });
}

/** RFC 3261 §8.1.2, §12.2.1.1: the URI whose host requests go to: the topmost route, strict or loose. */
export function nextHop(dialog: Dialog): Uri {
  return dialog.routeSet[0]?.uri ?? dialog.remoteTarget;
}
