import { type Clock, delay } from '../../base/clock.js';
import type { SessionId } from '../../base/ids.js';
import type { Logger } from '../../base/log.js';
import {
  dialogPackage,
  EventStateCompositor,
  type MessageSummary,
  messageSummaryPackage,
  type NotifierEnd,
  type NotifierSubscription,
  type Presence,
  type PublishDecision,
  type PublishRequest,
  parseUri,
  presencePackage,
  regPackage,
  type SipRequest,
  type SubscribeDecision,
  type SubscribeRequest,
  Subscriptions,
  serializeUri,
  type Uri,
  type UserAgent,
  watcherInfoPackage,
} from '../../sip/index.js';
import type { CallReporter } from '../calls/reporter.js';
import type { UsersGone } from '../decide/domains.js';
import { sourceText } from '../registrar/authenticator.js';
import type { Binding } from '../registrar/bindings.js';
import { ownerOfIdentity } from '../registrar/bindings.js';
import type { BindingKeeper, EndOfBinding } from '../registrar/keeper.js';
import { type CallEntry, CallStates } from './call-states.js';
import { dialogInfoOf, type EndedBinding, isOnThePhone as onThePhone, presenceOf, regStateOf } from './documents.js';
import { Mailboxes } from './mailboxes.js';
import type { Sender, SenderGate } from './sender-gate.js';
import type { UserBook, UserKey } from './users.js';
import { Watched } from './watched.js';

export interface PresenceServerOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly userAgent: UserAgent;
  readonly users: UserBook;
  readonly gate: SenderGate;
  readonly keeper: Pick<BindingKeeper, 'listen'>;
  readonly calls: Pick<CallReporter, 'listen'>;
  /** Subscriptions, and publications, at a time; a SUBSCRIBE or PUBLISH beyond gets 503. */
  readonly max: number;
  /** Seconds, of a 503. */
  readonly retryAfterS: number;
}

/** Of one user: enough for a desk with all the lamps of an office. More get 503, counted `overloads`. */
const SUBSCRIPTIONS_PER_USER = 1000;
const PUBLICATIONS_PER_USER = 10;
/** SUBSCRIBEs and PUBLISHes whose sender is being asked for. */
const UNDECIDED = 500;

const winfoPackages = [watcherInfoPackage('presence'), watcherInfoPackage('dialog')];
/** What nobody but the user himself is told. */
const ownOnly = new Set(['reg', 'message-summary', ...winfoPackages.map(({ name }) => name)]);

/**
 * The presence server of the gateway: notifier (RFC 6665) and event state compositor (RFC 3903) for its users. `dialog`
 * tells their calls (RFC 4235), `reg` their registrations (RFC 3680), `presence` what they publish together with both
 * (RFC 3856), the winfo packages who watches them (RFC 3857), `message-summary` what the application says that waits for
 * them (RFC 3842). All of it is in memory: after a restart a refresh gets 481 or 412, and phones subscribe and publish
 * anew.
 */
export class PresenceServer {
  readonly counters = { refused: 0, overloads: 0 };
  readonly subscriptions: Subscriptions;
  readonly publications: EventStateCompositor;
  /** Told of by the room calls itself; who has other calls tells of them here. */
  readonly calls: CallStates;
  readonly #options: PresenceServerOptions;
  readonly #watched = new Watched();
  readonly #mailboxes: Mailboxes;
  readonly #senders = new WeakMap<SipRequest, Sender>();
  /** Bindings whose newest REGISTER was a refresh; they leave with the binding. */
  readonly #refreshed = new Set<SessionId>();
  /** As the presence of the users tells it now; not more than there are calls. */
  readonly #onThePhone = new Set<UserKey>();
  #isClosing = false;

