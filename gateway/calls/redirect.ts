import type { Clock } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import { parseUri, type ServerTransaction, type UaContext, type Uri, uriEquals } from '../../sip/index.js';
import type { Admission } from '../admission/admission.js';
import { type BuiltinDeciderOptions, findUser } from '../decide/builtin.js';
import type { DecisionStep } from '../decide/decider.js';
import type { Domain } from '../decide/domains.js';
import { sourceText } from '../registrar/authenticator.js';
import { type Binding, isReachable } from '../registrar/bindings.js';
import { calledUser } from './incoming.js';

export interface RedirectsOptions {
  readonly clock: Clock;
  readonly log: Logger;
  /** Of the user agent that the INVITEs come to. */
  readonly context: UaContext;
  readonly admission: Admission;
  readonly bindingsOf: BuiltinDeciderOptions['bindingsOf'];
  /** False: hosts that no domain has are nobody's. */
  readonly hasHooks: boolean;
}

type Headers = readonly (readonly [string, string])[];

/** INVITEs that wait for credentials to be judged; more get 503. */
const MAX_PENDING = 10_000;

/**
 * The redirect server: RFC 3261 §8.3. INVITEs that end with the first answer are answered here, from a look-up and
 * the transaction alone: no session, no media, no room. At most MAX_PENDING of them wait for anybody; more get 503,
 * counted `overloads`.
 */
export class Redirects {
  /** `looping`: Contacts that were left out because they are the address that was called. */
  readonly counters = { redirected: 0, notFound: 0, unavailable: 0, overloads: 0, looping: 0 };
  readonly #options: RedirectsOptions;
  #pending = 0;

  constructor(options: RedirectsOptions) {
    this.#options = options;
  }

  /** False for an INVITE that becomes a call. */
  take(transaction: ServerTransaction): boolean {
    const { admission, hasHooks } = this.#options;
    const domain = admission.domainOf(transaction.request);
    if (domain === null) {
      if (!hasHooks) this.#refuse(transaction, 404, [step('domain', 'none has this host')]);
      return !hasHooks;
    }
    if (domain.routing !== 'redirect' || domain.rooms.has(calledUser(transaction.request))) return false;
    // Whom its list admits needs no further proof.
    if (domain.auth === 'none') this.#answer(transaction, domain);
    else this.#identify(transaction, domain);
    return true;
  }

  #identify(transaction: ServerTransaction, domain: Domain): void {
    const { context, admission, log } = this.#options;
    if (this.#pending >= MAX_PENDING) {
      this.counters.overloads += 1;
      this.#refuse(transaction, 503, [step('redirects', 'too many pending')], [['Retry-After', '5']]);
      return;
    }
    let isOver = false;
    const answer = (respond: () => void): void => {
      if (isOver) return;
      isOver = true;
      this.#pending -= 1;
      context.pendingInvites.delete(transaction);
      respond();
    };
    this.#pending += 1;
    context.pendingInvites.set(transaction, {
      cancelled: () => answer(() => transaction.respond(context.createResponse(transaction, 487))),
      // RFC 6026 §7.1: the transaction waits for a final response even when nobody can get it any more.
      transportFailed: () => answer(() => transaction.respond(context.createResponse(transaction, 503))),
    });
    admission.identify(transaction.request, transaction.flow).then(
      (caller) =>
        answer(() => {
          if (caller.kind === 'admitted') this.#answer(transaction, domain);
          else this.#refuse(transaction, caller.statusCode, caller.trace, caller.headers);
        }),
      (error: unknown) => {
        log.error('call.fault', { message: messageOf(error) });
        answer(() => transaction.respond(context.createResponse(transaction, 500)));
      },
    );
  }

  #answer(transaction: ServerTransaction, domain: Domain): void {
    const { context, clock, log, bindingsOf } = this.#options;
    const called = calledUser(transaction.request);
    const found = findUser(domain, called, bindingsOf);
    const trace = [step('domain', domain.name), found.step];
    if (!found.ok) {
      this.#refuse(transaction, found.statusCode, trace);
      return;
    }
    const elsewhere = found.bindings.filter(({ contact }) => !isSame(contact, transaction.request.uri));
    this.counters.looping += found.bindings.length - elsewhere.length;
    const headers = contactHeaders(elsewhere, clock.epochMs());
    if (headers.length === 0) {
      this.#refuse(transaction, 480, [...trace, step('contacts', 'none can be reached by others')]);
      return;
    }
    this.counters.redirected += 1;
    transaction.respond(context.createResponse(transaction, 302, { headers }));
    log.debug('call.redirected', { source: sourceText(transaction.flow.remote), to: called, trace });
  }

  #refuse(
    transaction: ServerTransaction,
    statusCode: number,
    trace: readonly DecisionStep[],
    headers: Headers = [],
  ): void {
    const { context, log } = this.#options;
    if (statusCode === 404) this.counters.notFound += 1;
    if (statusCode === 480) this.counters.unavailable += 1;
    if (statusCode !== 401) {
      const source = sourceText(transaction.flow.remote);
      log.info('call.refused', { source, to: calledUser(transaction.request), statusCode, trace });
    }
    transaction.respond(context.createResponse(transaction, statusCode, { headers }));
  }
}

/**
 * The Contacts of a 302, best first, with what is left of their time: RFC 3261 §8.1.3.4, §20.10, §21.3.3. A Contact
 * that nobody but us can reach (RFC 7118 §B.1: `.invalid`, a connection that is gone) is left out.
 */
export function contactHeaders(bindings: readonly Binding[], nowMs: number): [string, string][] {
  const usable = bindings.length === 1 ? bindings : [...bindings].sort((a, b) => b.q - a.q);
  return usable
    .filter((binding) => isReachable(binding) && !isHidden(binding.contact))
    .map((binding) => {
      const leftS = Math.max(0, Math.ceil((binding.expiresAtMs - nowMs) / 1000));
      return ['Contact', `<${binding.contact}>;q=${qText(binding.q)};expires=${leftS}`];
    });
}

/** RFC 3261 §8.3: who is sent where he has just been comes back, again and again. */
function isSame(contact: string, called: Uri): boolean {
  // Nearly all Contacts are of another host, and need no second look.
  if (!('host' in called) || !contact.includes(called.host)) return false;
  const read = parseUri(contact);
  return read.ok && uriEquals(read.value, called);
}

/** RFC 3261 §25.1: at most three decimals. */
function qText(q: number): string {
  return q === 1 ? '1' : q.toFixed(3).replace(/\.?0+$/, '');
}

function isHidden(contact: string): boolean {
  if (!contact.includes('.invalid')) return false;
  const uri = parseUri(contact);
  return uri.ok && 'host' in uri.value && uri.value.host.endsWith('.invalid');
}

function step(check: string, outcome: string): DecisionStep {
  return { check, outcome, afterMs: 0 };
}
