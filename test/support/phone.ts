import type { Clock } from '../../base/clock.js';
import { type Logger, silentLogger } from '../../base/log.js';
import type { Network, SocketAddress } from '../../base/network.js';
import type { Random } from '../../base/random.js';
import { randomHex } from '../../base/random.js';
import { type NameAddr, nameAddr } from '../../sip/header-values.js';
import type { SipResponse } from '../../sip/message.js';
import type { EventPackage } from '../../sip/packages/package.js';
import { TransportLayer } from '../../sip/transport/layer.js';
import type { Target } from '../../sip/transport/transport.js';
import { type WsTransportOptions, wssTransport, wsTransport } from '../../sip/transport/ws.js';
import { type InstantMessage, type MessageDecision, Messages } from '../../sip/ua/message.js';
import { Publisher } from '../../sip/ua/publication.js';
import { type SubscribeOptions, Subscriber } from '../../sip/ua/subscriber.js';
import type { IncomingSession, ReinviteResult, Session, SessionEnd, SessionHandlers } from '../../sip/ua/types.js';
import { UserAgent } from '../../sip/ua/user-agent.js';
import { sipUri, type Uri } from '../../sip/uri.js';
import { PhoneWatch } from './phone-watch.js';

export type MediaDirection = 'sendrecv' | 'sendonly' | 'recvonly' | 'inactive';

/** The sound of one call. Descriptions are whole SDP bodies. */
export interface PhoneMedia {
  /** Our offer; later ones with another direction hold and resume. */
  offer(direction: MediaDirection): Buffer;
  answer(offer: Buffer): Buffer;
  /** The peer's answer, also an early one. */
  use(answer: Buffer): void;
  close(): void;
}

export interface PhoneOptions {
  readonly clock: Clock;
  readonly random: Random;
  /** One host of the virtual network, or the machine's. */
  readonly network: Network;
  readonly address: string;
  /** 5060 unless told. */
  readonly port?: number;
  readonly user: string;
  /** The user's name unless told. */
  readonly password?: string;
  /** The registrar and outbound server. */
  readonly server: SocketAddress;
  /** Host part of the address of record; the server's address unless told. */
  readonly domain?: string;
  /** `udp` unless told. */
  readonly transport?: 'udp' | 'tcp' | 'ws' | 'wss';
  /** For `ws` and `wss`. */
  readonly webSockets?: WsTransportOptions;
  readonly log?: Logger;
  /** Makes the sound of a call; a fixed description without any unless told. */
  readonly createMedia?: (call: PhoneCall) => PhoneMedia | Promise<PhoneMedia>;
  readonly onInvite?: InviteReaction | ((session: IncomingSession) => InviteReaction);
}

/** What happens to an INVITE: `ring` (180, then `answer()` by the test), `answer`, a status code, or `silent`. */
export type InviteReaction = 'ring' | 'answer' | 'silent' | number;

export interface DialOptions {
  /** Invites without an offer. */
  readonly late?: boolean;
  /** Of the first offer; `sendrecv` unless told. */
  readonly direction?: MediaDirection;
}

