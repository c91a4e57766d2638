import { randomHex } from '../../base/random.js';
import { createTag, initialSequence } from '../dialog/dialog.js';
import { type NameAddr, nameAddr } from '../header-values.js';
import { type Flow, type Target, targetOf } from '../transport/transport.js';
import { type SipUri, sipUri, uriEquals } from '../uri.js';
import { checkWritten } from './checked-options.js';
import type { Closable, UaContext } from './context.js';
import type { AssignedGruus } from './gruu.js';
import { contactUri, RegistrationFlow } from './registration-flow.js';
import type {
  RegistrationEvent,
  RegistrationOptions,
  RegistrationOutcome,
  RegistrationState,
} from './registration-types.js';

/** REGISTERs are written later, from timers: what they could not carry is told now. */
function checkRegistration(options: RegistrationOptions): void {
  const { aor, registrar = domainOf(aor), from, contacts = [], instanceId, headers } = options;
  checkWritten({ uri: registrar, from: from ?? nameAddr(aor), to: nameAddr(aor), headers });
  for (const { uri, params } of contacts) checkWritten({ contact: nameAddr(uri, params) });
  if (instanceId !== undefined) checkWritten({ contact: nameAddr(aor, { '+sip.instance': `<${instanceId}>` }) });
  checkWritten({ route: (options.outboundProxies ?? []).map(({ uri }) => nameAddr(uri)) });
}

const noGruus: AssignedGruus = { pub: null, temp: null };

/**
 * Keeps Contacts of ours registered: RFC 3261 §10.2, with RFC 3327 (Path), RFC 3608 (Service-Route), RFC 5626 (several
 * flows, keep-alives, recovery) and RFC 5627 (GRUUs). One Call-ID for its life, CSeq rising over all its flows. After
 * a failure it waits as RFC 5626 §4.5 says and tries again until it is stopped; with the user agent it ends too.
 *
 * `new Registration(ua.context, { aor, credentials }, (event) => …).start()`
 */
export class Registration implements Closable {
  readonly #context: UaContext;
  readonly #options: RegistrationOptions;
  readonly #onEvent: (event: RegistrationEvent) => void;
  readonly #flows: readonly RegistrationFlow[];
  /** The connections whose end concerns us, by the index of their flow. */
  readonly #watched = new Map<number, { readonly flow: Flow; readonly unwatch: () => void }>();
  readonly #waiting: ((outcome: RegistrationOutcome) => void)[] = [];
  #state: RegistrationState = 'idle';
  #stopped: Promise<void> | null = null;

  constructor(
    context: UaContext,
    options: RegistrationOptions,
    onEvent: (event: RegistrationEvent) => void = () => undefined,
  ) {
    checkRegistration(options);
    this.#context = context;
    this.#options = options;
    this.#onEvent = onEvent;
    let sequence = initialSequence(context.random);
    const shared = {
      context,
      options: { ...options, registrar: options.registrar ?? domainOf(options.aor) },
      callId: randomHex(context.random, 16),
      fromTag: createTag(context.random),
      nextSequence: () => {
        sequence += 1;
        return sequence;
      },
      othersUp: (flow: RegistrationFlow) => this.#flows.some((other) => other !== flow && other.isRegistered),
      tell: (event: RegistrationEvent) => this.#tell(event),
    };
    const proxies = options.outboundProxies ?? [];
    this.#flows =
      proxies.length === 0
        ? [new RegistrationFlow(shared, 0, null)]
        : proxies.map((proxy, index) => new RegistrationFlow(shared, index, proxy));
  }

  /** `registered` while one flow is; else the last news. */
  get state(): RegistrationState {
    return this.isRegistered ? 'registered' : this.#state;
  }

  get isRegistered(): boolean {
    return this.#up !== undefined;
  }

  /** RFC 3608 §6.1: what the registrar wants our other requests to pass; of the first flow that is registered. */
  get serviceRoute(): readonly NameAddr[] {
    return this.#up?.granted?.serviceRoute ?? [];
  }

  /** RFC 3327 §5.1: the proxies between the registrar and us. */
  get path(): readonly NameAddr[] {
    return this.#up?.granted?.path ?? [];
  }

  /** RFC 5627 §4.2. */
  get gruus(): AssignedGruus {
    return this.#up?.granted?.gruus ?? noGruus;
  }

