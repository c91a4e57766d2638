import { type Clock, delay } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import {
  nameAddr,
  type OutOfDialogRequest,
  Params,
  parseUri,
  type ServerTransaction,
  type SipRequest,
  type SipResponse,
  serializeUri,
  sipUri,
  type Target,
  tagOf,
  type UserAgent,
} from '../../sip/index.js';
import type { SenderGate } from '../presence/sender-gate.js';
import type { UserBook } from '../presence/users.js';
import { sourceText } from '../registrar/authenticator.js';
import type { Binding } from '../registrar/bindings.js';
import { reachable } from '../registrar/registrar.js';

export interface MessageRelayOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly userAgent: Pick<UserAgent, 'use' | 'respond' | 'request'>;
  readonly users: UserBook;
  readonly gate: SenderGate;
  /** As for calls: the registered user at the destination, or the Contact as registered (contract 4.3). */
  readonly requestUri: 'username' | 'contact';
  /** Seconds, of a 503. */
  readonly retryAfterS: number;
}

/** MESSAGEs that wait for their sender's identity or for the phones: in all, and from one address. */
const PENDING = 1000;
const PENDING_PER_SOURCE = 50;
/** RFC 4320 §4.2: an answer that comes when the sender has given up helps nobody, so it comes before. */
const ANSWER_MS = 20_000;
/** RFC 3428 §8: over UDP nothing larger leaves; the rest of 1300 is for the headers. */
const MAX_UDP_BYTES = 1300 - 500;

/** Of the MESSAGE and its body; the rest is of this hop alone. */
const passedOn = [
  ...['Date', 'Expires', 'Subject', 'In-Reply-To', 'Priority', 'Reply-To', 'MIME-Version'],
  ...['Content-Encoding', 'Content-Disposition', 'Content-Language'],
] as const;
/** Of the answer: what tells the sender how to do better. */
const passedBack = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Warning',
  'Retry-After',
  'Expires',
  'Date',
] as const;

/**
 * Page-mode messages between users of the gateway: RFC 3428 §6. A MESSAGE goes to all phones of its user at once and is
 * answered as the first of them that takes it; nothing is stored. The From is that of an authenticated user, as it came.
 */
export class MessageRelay {
  readonly counters = { relayed: 0, failed: 0, refused: 0, overloads: 0 };
  readonly #options: MessageRelayOptions;
  readonly #pending = new Map<string, number>();
  #pendingTotal = 0;