  constructor(options: PresenceServerOptions) {
    this.#options = options;
    const { clock, userAgent, users, max } = options;
    const { context } = userAgent;
    this.#mailboxes = new Mailboxes(max);
    this.calls = new CallStates(clock, (user, ended) => this.#callChanged(user, ended));
    const userOf = (resource: string): UserKey => this.#userOf(resource) ?? '';
    this.subscriptions = new Subscriptions(context, {
      packages: [
        { package: presencePackage, current: (resource) => this.#presence(resource, userOf(resource)) },
        { package: dialogPackage, current: (resource) => dialogInfoOf(resource, this.calls.of(userOf(resource))) },
        { package: regPackage, current: (resource) => this.#registrations(resource, userOf(resource), null) },
        { package: messageSummaryPackage, current: (resource) => this.#mailboxes.of(userOf(resource)) },
        ...winfoPackages.map((winfo) => ({ package: winfo })),
      ],
      onSubscribe: (request) => this.#decide(request),
      onRefresh: (request, subscription) => this.#decideRefresh(request, subscription),
      onStarted: (subscription, request) => this.#started(subscription, request),
      onEnded: (subscription, end) => this.#ended(subscription, end),
      // The Request-URI of one that comes within a call is our Contact, which is no user.
      inDialogs: 'refuse',
      limits: { total: max, undecided: UNDECIDED },
    });
    this.publications = new EventStateCompositor(context, {
      packages: [presencePackage],
      onPublish: (request) => this.#decidePublish(request),
      onChanged: (_package, user) => this.#tellPresence(user),
      limits: { total: max, perResource: PUBLICATIONS_PER_USER, undecided: UNDECIDED },
    });
    userAgent.use(this.subscriptions);
    userAgent.use(this.publications);
    options.calls.listen(this.calls);
    options.keeper.listen({
      onAdded: (binding) => this.#bindingChanged(binding),
      onRefreshed: (binding) => {
        this.#refreshed.add(binding.sessionId);
        this.#tellRegistrations(users.keyOf(binding), null);
      },
      onUnreachable: (binding) => this.#tellPresence(users.keyOf(binding)),
      onEnded: (binding, why) => this.#bindingEnded(binding, why),
    });
  }

  /**
   * Tells every subscriber that his subscription has ended and that he may make another one at once (RFC 6665 §4.1.3
   * `deactivated`), which from now on is refused here. Resolves when all have answered, at the latest after `limitMs`.
   */
  async close(limitMs: number): Promise<void> {
    this.#isClosing = true;
    const all = this.#watched.all();
    if (all.length === 0) return;
    const waits = new AbortController();
    const late = delay(this.#options.clock, limitMs, waits.signal).catch(() => undefined);
    const emptied = this.#watched.emptied();
    for (const subscription of all) subscription.end('deactivated');
    await Promise.race([emptied, late]);
    waits.abort();
  }

  get mailboxes(): number {
    return this.#mailboxes.size;
  }

  /** What waits for the user of that address; null when it is nobody's. */
  messagesOf(uri: Uri): MessageSummary | null {
    const user = this.#options.users.find(uri);
    return user === null || !this.#options.users.mayExist(user) ? null : this.#mailboxes.of(user);
  }

  /** Tells his phones. False when there are too many mailboxes. */
  setMessages(uri: Uri, summary: MessageSummary): boolean {
    const user = this.#options.users.find(uri);
    if (user === null || !this.#mailboxes.set(user, summary)) return false;
    for (const resource of this.#watched.resourcesOf(user)) {
      this.subscriptions.notify(messageSummaryPackage, resource, summary);
    }
    return true;
  }

  /** Nobody watches them any more (`noresource`), nor do they watch (`rejected`). */
  usersGone({ domain, isGone }: UsersGone): void {
    const hasGone = (user: UserKey | null | undefined): boolean => {
      const owner = user == null ? null : ownerOfIdentity(user);
      return owner !== null && owner.domain === domain && isGone(owner.username);
    };
    this.#mailboxes.deleteAll(hasGone);
    for (const subscription of this.#watched.all()) {
      const by = this.#watched.get(subscription);
      if (hasGone(by?.watcher)) subscription.end('rejected');
      else if (hasGone(by?.watched)) subscription.end('noresource');
    }
  }

  async #decide(subject: SubscribeRequest): Promise<SubscribeDecision> {
    const { users } = this.#options;
    const sender = await this.#identify(subject);
    if (this.#isClosing) return this.#busy();
    if (sender.kind === 'refused') return { status: 'rejected', ...sender };
    const watched = users.find(subject.request.uri);
    if (watched === null || !users.mayExist(watched)) return this.#refuse(subject, 404, 'no user of this address');
    if (sender.kind === 'trusted') return { status: 'active' };
    const isOwn = sender.user === watched;
    if (!isOwn && (ownOnly.has(subject.package) || !users.areNeighbours(sender.user, watched))) {
      return this.#refuse(subject, 403, 'not to be seen by others');
    }
    if (this.#watched.by(sender.user) >= SUBSCRIPTIONS_PER_USER) return this.#busy();
    return { status: 'active' };
  }

  /**
   * The dialog's tags are proof enough as long as its requests come from where its SUBSCRIBE did. A phone that has moved
   * begins anew (481), with credentials; that it ends the old one makes no difference: its last NOTIFY tells all.
   */
  #decideRefresh({ flow }: SubscribeRequest, subscription: NotifierSubscription): SubscribeDecision {
    const known = this.#watched.get(subscription);
    const { users } = this.#options;
    const isHere = known?.address === flow.remote.address;
    const isUser = known?.watcher != null && users.isAt(known.watcher, flow);
    if (!isHere && !isUser) return { status: 'rejected', statusCode: 481 };
    if (subscription.package === dialogPackage && known !== undefined) {
      subscription.push(dialogInfoOf(subscription.resource, this.calls.of(known.watched)));
    }
    return { status: 'active' };
  }

  async #decidePublish(subject: PublishRequest): Promise<PublishDecision> {
    const sender = await this.#identify(subject);
    if (this.#isClosing) return this.#busy();
    if (sender.kind === 'refused') return { status: 'rejected', ...sender };
    const { users } = this.#options;
    const user = users.find(subject.request.uri);
    if (user === null || !users.mayExist(user)) return this.#refuse(subject, 404, 'no user of this address');
    if (sender.kind === 'user' && sender.user !== user) return this.#refuse(subject, 403, 'not his own presence');
    return { status: 'accepted', resource: user };
  }

  async #identify(subject: SubscribeRequest | PublishRequest): Promise<Sender> {
    const { request, flow } = subject;
    const sender = await this.#options.gate.identify(request, flow);
    this.#senders.set(request, sender);
    if (sender.kind === 'refused' && sender.statusCode !== 401) this.#note(subject, sender.statusCode, sender.trace);
    return sender;
  }

  #refuse(subject: SubscribeRequest | PublishRequest, statusCode: number, outcome: string) {
    this.#note(subject, statusCode, [{ check: subject.package, outcome, afterMs: 0 }]);
    return { status: 'rejected' as const, statusCode };
  }

  #note({ request, flow, package: name }: SubscribeRequest | PublishRequest, statusCode: number, trace: unknown): void {
    this.counters.refused += 1;
    this.#options.log.info('presence.refused', {
      method: request.method,
      package: name,
      source: sourceText(flow.remote),
      from: serializeUri(request.from.uri),
      resource: serializeUri(request.uri),
      statusCode,
      trace,
    });
  }

  #busy() {
    this.counters.overloads += 1;
    const headers = [['Retry-After', String(this.#options.retryAfterS)] as const];
    return { status: 'rejected' as const, statusCode: 503, headers };
  }

  #started(subscription: NotifierSubscription, { request, flow }: SubscribeRequest): void {
    const { resource, package: served, watcherUri } = subscription;
    const sender = this.#senders.get(request);
    this.#watched.add(subscription, {
      watcher: sender?.kind === 'user' ? sender.user : null,
      watched: this.#userOf(resource) ?? '',
      address: flow.remote.address,
    });
    this.#options.log.debug('presence.subscribed', { package: served.name, resource, watcher: watcherUri });
    if (this.#isClosing) subscription.end('deactivated');
  }

  #ended(subscription: NotifierSubscription, end: NotifierEnd): void {
    this.#watched.delete(subscription);
    const { resource, package: served, watcherUri } = subscription;
    const why = end.told ? end.reason : `NOTIFY got ${end.statusCode}`;
    this.#options.log.debug('presence.unsubscribed', { package: served.name, resource, watcher: watcherUri, why });
  }

