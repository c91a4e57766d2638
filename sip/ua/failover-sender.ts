import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import { type ImUri, imUri } from '../im-uri.js';
import type { SipRequest } from '../message.js';
import type { Locator } from '../resolve/locator.js';
import { ResolveError } from '../resolve/resolve-error.js';
import { targetForUri } from '../resolve/uri-target.js';
import type { ClientTransaction, ClientTransactionHandlers, TransactionLayer } from '../transaction/layer.js';
import { defaultTimerBase, type TimerBase } from '../transaction/timers.js';
import type { TransportLayer } from '../transport/layer.js';
import { type Flow, type Target, targetOf } from '../transport/transport.js';
import { serializeUri, type Uri } from '../uri.js';
import { type FailoverHost, FailoverTransaction } from './failover.js';
import { PenaltyList, type PenaltyOptions } from './failover-penalties.js';
import { type Hop, isNamedHop, keptOnUdp, leadsTo, type NamedHop } from './next-hop.js';
import { type ProxyHop, type SendTo, type Way, wayOut } from './way-out.js';

/** How a request with several servers to choose from spends its time: RFC 3263 §4.3. Milliseconds. */
export interface FailoverOptions extends PenaltyOptions {
  /** For the whole request, looking up included; 64·T1 unless told. */
  readonly budgetMs?: number | undefined;
  /** How long a server may leave an INVITE without any response while others are left; 8·T1 unless told. */
  readonly inviteSilenceMs?: number | undefined;
  /** The same for any other request, which may be answered late without a word before (RFC 4320 §4.1); 16·T1. */
  readonly silenceMs?: number | undefined;
}

/** What a user agent is told about the ways of its requests. */
export interface SendingOptions {
  /** Finds the servers of host names (RFC 3263); without it they are not looked up. */
  readonly locator?: Locator | undefined;
  /** How requests go on to the next server of a name: RFC 3263 §4.3. */
  readonly failover?: FailoverOptions | undefined;
  /** Where requests outside dialogs go that name no target. A URI becomes their topmost Route: RFC 3261 §8.1.2. */
  readonly outboundProxy?: SendTo | ProxyHop | undefined;
}

export interface SenderOptions extends SendingOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly timers?: Partial<TimerBase> | undefined;
  readonly transport?: Pick<TransportLayer, 'refuses'> | undefined;
  /** The User-Agent of the BYE to those who answer too late. */
  readonly userAgent: string;
}

export interface SendOptions {
  /** Writes what depends on the way that the request takes, its Contact for instance; asked once per attempt. */
  readonly complete?: ((request: SipRequest, target: Target) => SipRequest) | undefined;
  /** Goes to the server that this one went to: the answer to a challenge, which another server would not know. */
  readonly after?: ClientTransaction | null | undefined;
}

const asItIs = (request: SipRequest): SipRequest => request;

/** Sends requests to their next hop: at once to an address, after looking it up to a name, with failover to several. */
export class RequestSender {
  readonly penalties: PenaltyList;
  /** `failovers`: servers that were given up for the next one. `strays`: late 2xx of those, some `straysIgnored`. */
  readonly counters = { failovers: 0, strays: 0, straysIgnored: 0 };
  readonly #options: SenderOptions;
  readonly #transactions: TransactionLayer;
  readonly #locator: Locator | null;
  readonly #host: FailoverHost;
  readonly #live = new Set<FailoverTransaction>();
  readonly #closing = new AbortController();

