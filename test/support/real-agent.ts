import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import {
  type IncomingSession,
  type Listen,
  nameAddr,
  type OutgoingAttempt,
  type SessionEnd,
  sipUri,
  type Target,
  type TransportFactory,
  type TransportKind,
  TransportLayer,
  type TransportLimits,
  UserAgent,
} from '../../sip/index.js';

export const LOOPBACK = '127.0.0.1';
/** Also what the sipp scenarios look for in an answer; nobody sends or expects sound. */
const DESCRIPTION = Buffer.from(
  'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 9 RTP/AVP 8 0 101\r\n',
);

export interface RealAgentOptions {
  readonly listens: readonly Listen[];
  readonly transports?: readonly TransportFactory[];
  readonly limits?: Partial<TransportLimits>;
}

/** A user agent on the machine's sockets that takes every call, and what its sessions told. */
export class RealAgent {
  readonly name: string;
  readonly transport: TransportLayer;
  readonly ua: UserAgent;
  readonly sessions: IncomingSession[] = [];
  readonly heard: string[] = [];

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
    this.ua = new UserAgent({ ...shared, transport, userAgent: name, nat: 'auto', isPrivate: () => true });
    this.ua.onInvite((session) => {
      this.sessions.push(session);
      session.accept({ body: DESCRIPTION });
      return { onConfirmed: () => this.heard.push('confirmed'), onEnded: (end) => this.#ended(end) };
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

  call(target: Target): OutgoingAttempt {
    const requestUri = sipUri({ user: 'bob', host: target.serverName ?? target.address });
    const from = nameAddr(sipUri({ user: this.name, host: LOOPBACK }));
    return this.ua.invite(
      { branches: [{ target, requestUri }], from, to: nameAddr(requestUri), contactUser: this.name, body: DESCRIPTION },
      { onAnswered: () => void this.heard.push('answered'), onEnded: (end) => this.#ended(end) },
    );
  }

  async options(target: Target): Promise<number> {
    const uri = sipUri({ host: target.serverName ?? target.address });
    return (await this.ua.request({ method: 'OPTIONS', uri, target })).statusCode;
  }

  #ended({ by, cause }: SessionEnd): void {
    this.heard.push(`ended ${by} ${cause}`);
  }
}
