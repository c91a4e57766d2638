import type { Logger } from '../../base/log.js';
import {
  parseDialogReference,
  type ReferDecision,
  type Reference,
  type ReferRequest,
  Referrals,
  Subscriptions,
  type Uri,
  type UserAgent,
} from '../../sip/index.js';
import type { Refer } from './dialog.js';
import type { DialogRunner } from './dialog-runner.js';

export interface RefersOptions {
  readonly userAgent: UserAgent;
  readonly log: Logger;
  /** The notifier whose SUBSCRIBEs may refresh a REFER's; null where there is none. */
  readonly subscriptions: () => Subscriptions | null;
  readonly find: (callid: string) => DialogRunner | undefined;
}

/**
 * REFERs within dialogs (RFC 3515, RFC 3891): the control server hears of them, and `notify` tells their senders that
 * they succeeded. Served from the first dialog on; elsewhere they stay refused. Holds what Referrals does: at most
 * 5 000 references, each for 180 s.
 */
export class Refers {
  readonly #options: RefersOptions;
  /** By Call-ID, oldest first; a reference outlives its dialog, since a transferor may hang up at once. */
  readonly #open = new Map<string, Reference[]>();
  #isServed = false;
  #rooms: (refer: ReferRequest, reference: Reference) => ReferDecision | null = () => null;

  constructor(options: RefersOptions) {
    this.#options = options;
  }

  /** Dialogs whose transferor still listens. */
  get size(): number {
    return this.#open.size;
  }

  /** Who decides about the REFERs of members of rooms; null: they are refused. */
  useRooms(decide: (refer: ReferRequest, reference: Reference) => ReferDecision | null): void {
    this.#rooms = decide;
  }

  serve(): void {
    if (this.#isServed) return;
    this.#isServed = true;
    const { userAgent } = this.#options;
    const subscriptions = this.#options.subscriptions() ?? ownSubscriptions(userAgent);
    userAgent.use(new Referrals(subscriptions, { onRefer: (refer, reference) => this.#decide(refer, reference) }));
  }

  /** RFC 3515 §2.4.5: the oldest REFER of that dialog succeeded. False when nobody listens. */
  notify(callid: string): boolean {
    const [reference] = this.#open.get(callid) ?? [];
    if (reference === undefined) return false;
    this.#forget(callid, reference);
    reference.final(200);
    return true;
  }

  async #decide(refer: ReferRequest, reference: Reference): Promise<ReferDecision> {
    const dialog = refer.dialog === null ? undefined : this.#options.find(refer.dialog.callId);
    if (dialog === undefined || dialog.info.control === null) {
      // No call, or one whose room calls nobody.
      return this.#rooms(refer, reference) ?? { status: 'rejected', statusCode: 405 };
    }
    const refusal = await dialog.guard.challenge(refer.request, refer.flow);
    if (refusal !== null) return { status: 'rejected', ...refusal };
    const asked = readRefer(refer);
    if (asked === null) return { status: 'rejected', statusCode: 400, reasonPhrase: 'Bad Refer-To' };
    if (refer.method !== 'INVITE') return { status: 'rejected', statusCode: 603 };
    const { at } = dialog.dialog.phase;
    if (at === 'ending' || at === 'ended') return { status: 'rejected', statusCode: 481 };
    const { callid } = dialog.info;
    if (refer.wantsNotify) this.#keep(callid, reference);
    this.#options.log.info('dialog.referred', { callid, ...asked });
    dialog.post({ type: 'referred', refer: asked });
    return { status: 'accepted' };
  }

  #keep(callid: string, reference: Reference): void {
    this.#open.set(callid, [...(this.#open.get(callid) ?? []), reference]);
    reference.onClosed(() => this.#forget(callid, reference));
  }

  #forget(callid: string, reference: Reference): void {
    const left = (this.#open.get(callid) ?? []).filter((other) => other !== reference);
    if (left.length === 0) this.#open.delete(callid);
    else this.#open.set(callid, left);
  }
}

/** A notifier without packages of its own. */
function ownSubscriptions(userAgent: UserAgent): Subscriptions {
  const subscriptions = new Subscriptions(userAgent.context, {
    packages: [],
    onSubscribe: () => ({ status: 'rejected', statusCode: 489 }),
  });
  userAgent.use(subscriptions);
  return subscriptions;
}

/** Null for a Replaces that names no dialog, or a target without a user. */
function readRefer({ uri, headers }: ReferRequest): Refer | null {
  const given = headers.find(([name]) => name.toLowerCase() === 'replaces')?.[1];
  const reference = given === undefined ? null : parseDialogReference(given);
  if (reference?.ok === false) return null;
  const to = userIn(uri);
  if (to === '') return null;
  return {
    to,
    ...('host' in uri ? { domain: uri.host } : {}),
    ...(reference === null ? {} : { replaces: reference.value.callId }),
  };
}

function userIn(uri: Uri): string {
  if (uri.scheme === 'tel') return uri.number;
  return uri.scheme === 'other' ? '' : (uri.user ?? '');
}