  #userOf(resource: string): UserKey | null {
    const uri = parseUri(resource);
    return uri.ok ? this.#options.users.find(uri.value) : null;
  }

  #callChanged(user: UserKey, ended: CallEntry | null): void {
    const calls = this.calls.of(user);
    // What has ended is told once: whole documents that come later have it no more.
    const told = ended === null ? [calls] : [[...calls, ended], calls];
    for (const resource of this.#watched.resourcesOf(user)) {
      for (const each of told) this.subscriptions.notify(dialogPackage, resource, dialogInfoOf(resource, each));
    }
    const isOnThePhone = onThePhone(calls);
    if (isOnThePhone === this.#onThePhone.has(user)) return;
    if (isOnThePhone) this.#onThePhone.add(user);
    else this.#onThePhone.delete(user);
    this.#tellPresence(user);
  }

  #bindingChanged(binding: Binding): void {
    const user = this.#options.users.keyOf(binding);
    this.#tellRegistrations(user, null);
    this.#tellPresence(user);
  }

  #bindingEnded(binding: Binding, why: EndOfBinding): void {
    this.#refreshed.delete(binding.sessionId);
    const user = this.#options.users.keyOf(binding);
    this.#tellRegistrations(user, { binding, why });
    this.#tellPresence(user);
  }

  #tellRegistrations(user: UserKey, ended: EndedBinding | null): void {
    for (const resource of this.#watched.resourcesOf(user)) {
      this.subscriptions.notify(regPackage, resource, this.#registrations(resource, user, ended));
    }
  }

  #tellPresence(user: UserKey): void {
    for (const resource of this.#watched.resourcesOf(user)) {
      this.subscriptions.notify(presencePackage, resource, this.#presence(resource, user));
    }
  }

  #registrations(resource: string, user: UserKey, ended: EndedBinding | null) {
    const { users, clock } = this.#options;
    const isRefreshed = ({ sessionId }: Binding): boolean => this.#refreshed.has(sessionId);
    return regStateOf(resource, { bindings: users.bindings(user), ended, isRefreshed }, clock);
  }

  #presence(resource: string, user: UserKey): Presence {
    const published = this.publications.of(presencePackage, user).map(({ state }) => state as Presence);
    const bindings = this.#options.users.bindings(user);
    return presenceOf(resource, { published, bindings, calls: this.calls.of(user) });
  }
}
