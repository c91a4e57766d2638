import type { HeaderList } from '../build.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { UaContext } from './context.js';
import type { Refusal } from './request-checks.js';
import type { InviteOptions, ReinviteResult, Session, SessionEnd } from './types.js';

/** The two requests that make or refresh a session: RFC 4028 §1. */
export type RefreshMethod = 'INVITE' | 'UPDATE';

/**
 * A part that has its say in every request that makes or refreshes a session, and in its 2xx: session timers, for
 * one. Added with `ua.use({ session })`. Nothing of it is called after `SessionPart.ended`.
 */
export interface SessionExtension {
  /** An INVITE or UPDATE of the peer, outside a dialog or in one: how to refuse it, or null. */
  refuse?(request: SipRequest): Refusal | null;
  /** An INVITE of ours outside a dialog; null when this part has no say in it. */
  invite?(options: InviteOptions): InvitePart | null;
  /** A dialog has got its INVITE usage; `invite` is what the above returned for the INVITE of ours that made it. */
  session(port: SessionPartPort, invite: InvitePart | null): SessionPart | null;
}

/** One INVITE of ours to one contact, with its repetitions. */
export interface InvitePart {
  /** Header fields for the INVITE, asked for anew each time it is sent. */
  headers(): HeaderList;
  /** A failure: true sends the INVITE again, with the headers of then. Bound the number of times. */
  retry(response: SipResponse): boolean;
}

/** What a dialog's INVITE usage offers to a SessionPart. */
export interface SessionPartPort {
  readonly context: UaContext;
  readonly role: 'uac' | 'uas';
  /** The INVITE that made the dialog. */
  readonly invite: SipRequest;
  readonly session: Session;
  readonly dialogId: string;
  /** See `Session.peerAllows`. */
  peerAllows(method: string): boolean;
  /** See `Session.refresh`. */
  refresh(headers?: HeaderList): Promise<ReinviteResult>;
  /** Ends the session by BYE; does nothing before it is answered. */
  hangUp(end: SessionEnd, headers?: HeaderList): void;
}

/** The part's share in one dialog. */
export interface SessionPart {
  /** For a re-INVITE or UPDATE of ours. */
  requestHeaders(method: RefreshMethod): HeaderList;
  /** A failure of one of them: true sends it again, with the headers of then. Bound the number of times. */
  retry(response: SipResponse): boolean;
  /** For our 2xx to the peer's INVITE, re-INVITE or UPDATE. */
  responseHeaders(request: SipRequest): HeaderList;
  /** A 2xx to INVITE, re-INVITE or UPDATE was sent (`remote` asked) or received (`local` asked). */
  refreshed(exchange: {
    readonly request: SipRequest;
    readonly response: SipResponse;
    readonly by: 'local' | 'remote';
  }): void;
  /** The usage is over. */
  ended(): void;
}

/** The parts of one dialog as one. */
export class SessionParts {
  readonly #parts: readonly SessionPart[];

  constructor(parts: readonly (SessionPart | null)[]) {
    this.#parts = parts.filter((part) => part !== null);
  }

  requestHeaders(method: RefreshMethod): HeaderList {
    return this.#parts.flatMap((part) => part.requestHeaders(method));
  }

  retry(response: SipResponse): boolean {
    return this.#parts.some((part) => part.retry(response));
  }

  responseHeaders(request: SipRequest): HeaderList {
    return this.#parts.flatMap((part) => part.responseHeaders(request));
  }

  refreshed(by: 'local' | 'remote', request: SipRequest, response: SipResponse): void {
    for (const part of this.#parts) part.refreshed({ request, response, by });
  }

  ended(): void {
    for (const part of this.#parts) part.ended();
  }
}

/** The first refusal of the extensions, or null. */
export function refusalBy(extensions: readonly SessionExtension[], request: SipRequest): Refusal | null {
  for (const extension of extensions) {
    const refusal = extension.refuse?.(request) ?? null;
    if (refusal !== null) return refusal;
  }
  return null;
}

/** The INVITE usage as its parts see it. */
interface Joined {
  readonly context: UaContext;
  readonly dialogId: string;
  readonly refreshes: { refresh(headers?: HeaderList): Promise<ReinviteResult> };
  peerAllows(method: string): boolean;
  hangUp(end: SessionEnd, headers?: HeaderList): void;
}

/** What the extensions have to do with one dialog; `inviteParts` is in the order of the extensions. */
export function joinParts(
  usage: Joined,
  made: Pick<SessionPartPort, 'role' | 'invite'> & {
    readonly inviteParts: readonly (InvitePart | null)[];
    readonly owner: { readonly session: Session };
  },
): SessionParts {
  const { role, invite, inviteParts, owner } = made;
  const port: SessionPartPort = {
    context: usage.context,
    role,
    invite,
    session: owner.session,
    dialogId: usage.dialogId,
    peerAllows: (method) => usage.peerAllows(method),
    refresh: (headers) => usage.refreshes.refresh(headers),
    hangUp: (end, headers) => usage.hangUp(end, headers),
  };
  const extensions = usage.context.sessionExtensions();
  return new SessionParts(extensions.map((extension, index) => extension.session(port, inviteParts[index] ?? null)));
}
