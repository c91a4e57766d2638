import { statusFrag } from '../bodies/sipfrag.js';
import type { HeaderList } from '../build.js';
import type { DialogId } from '../dialog/store.js';
import { detachNameAddr, type NameAddr, parseNameAddr, parseNameAddrList, tagOf } from '../header-values.js';
import { eventValue } from '../headers/event.js';
import type { SipRequest } from '../message.js';
import { referPackage } from '../packages/refer.js';
import { Params } from '../params.js';
import { Scanner } from '../parse/scanner.js';
import { reasonPhrase as phraseOf } from '../status.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { Uri } from '../uri.js';
import { uriHeaders } from '../uri-headers.js';
import type { UaContext } from './context.js';
import { Decision } from './decision.js';
import { guarded } from './guard.js';
import type { NotifierSubscription } from './notifier.js';
import type { Refusal } from './request-checks.js';
import { type Checked, hasOneContact, refused, resourceOf } from './subscribe-checks.js';
import type { Subscriptions } from './subscriptions.js';
import type { ResponseOptions } from './types.js';
import type { MethodHandler, Usage } from './usage.js';

/** A REFER as it was read: RFC 3515 §2. */
export interface ReferRequest {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** The one value of Refer-To, as it came. */
  readonly referTo: NameAddr;
  /** Where to send the request: the URI of Refer-To without `method` and headers. */
  readonly uri: Uri;
  /** Which request: the `method` of that URI, INVITE without one. */
  readonly method: string;
  /** What it has to carry: the URI's headers, `Replaces` for instance, unescaped and unchecked (RFC 3261 §19.1.5). */
  readonly headers: HeaderList;
  /** RFC 3892 §3; undefined when absent. Not authenticated. */
  readonly referredBy: NameAddr | undefined;
  /** False when the sender wants no NOTIFYs (RFC 4488 §4: `Refer-Sub: false`). */
  readonly wantsNotify: boolean;
  /** RFC 4538 §7: the dialog that the sender refers to, its tags as we know them; undefined when absent. */
  readonly targetDialog: DialogId | undefined;
  /** The dialog it came in; null outside dialogs. */
  readonly dialog: DialogId | null;
}

export type ReferDecision =
  | { readonly status: 'accepted' }
  | ({ readonly status: 'rejected'; readonly statusCode: number } & ResponseOptions);

export interface ReferralsOptions {
  /**
   * Whether a REFER is taken. Keep `reference` and tell it what comes of it; it may be told before the decision. What
   * this throws is a 500; no answer within `decisionMs` a 503.
   */
  onRefer(refer: ReferRequest, reference: Reference): ReferDecision | Promise<ReferDecision>;
  /** 202 as RFC 3515 §2.4.2 has it and phones expect, or 200, which RFC 7647 §4 prefers. 202 unless told. */
  readonly acceptWith?: 200 | 202 | undefined;
  /** Seconds until a reference that came to nothing is given up; 180 unless told. */
  readonly expiresS?: number | undefined;
  /** REFERs whose reference has no end yet; 5 000 unless told. Beyond: 503, counted `refused`. */
  readonly maxReferences?: number | undefined;
  /** 10 000 unless told. */
  readonly decisionMs?: number | undefined;
}

/** What comes of a REFER that was taken: its sender gets a NOTIFY for each news, the last one terminates (§2.4.5). */
export interface Reference {
  /** False once its end has been told, or its sender does not listen any more. */
  readonly isOpen: boolean;
  /** A provisional response to the request that the REFER asked for. */
  progress(statusCode: number, reasonPhrase?: string): void;
  /** Its final response; what comes after is ignored. A request that could not be sent is a 503 (§2.4.5). */
  final(statusCode: number, reasonPhrase?: string): void;
  /** Called once when nobody listens any more: after the final news, at its expiry, or when a NOTIFY failed. */
  onClosed(listener: () => void): void;
}

const BUSY_S = 30;

/**
 * The recipient of REFER: RFC 3515 §2.4, with RFC 4488 (norefersub), RFC 3892 (Referred-By), RFC 4538 (Target-Dialog
 * read). `ua.use` adds it, beside the Subscriptions it is given, which serve the SUBSCRIBEs of its subscriptions.
 */