  constructor(options: SenderOptions, transactions: TransactionLayer) {
    const { clock, log, failover = {}, userAgent } = options;
    const { t1Ms } = { ...defaultTimerBase, ...options.timers };
    this.#options = options;
    this.#transactions = transactions;
    this.#locator = options.locator ?? null;
    this.penalties = new PenaltyList(clock, failover);
    this.#host = {
      clock,
      log,
      transactions,
      userAgent: [['User-Agent', userAgent]],
      penalties: this.penalties,
      budgetMs: failover.budgetMs ?? 64 * t1Ms,
      inviteSilenceMs: failover.inviteSilenceMs ?? 8 * t1Ms,
      silenceMs: failover.silenceMs ?? 16 * t1Ms,
      counters: this.counters,
      refuses: async (target, signal) => (await options.transport?.refuses(target, signal)) === true,
      done: (request) => this.#live.delete(request),
    };
  }

  /** Requests without an outcome that look for their server or have several. */
  get size(): number {
    return this.#live.size;
  }

  /** Whether requests to that URI have a way to go, as far as that can be told without asking. */
  canReach(uri: Uri): boolean {
    if (targetForUri(uri) !== null) return true;
    if (this.#options.outboundProxy !== undefined) return true;
    return this.#locator !== null && (uri.scheme === 'sip' || uri.scheme === 'sips' || imUri(uri) !== null);
  }

  /**
   * Returns at once. What is wrong with the next hop comes as a transport error, a ResolveError when its servers
   * cannot be found.
   */
  send(
    request: SipRequest,
    hop: Hop,
    handlers: ClientTransactionHandlers,
    { complete = asItIs, after }: SendOptions = {},
  ): ClientTransaction {
    const known = (after instanceof FailoverTransaction ? after.target : null) ?? this.#fixed(hop);
    if (known !== null) return this.#transactions.request(complete(request, known), known, handlers);
    const targets = isNamedHop(hop) ? (signal: AbortSignal) => this.#locate(hop, signal) : listOf(hop);
    const sent = new FailoverTransaction(this.#host, { request, targets, name: nameOf(hop), complete, handlers });
    this.#live.add(sent);
    sent.start();
    return sent;
  }

  /** The same for a request outside a dialog, by the outbound proxy where it names no target: RFC 3261 §8.1.2. */
  sendOut(
    request: SipRequest,
    way: Way,
    handlers: ClientTransactionHandlers,
    options?: SendOptions,
  ): ClientTransaction {
    const out = wayOut(request, way, this.#options.outboundProxy ?? null);
    return this.send(out.request, out.hop, handlers, options);
  }

  /** The ACK for a 2xx, once, to the first way there is. */
  sendAck(ack: SipRequest, hop: Hop): void {
    const known = this.#fixed(hop);
    if (known !== null) {
      this.#transactions.sendStateless(ack, known);
    } else if (isNamedHop(hop)) {
      this.#locate(hop, this.#closing.signal).then(
        ([first]) => {
          if (first !== undefined) this.#transactions.sendStateless(ack, first);
        },
        (error: unknown) => this.#options.log.debug('sip.resolve.failed', { name: nameOf(hop), error }),
      );
    }
  }

  /** RFC 3263 §4, and servers that failed lately last. Rejects with a ResolveError; empty when there is none. */
  async locate(uri: Uri, signal?: AbortSignal): Promise<readonly Target[]> {
    const known = targetForUri(uri);
    if (known !== null) return [known];
    const mailbox = imUri(uri);
    if (mailbox !== null) return this.#locateMailbox(mailbox, signal);
    if (uri.scheme !== 'sip' && uri.scheme !== 'sips') throw new ResolveError(serializeUri(uri), 'unsupported');
    if (this.#locator === null) throw new ResolveError(uri.host, 'no-locator');
    return this.penalties.order(await this.#locator.locate(uri, { signal }));
  }

  /** RFC 3861 §3.1: the servers of the service, else those of the domain's SIP. */
  async #locateMailbox({ srvName: name, sip }: ImUri, signal?: AbortSignal): Promise<readonly Target[]> {
    const service = { name, host: sip.host };
    const found = (await this.#locator?.locateService?.(service, { signal }).catch(() => [])) ?? [];
    return found.length > 0 ? this.penalties.order(found) : this.locate({ ...sip, headers: '' }, signal);
  }

  /** Ends what has no outcome, without a word to anybody. */
  close(): void {
    this.#closing.abort();
    for (const sent of [...this.#live]) sent.abandon();
  }

  /** The address of a hop that needs no looking up and leaves no choice; null for the others. */
  #fixed(hop: Hop): Target | null {
    if (!isNamedHop(hop)) return 'address' in hop ? hop : hop.length === 1 ? hop[0]! : null;
    const known = targetForUri(hop.uri);
    if (known !== null) return known;
    return this.#locator === null && hop.flow !== undefined ? targetOf(hop.flow) : null;
  }

  async #locate({ uri, flow, admits = () => true }: NamedHop, signal: AbortSignal): Promise<readonly Target[]> {
    if (flow === undefined) return this.locate(uri, signal);
    let found: readonly Target[] = [];
    try {
      found = (await this.locate(uri, signal)).filter(admits);
    } catch (error) {
      if (signal.aborted) throw error;
    }
    return preferring(flow, found).map((target) => keptOnUdp(target, flow));
  }
}

/** The dialog's own flow first, where it is one of the ways; where there is none it is the only one left. */
function preferring(flow: Flow, found: readonly Target[]): readonly Target[] {
  const others = found.filter((target) => !leadsTo(target, flow));
  const isAmong = others.length < found.length;
  return (isAmong && flow.isOpen) || found.length === 0 ? [targetOf(flow), ...others] : found;
}

function listOf(hop: Target | readonly Target[]): readonly Target[] {
  return 'address' in hop ? [hop] : hop;
}

function nameOf(hop: Hop): string {
  if (isNamedHop(hop)) return 'host' in hop.uri ? hop.uri.host : serializeUri(hop.uri);
  return listOf(hop)[0]?.address ?? 'nowhere';
}
