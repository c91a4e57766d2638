import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.js';
import {
  composePresence,
  type DialogInfo,
  type Presence,
  type PresencePerson,
  parseUri,
  type RegContact,
  type RegState,
  serializeUri,
  sipUri,
} from '../../sip/index.js';
import { type Binding, isReachable } from '../registrar/bindings.js';
import type { EndOfBinding } from '../registrar/keeper.js';
import type { CallEntry } from './call-states.js';

/** RFC 4235: the calls of the user whom `resource` names; the other side has an address at the same host. */
export function dialogInfoOf(resource: string, calls: readonly CallEntry[]): DialogInfo {
  const parsed = parseUri(resource);
  const host = parsed.ok && 'host' in parsed.value ? parsed.value.host : 'localhost';
  const dialogs = calls.map(({ otherNumber, ...entry }) => ({
    ...entry,
    local: { identity: { uri: resource } },
    ...(otherNumber === '' ? {} : { remote: { identity: { uri: addressOf(otherNumber, host) } } }),
  }));
  return { dialogs };
}

function addressOf(user: string, host: string): string {
  return serializeUri(sipUri({ user, host }));
}

export interface EndedBinding {
  readonly binding: Binding;
  readonly why: EndOfBinding;
}

export interface Registrations {
  readonly bindings: readonly Binding[];
  /** Told once more, as ended. */
  readonly ended: EndedBinding | null;
  readonly isRefreshed: (binding: Binding) => boolean;
}

const endEvents = {
  unregistered: 'unregistered',
  replaced: 'unregistered',
  expired: 'expired',
  removed: 'rejected',
  // It does not answer, but may come back as it is.
  silent: 'deactivated',
  shutdown: 'deactivated',
} as const satisfies Readonly<Record<EndOfBinding, RegContact['event']>>;

/** RFC 3680: one registration, with a contact for each binding. Without any it is `init`, once they end `terminated`. */
export function regStateOf(
  resource: string,
  { bindings, ended, isRefreshed }: Registrations,
  clock: Pick<Clock, 'nowMs' | 'epochMs'>,
): RegState {
  const offsetMs = clock.nowMs() - clock.epochMs();
  const contacts = bindings.map((binding) => ({
    ...contactOf(binding),
    state: 'active' as const,
    event: isRefreshed(binding) ? ('refreshed' as const) : ('registered' as const),
    expiresAtMs: Math.round(binding.expiresAtMs + offsetMs),
  }));
  const gone =
    ended === null
      ? []
      : [{ ...contactOf(ended.binding), state: 'terminated' as const, event: endEvents[ended.why], expiresS: 0 }];
  const without = ended === null ? 'init' : 'terminated';
  const state = contacts.length > 0 ? 'active' : without;
  return { registrations: [{ aor: resource, id: idOf(resource), state, contacts: [...contacts, ...gone] }] };
}

function contactOf({ sessionId, contact, q, callId, sequence }: Binding) {
  return { id: idOf(sessionId), uri: contact, q, callId, cseq: sequence };
}

/** Not the session id itself: whoever has that may ask the API for a call to it. */
function idOf(text: string): string {
  return `r${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
}

const ON_THE_PHONE = 'on-the-phone';

/**
 * RFC 3856 §6.7: what the user's devices have published, composed; where they have published nothing, open while a
 * phone of his can be reached. In both a person who is on the phone (RFC 4480 §3.2) while he is.
 */
export function presenceOf(
  resource: string,
  state: {
    readonly published: readonly Presence[];
    readonly bindings: readonly Binding[];
    readonly calls: readonly CallEntry[];
  },
): Presence {
  const { published, bindings, calls } = state;
  const isOpen = bindings.some(isReachable);
  const registered = { id: 'registration', basic: isOpen ? ('open' as const) : ('closed' as const) };
  const composed: Presence =
    published.length > 0
      ? composePresence(resource, published)
      : { entity: resource, tuples: [isOpen ? { ...registered, contact: { uri: resource } } : registered] };
  return isOnThePhone(calls) ? { ...composed, persons: busy(composed.persons ?? []) } : composed;
}

/** He talks, or calls somebody; that his phone rings does not make him busy. */
export function isOnThePhone(calls: readonly CallEntry[]): boolean {
  return calls.some(({ state, direction }) => state === 'confirmed' || direction === 'initiator');
}

/** RFC 4479 §3.2: a document has one person, so a published one is on the phone too. */
function busy([first, ...others]: readonly PresencePerson[]): PresencePerson[] {
  if (first === undefined) return [{ id: 'calls', activities: [ON_THE_PHONE] }];
  return [{ ...first, activities: [...new Set([...first.activities, ON_THE_PHONE])] }, ...others];
}