export class Referrals implements Usage {
  readonly methods: Readonly<Record<string, MethodHandler>> = { REFER: (transaction) => this.#receive(transaction) };
  readonly extensions = ['norefersub', 'tdialog'];
  readonly events = [referPackage.name];
  readonly counters = { accepted: 0, denied: 0, refused: 0 };
  readonly #context: UaContext;
  readonly #subscriptions: Subscriptions;
  readonly #options: ReferralsOptions;
  /** Dialogs that have had a reference: the next one's NOTIFYs carry an id (RFC 3515 §2.4.6). */
  readonly #used = new WeakSet<object>();
  #open = 0;

  constructor(subscriptions: Subscriptions, options: ReferralsOptions) {
    this.#context = subscriptions.context;
    this.#subscriptions = subscriptions;
    this.#options = options;
    subscriptions.implicit(referPackage.name);
  }

  #receive(transaction: ServerTransaction): void {
    const checked = readRefer(transaction);
    if (!checked.ok) {
      this.#refuse(transaction, checked.refusal);
      return;
    }
    if (this.#open >= (this.#options.maxReferences ?? 5_000)) {
      this.#busy(transaction);
      return;
    }
    const refer = checked.value;
    const reference = new OpenReference(this.#context);
    this.#open += 1;
    reference.onClosed(() => {
      this.#open -= 1;
    });
    const decide = (): ReferDecision | Promise<ReferDecision> => this.#options.onRefer(refer, reference);
    const drop = (): void => reference.close();
    new Decision(this.#context, this.#options.decisionMs ?? 10_000, decide, {
      onDecided: (decision) => {
        if (decision.status === 'accepted') this.#accept(transaction, refer, reference);
        else this.#reject(transaction, reference, decision);
      },
      onFailed: () => {
        drop();
        this.#refuse(transaction, { statusCode: 500 });
      },
      onLate: () => {
        drop();
        this.#busy(transaction);
      },
      onDone: () => {},
    }).start();
  }

  #accept(transaction: ServerTransaction, refer: ReferRequest, reference: OpenReference): void {
    if (refer.wantsNotify) this.#subscribe(transaction, refer, reference);
    else {
      this.counters.accepted += 1;
      this.#respond(transaction, this.#options.acceptWith ?? 202, [['Refer-Sub', 'false']]);
      reference.close();
    }
  }

  /** RFC 3515 §2.4.4: the implicit subscription; it shares the dialog of an INVITE, which lives on for it. */
  #subscribe(transaction: ServerTransaction, refer: ReferRequest, reference: OpenReference): void {
    const { request } = transaction;
    const expiresS = this.#options.expiresS ?? referPackage.defaultExpiresS;
    const owner = refer.dialog === null ? undefined : this.#context.dialogs.find(refer.dialog);
    const params = new Params();
    if (owner !== undefined && this.#used.has(owner)) params.set('id', String(request.cseq.sequence));
    const subscription = this.#subscriptions.createImplicit({
      package: referPackage,
      event: eventValue(referPackage.name, params),
      resource: resourceOf(refer.uri),
      // RFC 3420 §5: the version is 2.0 unless told, but RFC 3515 §4.1 writes it, and so some look for it.
      contentType: `${referPackage.contentType};version=2.0`,
      watcher: detachNameAddr(request.from),
      handlers: {
        onSubscribe: (one, refresh) => this.#subscriptions.refreshImplicit(one, refresh, expiresS),
        onChanged: () => {},
        onEnded: () => reference.close(),
      },
    });
    const port = this.#subscriptions.dialogFor(transaction)?.join(subscription) ?? null;
    if (port === null) {
      reference.close();
      this.#refuse(transaction, { statusCode: 481 });
      return;
    }
    this.#used.add(port);
    this.counters.accepted += 1;
    if (refer.dialog !== null) port.refresh(request);
    this.#respond(transaction, this.#options.acceptWith ?? 202, [['Contact', port.contact()]]);
    subscription.open(port, expiresS, statusFrag(100));
    reference.attach(subscription);
  }

  #reject(transaction: ServerTransaction, reference: OpenReference, decision: Refusal & ResponseOptions): void {
    this.counters.denied += 1;
    reference.close();
    this.#refuse(transaction, decision);
  }

  #respond(transaction: ServerTransaction, statusCode: number, headers: HeaderList): void {
    transaction.respond(this.#context.createResponse(transaction, statusCode, { headers, copyRecordRoute: true }));
  }

  #busy(transaction: ServerTransaction): void {
    this.counters.refused += 1;
    this.#refuse(transaction, { statusCode: 503, headers: [['Retry-After', String(BUSY_S)]] });
  }

  #refuse(transaction: ServerTransaction, { statusCode, ...options }: Refusal & ResponseOptions): void {
    transaction.respond(this.#context.createResponse(transaction, statusCode, options));
  }
}