/** A description that names a port nobody listens on: enough for tests of signalling. */
export function silentMedia(address: string, port = 40_000): PhoneMedia {
  let version = 0;
  const describe = (direction: MediaDirection): Buffer => {
    version += 1;
    const lines = ['v=0', `o=- 1 ${version} IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0'];
    lines.push(`m=audio ${port} RTP/AVP 8 0 101`, 'a=rtpmap:8 PCMA/8000', 'a=rtpmap:0 PCMU/8000');
    lines.push('a=rtpmap:101 telephone-event/8000', 'a=fmtp:101 0-16', `a=${direction}`);
    return Buffer.from(`${lines.join('\r\n')}\r\n`);
  };
  return { offer: describe, answer: () => describe('sendrecv'), use: () => undefined, close: () => undefined };
}

/** One call of a phone. */
export class PhoneCall {
  readonly phone: FakePhone;
  readonly direction: 'in' | 'out';
  /** `180`, `answered`, `confirmed`, `reinvite`, `ended bye` …, in order. */
  readonly log: string[] = [];
  /** Descriptions of the peer, in order. */
  readonly remote: string[] = [];
  ended: SessionEnd | null = null;
  session: Session | null = null;
  media: PhoneMedia | null = null;

  constructor(phone: FakePhone, direction: 'in' | 'out') {
    this.phone = phone;
    this.direction = direction;
  }

  get state(): string {
    return this.session?.state ?? 'opening';
  }

  /** Answers an incoming call; with our offer when the INVITE had none. An offer that its media refuses is a 488. */
  answer(): void {
    const session = this.session as IncomingSession;
    if (this.media === null) return;
    const { user: username, password = username, server, domain: realm = server.address } = this.phone.options;
    try {
      const body = session.offer === null ? this.media.offer('sendrecv') : this.#answerOffer(session.offer);
      session.accept({ body, credentials: { username, password, realm } });
    } catch {
      this.hangUp(488);
    }
  }

  hangUp(statusCode?: number): void {
    this.session?.end(statusCode === undefined ? {} : { statusCode });
  }

  hold(): Promise<ReinviteResult> {
    return this.reinvite('sendonly');
  }

  resume(): Promise<ReinviteResult> {
    return this.reinvite('sendrecv');
  }

  reinvite(direction: MediaDirection): Promise<ReinviteResult> {
    return this.#change(direction, (session, offer) => session.reinvite(offer));
  }

  /** The same by UPDATE: RFC 3311. */
  update(direction: MediaDirection): Promise<ReinviteResult> {
    return this.#change(direction, (session, offer) => session.update(offer));
  }

  async #change(
    direction: MediaDirection,
    send: (session: Session, offer: Buffer) => Promise<ReinviteResult>,
  ): Promise<ReinviteResult> {
    if (this.session === null || this.media === null) return { ok: false, statusCode: 481 };
    const result = await send(this.session, this.media.offer(direction));
    if (result.ok) this.#use(result.body);
    return result;
  }

  readonly handlers: SessionHandlers = {
    onProgress: ({ statusCode, body }) => {
      this.log.push(String(statusCode));
      if (body !== null) this.#use(body);
    },
    onAnswered: ({ body }) => {
      this.log.push('answered');
      if (body !== null) this.#use(body);
      return undefined;
    },
    onConfirmed: ({ body }) => {
      this.log.push('confirmed');
      if (body !== null) this.#use(body);
    },
    onOffer: (offer, reply) => {
      this.log.push('reinvite');
      if (this.media === null) reply.reject(488);
      else reply.accept(offer === null ? this.media.offer('sendrecv') : this.#answerOffer(offer));
    },
    onReofferAnswered: (body) => {
      if (body !== null) this.#use(body);
    },
    onEnded: (end) => {
      this.log.push(`ended ${end.cause}`);
      this.ended = end;
      this.media?.close();
    },
  };

  #answerOffer(offer: Buffer): Buffer {
    this.remote.push(offer.toString());
    return this.media?.answer(offer) ?? Buffer.alloc(0);
  }

  #use(answer: Buffer): void {
    this.remote.push(answer.toString());
    this.media?.use(answer);
  }
}

/** A phone: a user agent of our own with one account, on any network. Its sound comes from `createMedia`. */
export class FakePhone {
  readonly options: PhoneOptions;
  readonly ua: UserAgent;
  /** Newest last, ended ones included. */
  readonly calls: PhoneCall[] = [];
  /** Texts of the MESSAGEs that came, newest last. */
  readonly messages: string[] = [];
  onInvite: NonNullable<PhoneOptions['onInvite']>;
  onMessage: (message: InstantMessage) => MessageDecision | undefined = () => undefined;
  readonly #subscriber: Subscriber;
  readonly #sender: Messages;
  readonly #transport: TransportLayer;
  readonly #callId: string;
  #sequence = 0;

  private constructor(options: PhoneOptions) {
    const { clock, random, network, address, port = 5060, webSockets, log = silentLogger } = options;
    this.options = options;
    this.onInvite = options.onInvite ?? 'ring';
    const isPrivate = (): boolean => true;
    this.#transport = new TransportLayer({
      clock,
      random,
      network,
      log,
      isLocalNet: isPrivate,
      listens: [
        { kind: 'udp', address, port },
        { kind: 'tcp', address, port },
      ],
      ...(webSockets === undefined ? {} : { transports: [wsTransport(webSockets), wssTransport(webSockets)] }),
    });
    this.ua = new UserAgent({
      clock,
      random,
      log,
      transport: this.#transport,
      userAgent: 'phone',
      nat: 'auto',
      isPrivate,
    });
    this.#callId = randomHex(random, 8);
    this.ua.onInvite((session) => this.#ring(session));
    this.#subscriber = new Subscriber(this.ua.context);
    this.#sender = new Messages(this.ua.context, {
      onMessage: (message) => {
        this.messages.push(message.body.toString());
        return this.onMessage(message);
      },
    });
    this.ua.use(this.#subscriber);
    this.ua.use(this.#sender);
  }

  static async start(options: PhoneOptions): Promise<FakePhone> {
    const phone = new FakePhone(options);
    await phone.ua.start();
    return phone;
  }

  /** The newest call. */
  get call(): PhoneCall | undefined {
    return this.calls.at(-1);
  }

  /** Where it listens; of use when its port is 0. */
  get listening(): TransportLayer['listening'] {
    return this.#transport.listening;
  }

  /** Where everything is sent to. */
  get target(): Target {
    const { server, transport = 'udp' } = this.options;
    return { kind: transport, address: server.address, port: server.port };
  }

  get addressOfRecord(): NameAddr {
    return nameAddr(this.#uri(this.options.user));
  }

  /** Registers, with digest when challenged; 0 unregisters. Resolves with the final response. */
  register(expiresS = 180): Promise<SipResponse> {
    const { server, domain = server.address } = this.options;
    // The challenged repetition takes the number in between.
    this.#sequence += 2;
    return this.ua.request({
      method: 'REGISTER',
      uri: sipUri({ host: domain }),
      target: this.target,
      from: this.addressOfRecord,
      to: this.addressOfRecord,
      headers: [
        ['Contact', this.ua.contact(this.options.user, this.target)],
        ['Expires', String(expiresS)],
      ],
      credentials: this.#credentials,
      callId: this.#callId,
      sequence: this.#sequence,
    });
  }

  unregister(): Promise<SipResponse> {
    return this.register(0);
  }

  /** Calls a user of the server; `late` invites without an offer. */
  async dial(user: string, options: DialOptions = {}): Promise<PhoneCall> {
    const call = new PhoneCall(this, 'out');
    this.calls.push(call);
    const media = await this.#open(call);
    const late = options.late === true;
    const onAnswered: SessionHandlers['onAnswered'] = (info) => {
      const { body } = info;
      if (late && body !== null) {
        call.log.push('answered');
        call.remote.push(body.toString());
        return media.answer(body);
      }
      call.handlers.onAnswered?.(info);
      return undefined;
    };
    call.session = this.ua.invite(
      {
        branches: [{ target: this.target, requestUri: this.#uri(user) }],
        from: this.addressOfRecord,
        to: nameAddr(this.#uri(user)),
        contactUser: this.options.user,
        body: late ? null : media.offer(options.direction ?? 'sendrecv'),
        credentials: this.#credentials,
      },
      { ...call.handlers, onAnswered },
    );
    return call;
  }

  /** Watches a user of the server. */
  watch<State>(
    user: string,
    eventPackage: EventPackage<State>,
    options: Partial<SubscribeOptions<State>> = {},
  ): PhoneWatch<State> {
    const watch = new PhoneWatch<State>();
    watch.subscription = this.#subscriber.subscribe(
      {
        package: eventPackage,
        uri: this.#uri(user),
        target: this.target,
        from: this.addressOfRecord,
        contactUser: this.options.user,
        credentials: this.#credentials,
        ...options,
      },
      {
        onNotify: ({ state, subscription, request }) => {
          const words = [subscription.state, subscription.reason].filter((word) => word !== undefined);
          watch.log.push(words.join(' '));
          watch.bodies.push(request.body.toString());
          if (state !== null) watch.states.push(state);
        },
        onRetry: ({ cause }) => watch.log.push(`retry ${cause}`),
        onEnded: ({ cause, statusCode }) => watch.log.push(`ended ${cause}${statusCode ? ` ${statusCode}` : ''}`),
      },
    );
    return watch;
  }

  /** Publishes its own state, or that of another user. */
  publisher<State>(eventPackage: EventPackage<State>, user = this.options.user): Publisher<State> {
    const { target, addressOfRecord: from } = this;
    const options = { package: eventPackage, uri: this.#uri(user), target, from, credentials: this.#credentials };
    return new Publisher(this.ua, options);
  }

  /** Sends a MESSAGE to a user of the server. */
  message(user: string, text: string): Promise<SipResponse> {
    const { target, addressOfRecord: from } = this;
    return this.#sender.send({ uri: this.#uri(user), target, from, body: text, credentials: this.#credentials });
  }

  close(): Promise<void> {
    return this.ua.close();
  }

  get #credentials() {
    const { user, password = user } = this.options;
    return { username: user, password };
  }

  #uri(user: string): Uri {
    const { server, domain = server.address } = this.options;
    return sipUri({ user, host: domain });
  }

  async #open(call: PhoneCall): Promise<PhoneMedia> {
    call.media = (await this.options.createMedia?.(call)) ?? silentMedia(this.options.address);
    return call.media;
  }

  #ring(session: IncomingSession): SessionHandlers {
    const call = new PhoneCall(this, 'in');
    call.session = session;
    this.calls.push(call);
    const policy = typeof this.onInvite === 'function' ? this.onInvite(session) : this.onInvite;
    if (typeof policy === 'number') session.reject(policy);
    else void this.#alert(call, session, policy);
    return call.handlers;
  }

  async #alert(call: PhoneCall, session: IncomingSession, policy: 'ring' | 'answer' | 'silent'): Promise<void> {
    if (policy === 'ring') session.progress(180);
    await this.#open(call);
    if (call.ended !== null) call.media?.close();
    else if (policy === 'answer') call.answer();
  }
}
