import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import {
  type Branch,
  type IncomingSession,
  type InviteOptions,
  type Listen,
  nameAddr,
  type OutgoingAttempt,
  type SessionEnd,
  type SessionHandlers,
  type SipUri,
  sipUri,
  type Target,
  type TransportFactory,
  type TransportKind,
  TransportLayer,
  type TransportLimits,
  UserAgent,
  type UserAgentOptions,
} from '../../sip/index.js';

export const LOOPBACK = '127.0.0.1';
/** Also what the sipp scenarios look for in an answer; nobody sends or expects sound. */
export const description = Buffer.from(
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0 101\r\n',
);

export interface RealAgentOptions {
  readonly listens: readonly Listen[];
  readonly transports?: readonly TransportFactory[];
  readonly limits?: Partial<TransportLimits>;
  /** Of the user agent beyond the usual. */
  readonly agent?: Partial<UserAgentOptions>;
  readonly handlers?: Partial<SessionHandlers>;
}

/** A user agent on the machine's sockets that takes every call, and what its sessions told. */
export class RealAgent {
  readonly name: string;
  readonly transport: TransportLayer;
  readonly ua: UserAgent;
  readonly sessions: IncomingSession[] = [];
  readonly heard: string[] = [];
  readonly #handlers: Partial<SessionHandlers>;

  constructor(name: string, options: RealAgentOptions) {
    const shared = { clock: createRealClock(), random: createRealRandom(), log: silentLogger };
    this.name = name;
    this.transport = new TransportLayer({
      ...shared,
      network: createRealNetwork(),
      isLocalNet: () => true,
      listens: options.listens,
      transports: options.transports,
      ...(options.limits === undefined ? {} : { limits: options.limits }),
    });
    const { transport } = this;
    const usual = { userAgent: name, nat: 'auto', isPrivate: () => true } as const;
    this.ua = new UserAgent({ ...shared, transport, ...usual, ...options.agent });
    this.#handlers = options.handlers ?? {};
    this.ua.onInvite((session) => {
      this.sessions.push(session);
      session.accept({ body: description });
      return {
        ...this.#handlers,
        onConfirmed: () => void this.heard.push('confirmed'),
        onEnded: (end) => this.#ended(end),
      };
    });
  }

  static async start(name: string, options: RealAgentOptions): Promise<RealAgent> {
    const agent = new RealAgent(name, options);
    await agent.ua.start();
    return agent;
  }

  /** Where it listens. */
  at(kind: TransportKind): Target {
    const { address, port } = this.transport.listening.find((local) => local.kind === kind)!;
    return { kind, address, port };
  }

  call(target: Target, more: Partial<InviteOptions> = {}): OutgoingAttempt {
    return this.#invite(
      { target, requestUri: sipUri({ user: 'bob', host: target.serverName ?? target.address }) },
      more,
    );
  }

  /** Wherever that URI, a Route or the outbound proxy leads. */
  callUri(
    requestUri: SipUri,
    more: Partial<InviteOptions> = {},
    handlers: Partial<SessionHandlers> = {},
  ): OutgoingAttempt {
    return this.#invite({ requestUri }, more, handlers);
  }

  async options(target: Target): Promise<number> {
    const uri = sipUri({ host: target.serverName ?? target.address });
    return (await this.ua.request({ method: 'OPTIONS', uri, target })).statusCode;
  }

  #invite(branch: Branch, more: Partial<InviteOptions>, handlers: Partial<SessionHandlers> = {}): OutgoingAttempt {
    const from = nameAddr(sipUri({ user: this.name, host: LOOPBACK }));
    const to = nameAddr(branch.requestUri);
    return this.ua.invite(
      { branches: [branch], from, to, contactUser: this.name, body: description, ...more },
      {
        ...this.#handlers,
        onAnswered: () => void this.heard.push('answered'),
        ...handlers,
        onEnded: (end) => this.#ended(end),
      },
    );
  }

  #ended({ by, cause }: SessionEnd): void {
    this.heard.push(`ended ${by} ${cause}`);
  }
}