  /** What the registrar has granted, in seconds; null while nothing is registered. */
  get expiresS(): number | null {
    return this.#up?.granted?.expiresS ?? null;
  }

  /** The flows that are registered. */
  get flows(): readonly Flow[] {
    return this.#flows.flatMap(({ isRegistered, flow }) => (isRegistered && flow !== null ? [flow] : []));
  }

  /** Pre-loaded Route of other requests: the proxy we came through, then the Service-Route (RFC 3608 §6.1). */
  get route(): readonly NameAddr[] {
    const { serviceRoute } = this;
    const index = this.#flows.findIndex(({ isRegistered }) => isRegistered);
    const proxy = this.#options.outboundProxies?.[index]?.uri;
    const [first] = serviceRoute;
    if (proxy === undefined || (first !== undefined && uriEquals(withLr(proxy), first.uri))) return serviceRoute;
    return [nameAddr(withLr(proxy)), ...serviceRoute];
  }

  /** Where other requests go so that they take the registered flow; null while nothing is registered. */
  get target(): Target | null {
    const flow = this.#up?.flow ?? null;
    return flow === null ? null : targetOf(flow);
  }

  /**
   * The Contact URI of other requests: the public GRUU (RFC 5627 §4.4), else our own, with `ob` where the dialog's
   * requests have to come over the registered flow (RFC 5626 §4.3). Null while nothing is registered.
   */
  get contact(): SipUri | null {
    const up = this.#up;
    if (up === undefined || up.flow === null) return null;
    const { pub } = this.gruus;
    if (pub !== null) return pub;
    const own = this.#options.contacts?.[0]?.uri ?? contactUri(this.#context, this.#options.aor, up.flow);
    return up.granted?.isOutbound === true ? { ...own, params: own.params.clone().set('ob', null) } : own;
  }

  /** Begins; may be called once. */
  start(): void {
    if (this.#state !== 'idle' || this.#stopped !== null) return;
    this.#context.standing.add(this);
    for (const flow of this.#flows) flow.start();
  }

  /** What the try that is under way comes to, or else the next one. Waits for ever on one that was never started. */
  outcome(): Promise<RegistrationOutcome> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Registers at once what would wait for its refresh or its next try. */
  refresh(): void {
    for (const flow of this.#flows) flow.refresh();
  }

  /**
   * Unregisters and resolves when the registrar has answered, or will not. With `all` every Contact of the address of
   * record goes (RFC 3261 §10.2.2). Never rejects; may be called twice.
   */
  stop({ all = false }: { readonly all?: boolean } = {}): Promise<void> {
    this.#stopped ??= this.#stop(all);
    return this.#stopped;
  }

  /** The user agent closes: says it once and waits for nothing. */
  close(): void {
    void this.stop();
    for (const flow of this.#flows) flow.abandon();
  }

  async #stop(all: boolean): Promise<void> {
    for (const { unwatch } of this.#watched.values()) unwatch();
    this.#watched.clear();
    // One `*` is enough for all flows.
    const ends = this.#flows.map((flow, index) => {
      if (!all || index === 0) return new Promise<void>((resolve) => flow.stop(all, resolve));
      flow.abandon();
      return Promise.resolve();
    });
    await Promise.all(ends);
    this.#context.standing.delete(this);
  }

  get #up(): RegistrationFlow | undefined {
    return this.#flows.find(({ isRegistered }) => isRegistered);
  }

  /** A flow changes with news of it, and with nothing else. */
  #watch(index: number): void {
    const flow = this.#flows[index]?.flow ?? null;
    const watched = this.#watched.get(index);
    if (this.#stopped !== null || flow === (watched?.flow ?? null)) return;
    watched?.unwatch();
    this.#watched.delete(index);
    if (flow === null) return;
    const unwatch = this.#context.flowListeners.watch(flow, (gone) => this.#flows[index]?.flowClosed(gone));
    this.#watched.set(index, { flow, unwatch });
  }

  #tell(event: RegistrationEvent): void {
    this.#watch(event.flow);
    this.#state = event.state;
    if (event.state !== 'registering') for (const resolve of this.#waiting.splice(0)) resolve(event);
    this.#onEvent(event);
  }
}

function domainOf({ scheme, host, port, params }: SipUri): SipUri {
  return sipUri({ scheme, host, port, params });
}

function withLr(uri: SipUri): SipUri {
  return { ...uri, params: uri.params.clone().set('lr', null) };
}
