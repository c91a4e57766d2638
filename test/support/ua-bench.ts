import { expect } from 'vitest';
import { type Logger, silentLogger } from '../../base/log.js';
import { nameAddr } from '../../sip/header-values.js';
import type { SipMessage } from '../../sip/message.js';
import { parseMessage } from '../../sip/parse/message.js';
import { TransportLayer } from '../../sip/transport/layer.js';
import type { Target, TransportFactory, TransportKind } from '../../sip/transport/transport.js';
import { defaultPort } from '../../sip/transport/via.js';
import type { UaTransition } from '../../sip/ua/invite-table.js';
import type {
  IncomingSession,
  InviteOptions,
  OutgoingAttempt,
  SessionEnd,
  SessionHandlers,
} from '../../sip/ua/types.js';
import { UserAgent } from '../../sip/ua/user-agent.js';
import type { UserAgentOptions } from '../../sip/ua/user-agent-options.js';
import { sipUri } from '../../sip/uri.js';
import { ManualClock } from './manual-clock.js';
import { createSeededRandom } from './seeded-random.js';
import { VirtualNetwork } from './virtual-network.js';

/** One datagram as a line of a ladder: `200 INVITE` is a response, `BYE` a request. */
export interface Travelled {
  readonly atMs: number;
  readonly from: string;
  readonly to: string;
  readonly text: string;
  readonly message: SipMessage;
}

export const OFFER = Buffer.from('v=0 offer');
export const ANSWER = Buffer.from('v=0 answer');

/** A user agent and what its sessions told. */
export class Agent {
  readonly name: string;
  readonly address: string;
  readonly ua: UserAgent;
  /** Closed by tests that cut a connection. */
  readonly transport: TransportLayer;
  /** `progress 180`, `answered`, `confirmed`, `offer`, `ended local bye` …, all sessions together. */
  readonly heard: string[] = [];
  readonly incoming: IncomingSession[] = [];
  readonly ends: SessionEnd[] = [];
  /** How often each session has ended, in the order in which they began. */
  readonly endings: number[] = [];
  /** What to do with an INVITE; rings unless told. */
  onInvite: (session: IncomingSession) => void = (session) => session.progress(180);
  /** What calls to it use. */
  kind: TransportKind = 'udp';
  /** Mixed into the handlers of every session. */
  handlers: Partial<SessionHandlers> = {};

  constructor(name: string, address: string, ua: UserAgent, transport: TransportLayer) {
    this.name = name;
    this.address = address;
    this.ua = ua;
    this.transport = transport;
    ua.onInvite((session) => {
      this.incoming.push(session);
      const handlers = this.listen();
      this.onInvite(session);
      return handlers;
    });
  }

  get target(): Target {
    return { kind: this.kind, address: this.address, port: defaultPort(this.kind) };
  }

  /** The session that came in last. */
  get session(): IncomingSession {
    return this.incoming.at(-1)!;
  }

  listen(): SessionHandlers {
    const { heard, endings } = this;
    const index = endings.push(0) - 1;
    return {
      onProgress: ({ statusCode, body }) => heard.push(`progress ${statusCode}${body === null ? '' : ` ${body}`}`),
      onAnswered: ({ body }) => {
        heard.push(`answered ${body}`);
        return undefined;
      },
      onConfirmed: ({ body }) => heard.push(`confirmed ${body}`),
      onOffer: (offer, reply) => {
        heard.push(`offer ${offer}`);
        reply.accept(ANSWER);
      },
      onReofferAnswered: (body) => heard.push(`reoffer answered ${body}`),
      ...this.handlers,
      onEnded: (end) => {
        this.ends.push(end);
        endings[index] = (endings[index] ?? 0) + 1;
        heard.push(`ended ${end.by} ${end.cause}${end.statusCode === null ? '' : ` ${end.statusCode}`}`);
        this.handlers.onEnded?.(end);
      },
    };
  }

  call(to: Agent | readonly Target[], options: Partial<InviteOptions> = {}): OutgoingAttempt {
    const targets = to instanceof Agent ? [to.target] : to;
    const user = to instanceof Agent ? to.name : 'bob';
    const host = targets[0]?.address ?? 'nowhere.example';
    return this.ua.invite(
      {
        branches: targets.map((target) => ({
          target,
          requestUri: sipUri({ user, host: target.address, port: target.port }),
        })),
        from: nameAddr(sipUri({ user: this.name, host: this.address })),
        to: nameAddr(sipUri({ user, host })),
        contactUser: this.name,
        body: OFFER,
        ...options,
      },
      this.listen(),
    );
  }
}

export interface AgentOptions {
  readonly log?: Logger;
  /** What it listens on, each at its default port; udp and tcp unless told. Calls to it go to the first. */
  readonly kinds?: readonly TransportKind[];
  readonly transports?: readonly TransportFactory[];
  readonly contact?: UserAgentOptions['contact'];
  readonly locator?: UserAgentOptions['locator'];
  readonly failover?: UserAgentOptions['failover'];
  readonly outboundProxy?: UserAgentOptions['outboundProxy'];
  readonly nat?: UserAgentOptions['nat'];
}