/** Keeps what it was told before its subscription was there. */
class OpenReference implements Reference {
  readonly #context: UaContext;
  readonly #listeners: (() => void)[] = [];
  #news: { readonly statusCode: number; readonly reasonPhrase: string } | null = null;
  #subscription: NotifierSubscription | null = null;
  #isFinal = false;
  #isClosed = false;

  constructor(context: UaContext) {
    this.#context = context;
  }

  get isOpen(): boolean {
    return !this.#isFinal && !this.#isClosed;
  }

  progress(statusCode: number, reasonPhrase = phraseOf(statusCode)): void {
    this.#tell(statusCode, reasonPhrase, false);
  }

  final(statusCode: number, reasonPhrase = phraseOf(statusCode)): void {
    this.#tell(statusCode, reasonPhrase, true);
  }

  onClosed(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#listeners.push(listener);
  }

  attach(subscription: NotifierSubscription): void {
    this.#subscription = subscription;
    this.#pass();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const listener of this.#listeners) guarded(this.#context.log, listener, undefined);
  }

  #tell(statusCode: number, reasonPhrase: string, isFinal: boolean): void {
    if (!this.isOpen) return;
    this.#isFinal = isFinal;
    this.#news = { statusCode, reasonPhrase };
    this.#pass();
  }

  #pass(): void {
    if (this.#subscription === null || this.#news === null) return;
    const frag = statusFrag(this.#news.statusCode, this.#news.reasonPhrase);
    // RFC 3515 §2.4.7: the reference has ended, so there is no resource any more.
    if (this.#isFinal) this.#subscription.conclude(frag, 'noresource');
    else this.#subscription.push(frag);
  }
}

function readRefer(transaction: ServerTransaction): Checked<ReferRequest> {
  const { request, flow } = transaction;
  const values = request.headers.all('Refer-To').map(parseNameAddrList);
  const [first] = values;
  // RFC 3515 §2.4.2: exactly one.
  if (values.length !== 1 || first === undefined || !first.ok || first.value.length !== 1) {
    return refused({ statusCode: 400, reasonPhrase: values.length === 0 ? 'Missing Refer-To' : 'Bad Refer-To' });
  }
  if (!hasOneContact(request)) return refused({ statusCode: 400, reasonPhrase: 'Bad Contact' });
  const by = request.headers.all('Referred-By');
  const referredBy = by[0] === undefined ? undefined : parseNameAddr(by[0]);
  if (by.length > 1 || referredBy?.ok === false) return refused({ statusCode: 400, reasonPhrase: 'Bad Referred-By' });
  const referTo = first.value[0]!;
  const localTag = tagOf(request.to);
  const dialog = { callId: request.callId, localTag: localTag ?? '', remoteTag: tagOf(request.from) ?? '' };
  return {
    ok: true,
    value: {
      request,
      flow,
      referTo,
      ...targetOfReference(referTo.uri),
      headers: uriHeaders(referTo.uri),
      referredBy: referredBy?.value,
      wantsNotify: !/^\s*false\s*(?:;|$)/i.test(request.headers.get('Refer-Sub') ?? ''),
      targetDialog: targetDialog(request.headers.get('Target-Dialog')),
      dialog: localTag === undefined ? null : dialog,
    },
  };
}

function targetOfReference(uri: Uri): { readonly uri: Uri; readonly method: string } {
  if (uri.scheme === 'tel' || uri.scheme === 'other') return { uri, method: 'INVITE' };
  const params = uri.params.clone();
  params.delete('method');
  return { uri: { ...uri, params, headers: '' }, method: (uri.params.get('method') || 'INVITE').toUpperCase() };
}

/** RFC 4538 §7: the tags are named as the recipient sees them. Undefined for what cannot be read. */
function targetDialog(text: string | undefined): DialogId | undefined {
  const at = text?.indexOf(';') ?? -1;
  if (text === undefined || at < 0) return undefined;
  const scanner = new Scanner(text.slice(at));
  const params = new Params();
  if (!scanner.params(params)) return undefined;
  const [localTag, remoteTag] = [params.get('local-tag'), params.get('remote-tag')];
  if (!localTag || !remoteTag) return undefined;
  return { callId: text.slice(0, at).trim(), localTag, remoteTag };
}