  constructor(options: MessageRelayOptions) {
    this.#options = options;
    options.userAgent.use({ methods: { MESSAGE: (transaction) => this.#receive(transaction) } });
  }

  get pending(): number {
    return this.#pendingTotal;
  }

  #receive(transaction: ServerTransaction): void {
    const { address } = transaction.flow.remote;
    const fromHere = this.#pending.get(address) ?? 0;
    if (this.#pendingTotal >= PENDING || fromHere >= PENDING_PER_SOURCE) {
      this.counters.overloads += 1;
      const headers = [['Retry-After', String(this.#options.retryAfterS)] as const];
      this.#options.userAgent.respond(transaction, 503, { headers });
      return;
    }
    this.#pending.set(address, fromHere + 1);
    this.#pendingTotal += 1;
    void this.#relay(transaction)
      .catch(() => this.#options.userAgent.respond(transaction, 500))
      .finally(() => this.#settle(address));
  }

  #settle(address: string): void {
    this.#pendingTotal -= 1;
    const left = (this.#pending.get(address) ?? 1) - 1;
    if (left > 0) this.#pending.set(address, left);
    else this.#pending.delete(address);
  }

  async #relay(transaction: ServerTransaction): Promise<void> {
    const { gate, users, userAgent } = this.#options;
    const { request, flow } = transaction;
    if (tagOf(request.to) !== undefined) {
      // Within a call its Request-URI is our Contact, and a room is nobody's phone.
      this.#refuse(transaction, 403, 'within a call');
      return;
    }
    const sender = await gate.identify(request, flow);
    if (sender.kind === 'refused') {
      if (sender.statusCode !== 401) this.#note(transaction, sender.statusCode, sender.trace);
      userAgent.respond(transaction, sender.statusCode, { headers: sender.headers });
      return;
    }
    const user = users.find(request.uri);
    const phones = user === null ? [] : reachable(users.bindings(user));
    if (user === null || !users.mayExist(user)) this.#refuse(transaction, 404, 'no user of this address');
    else if (sender.kind === 'user' && !users.areNeighbours(sender.user, user))
      this.#refuse(transaction, 403, 'of another domain');
    else if (phones.length === 0) this.#refuse(transaction, 480, 'no phone of the user can be reached');
    else if (isTooLarge(request, phones)) this.#refuse(transaction, 513, 'too large for UDP');
    else await this.#send(transaction, phones);
  }

  async #send(transaction: ServerTransaction, phones: readonly Binding[]): Promise<void> {
    const { clock, log, userAgent } = this.#options;
    const { request } = transaction;
    const sent = phones.map((phone) => userAgent.request(this.#copyFor(request, phone)));
    const answered = new AbortController();
    const late = delay(clock, ANSWER_MS, answered.signal).then(
      () => null,
      () => null,
    );
    const response = await Promise.race([firstTaken(sent), late]);
    answered.abort();
    const { statusCode, ...options } = answerFor(response);
    if (statusCode < 300) this.counters.relayed += 1;
    else this.counters.failed += 1;
    log.info('message.relayed', { ...endsOf(request), phones: phones.length, statusCode });
    userAgent.respond(transaction, statusCode, options);
  }

  #copyFor(request: SipRequest, phone: Binding): OutOfDialogRequest {
    const { from, to, body, maxForwards } = request;
    const { uri, target } = destinationOf(phone, this.#options.requestUri);
    const headers = passedOn.flatMap((name) => request.headers.all(name).map((value) => [name, value] as const));
    return {
      method: 'MESSAGE',
      uri,
      target,
      from: nameAddr(from.uri, {}, from.displayName),
      to: nameAddr(to.uri, {}, to.displayName),
      headers,
      body,
      contentType: request.headers.get('Content-Type') ?? 'text/plain',
      maxForwards: Math.max(0, (maxForwards ?? 70) - 1),
    };
  }

  #refuse(transaction: ServerTransaction, statusCode: number, outcome: string): void {
    this.#note(transaction, statusCode, [{ check: 'MESSAGE', outcome, afterMs: 0 }]);
    this.#options.userAgent.respond(transaction, statusCode);
  }

  #note({ request, flow }: ServerTransaction, statusCode: number, trace: unknown): void {
    this.counters.refused += 1;
    const source = sourceText(flow.remote);
    this.#options.log.info('message.refused', { ...endsOf(request), source, statusCode, trace });
  }
}

function endsOf({ from, uri }: SipRequest): { readonly from: string; readonly to: string } {
  return { from: serializeUri(from.uri), to: serializeUri(uri) };
}

function isTooLarge({ body }: SipRequest, phones: readonly Binding[]): boolean {
  return body.length > MAX_UDP_BYTES && phones.some(({ flow }) => flow.kind === 'udp');
}

/** The first 2xx, or when no phone takes it the best of the failures: RFC 3261 §16.7 step 6. */
function firstTaken(sent: readonly Promise<SipResponse>[]): Promise<SipResponse | null> {
  return new Promise((resolve) => {
    const failures: SipResponse[] = [];
    for (const each of sent) {
      void each.then((response) => {
        if (response.statusCode < 300) resolve(response);
        else if (failures.push(response) === sent.length) resolve(bestOf(failures));
      });
    }
  });
}

function bestOf(failures: readonly SipResponse[]): SipResponse | null {
  const rank = ({ statusCode }: SipResponse): number => (statusCode >= 600 ? 0 : statusCode);
  return failures.reduce<SipResponse | null>((best, next) => (best && rank(best) <= rank(next) ? best : next), null);
}

/** That a phone is silent, or wants a password of its own, is not what its sender can do anything about: 480. */
function answerFor(response: SipResponse | null) {
  if (response === null || [401, 407, 408, 503].includes(response.statusCode)) return { statusCode: 480 };
  const { statusCode, reasonPhrase, headers } = response;
  const told = passedBack.flatMap((name) => headers.all(name).map((value) => [name, value] as const));
  return { statusCode, reasonPhrase, headers: told };
}

/** The way of a binding, as an INVITE to it goes. */
function destinationOf(binding: Binding, requestUri: 'username' | 'contact') {
  const { kind, remote, local } = binding.flow;
  const flow = binding.connection === null ? {} : { flow: binding.connection };
  const target: Target = { kind, address: remote.address, port: remote.port, localAddress: local.address, ...flow };
  const contact = parseUri(binding.contact);
  if (contact.ok && (kind === 'ws' || kind === 'wss' || requestUri === 'contact'))
    return { uri: contact.value, target };
  const params = contact.ok && 'params' in contact.value ? contact.value.params.clone() : new Params();
  if (kind !== 'udp' && !params.has('transport')) params.set('transport', kind);
  return { uri: sipUri({ user: binding.username, host: remote.address, port: remote.port, params }), target };
}