export interface UaBenchOptions {
  readonly seed?: number;
  readonly lossRate?: number;
  readonly jitterMs?: number;
  /** Shared by several benches to add up what they visit. */
  readonly visited?: Set<string>;
}

/** User agents on a virtual network, every datagram written down. */
export class UaBench {
  readonly clock = new ManualClock();
  readonly random;
  readonly network: VirtualNetwork;
  readonly wire: Travelled[] = [];
  /** Loses the datagrams for which it is true; they are written down with `lost` in front. */
  lose: (line: Travelled) => boolean = () => false;
  readonly agents: Agent[] = [];
  /** `machine state event` of every step that was taken. */
  readonly visited: Set<string>;
  readonly #names = new Map<string, string>();

  constructor(options: UaBenchOptions = {}) {
    this.visited = options.visited ?? new Set();
    this.random = createSeededRandom(options.seed ?? 1);
    this.network = new VirtualNetwork({
      clock: this.clock,
      random: this.random,
      lossRate: options.lossRate ?? 0,
      jitterMs: options.jitterMs ?? 0,
      filter: ({ from, to, data }) => this.#note(from.address, to.address, data),
    });
  }

  name(address: string, name: string): void {
    this.#names.set(address, name);
  }

  async agent(name: string, address: string, options: AgentOptions = {}): Promise<Agent> {
    this.name(address, name);
    const { clock, random } = this;
    const log = options.log ?? silentLogger;
    const transport = new TransportLayer({
      clock,
      random,
      network: this.network.host(address),
      log,
      isLocalNet: () => true,
      listens: (options.kinds ?? ['udp', 'tcp']).map((kind) => ({ kind, address, port: defaultPort(kind) })),
      transports: options.transports,
    });
    const isPrivate = (host: string): boolean => host.startsWith('10.') || host.startsWith('192.168.');
    const trace = ({ machine, from, event }: UaTransition): void => {
      this.visited.add(`${machine} ${from} ${event}`);
    };
    const { contact, locator, failover, outboundProxy, nat = 'auto' } = options;
    const ua = new UserAgent({
      clock,
      random,
      log,
      transport,
      userAgent: name,
      nat,
      isPrivate,
      trace,
      contact,
      locator,
      failover,
      outboundProxy,
    });
    await ua.start();
    const agent = new Agent(name, address, ua, transport);
    agent.kind = options.kinds?.[0] ?? 'udp';
    this.agents.push(agent);
    return agent;
  }

  /** The ladder so far: `alice > bob INVITE`; with times when asked. */
  ladder(withTimes = false): string[] {
    return this.wire.map(({ atMs, from, to, text }) => `${withTimes ? `${atMs} ` : ''}${from} > ${to} ${text}`);
  }

  /** Compares the ladder with the lines of a script; what follows `#` is a comment. Lines with a time compare it. */
  expectLadder(script: string): void {
    const lines = script
      .split('\n')
      .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' '))
      .filter((line) => line !== '');
    expect(this.ladder(/^\d/.test(lines[0] ?? ''))).toEqual(lines);
  }

  /** The messages that travelled with that text. */
  sent(text: string): SipMessage[] {
    return this.wire.filter((line) => line.text === text).map((line) => line.message);
  }

  /** Lets every transaction run out, then asserts that nothing is left anywhere. */
  expectNothingLeft(): Promise<void> {
    return this.expectNothingLeftBut('', {});
  }

  /** The same, for a peer that was cut off and knows nothing of the end. */
  async expectNothingLeftBut(who: string, rest: Partial<ReturnType<UserAgent['counts']>>): Promise<void> {
    await this.clock.advance(200_000);
    for (const { name, ua } of this.agents) {
      const expected = { name, dialogs: 0, sessions: 0, transactions: 0, ...(name === who ? rest : {}) };
      expect({ name, ...ua.counts() }).toEqual(expected);
    }
    expect(this.clock.pendingTimers).toBe(0);
  }

  #note(from: string, to: string, data: Buffer): boolean {
    const read = parseMessage(data);
    if (!read.ok) return true;
    const message = read.value;
    const text = message.kind === 'request' ? message.method : `${message.statusCode} ${message.cseq.method}`;
    const nameOf = (address: string): string => this.#names.get(address) ?? address;
    const line = { atMs: this.clock.nowMs(), from: nameOf(from), to: nameOf(to), text, message };
    const isLost = this.lose(line);
    this.wire.push(isLost ? { ...line, text: `lost ${text}` } : line);
    return !isLost;
  }
}

/** Two agents on a network of their own. */
export async function pair(options: UaBenchOptions = {}) {
  const bench = new UaBench(options);
  const alice = await bench.agent('alice', '10.0.0.1');
  const bob = await bench.agent('bob', '10.0.0.2');
  return { bench, alice, bob };
}

/** A pair in a confirmed session. */
export async function answered(handlers: Partial<SessionHandlers> = {}) {
  const flow = await pair();
  flow.bob.handlers = handlers;
  flow.bob.onInvite = (session) => session.accept({ body: ANSWER });
  const call = flow.alice.call(flow.bob);
  await flow.bench.clock.advance(100);
  flow.bench.wire.length = 0;
  return { ...flow, call };
}
