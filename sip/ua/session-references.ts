import { dialogKey } from '../dialog/store.js';
import { tagOf } from '../header-values.js';
import { type DialogReference, join, replaces } from '../headers/replaces.js';
import type { SipRequest } from '../message.js';
import type { Refusal } from './request-checks.js';
import type { SessionExtension, SessionPart, SessionPartPort } from './session-extension.js';
import type { IncomingSession, Session } from './types.js';
import type { Usage } from './usage.js';

export interface SessionReferencesOptions {
  /** RFC 3891; true unless told. */
  readonly replaces?: boolean | undefined;
  /** RFC 3911, for an application that mixes: it puts the new session and the joined one together. False unless told. */
  readonly join?: boolean | undefined;
}

/** What an INVITE refers to. */
export interface ReferencedSession {
  readonly kind: 'replaces' | 'join';
  readonly session: Session;
}

const REASON = 'SIP ;cause=200 ;text="Replaced"';

/**
 * INVITEs with Replaces (RFC 3891) or Join (RFC 3911). Added with `ua.use(…)`; `of` then tells the application what
 * an INVITE refers to, and the application decides whether that caller may (RFC 3891 §3: it may be anybody who knows
 * the dialog). Once it accepts, a replaced session ends by itself: BYE, or CANCEL while it rings, cause `replaced`.
 * Holds one entry per dialog of a session, so the user agent's limits bound it.
 */
export class SessionReferences implements Usage {
  readonly extensions: readonly string[];
  readonly session: SessionExtension;
  readonly #kinds: ReadonlySet<ReferencedSession['kind']>;
  /** By dialog, seen from our side. */
  readonly #sessions = new Map<string, Session>();

  constructor(options: SessionReferencesOptions = {}) {
    const kinds: ReferencedSession['kind'][] = [];
    if (options.replaces !== false) kinds.push('replaces');
    if (options.join === true) kinds.push('join');
    this.#kinds = new Set(kinds);
    this.extensions = kinds;
    this.session = {
      refuse: (request) => this.#refuse(request),
      session: (port) => this.#follow(port),
    };
  }

  /** The session that the INVITE wants to replace or to join; null when it is an ordinary call. */
  of({ invite }: IncomingSession): ReferencedSession | null {
    const found = this.#referenceOf(invite);
    const session = found === null ? undefined : this.#sessions.get(keyOf(found.reference));
    return found === null || session === undefined ? null : { kind: found.kind, session };
  }

  #referenceOf(invite: SipRequest): { kind: ReferencedSession['kind']; reference: DialogReference } | null {
    for (const kind of this.#kinds) {
      const read = kind === 'replaces' ? replaces(invite) : join(invite);
      if (read.ok && read.value !== undefined) return { kind, reference: read.value };
    }
    return null;
  }

  /** RFC 3891 §3, RFC 3911 §4. */
  #refuse(request: SipRequest): Refusal | null {
    if (request.method !== 'INVITE' || tagOf(request.to) !== undefined) return null;
    const read = [...this.#kinds].map((kind) => (kind === 'replaces' ? replaces(request) : join(request)));
    const named = read.filter((each) => !each.ok || each.value !== undefined);
    if (named.length > 1 || named.some((each) => !each.ok)) {
      return { statusCode: 400, reasonPhrase: 'Bad Replaces or Join' };
    }
    const found = this.#referenceOf(request);
    return found === null ? null : this.#refuseReference(found.reference);
  }

  #refuseReference(reference: DialogReference): Refusal | null {
    const session = this.#sessions.get(keyOf(reference));
    if (session === undefined) return { statusCode: 481 };
    const { state, direction } = session;
    if (state === 'ending' || state === 'ended') return { statusCode: 603, reasonPhrase: 'Declined' };
    const isAnswered = state === 'answered' || state === 'confirmed';
    // Who is called cannot hand over what he has not taken.
    if (!isAnswered && direction === 'in') return { statusCode: 481 };
    return isAnswered && reference.earlyOnly ? { statusCode: 486 } : null;
  }

  #follow(port: SessionPartPort): SessionPart {
    this.#sessions.set(port.dialogId, port.session);
    const found = port.role === 'uas' ? this.#referenceOf(port.invite) : null;
    const replaced = found?.kind === 'replaces' ? this.#sessions.get(keyOf(found.reference)) : undefined;
    return {
      requestHeaders: () => [],
      retry: () => false,
      responseHeaders: () => [],
      refreshed: ({ request }) => {
        if (request === port.invite) replaced?.end({ cause: 'replaced', headers: [['Reason', REASON]] });
      },
      ended: () => void this.#sessions.delete(port.dialogId),
    };
  }
}

function keyOf({ callId, toTag, fromTag }: DialogReference): string {
  return dialogKey({ callId, localTag: toTag, remoteTag: fromTag });
}
