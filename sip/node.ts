import { type Clock, createRealClock } from '../base/clock.js';
import { AppError } from '../base/errors.js';
import { privateRanges } from '../base/ip-ranges.js';
import { type Logger, silentLogger } from '../base/log.js';
import { createRealNetwork, type Network } from '../base/network.js';
import { createRealRandom, type Random } from '../base/random.js';
import { createLocator } from './resolve/locator.js';
import { createResolver, type Resolver, type ResolverOptions } from './resolve/resolver.js';
import type { Listen, TransportLayerOptions } from './transport/layer.js';
import { TransportLayer } from './transport/layer.js';
import { type TlsTransportOptions, tlsTransport } from './transport/tls.js';
import { type TransportFactory, transportKind } from './transport/transport.js';
import { UserAgent } from './ua/user-agent.js';
import type { UserAgentOptions } from './ua/user-agent-options.js';

/**
 * The shell around the library: the one file of sip/ that reaches for the machine's clock, randomness and sockets.
 * Each of them can be given instead, as tests do.
 */

/** What everything else is made from. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Logger;
}

/** A listener as it is written in a setting, `udp:0.0.0.0:5060` or `tls:[::]:5061`, or by its parts. */
export type ListenOption = string | Listen;

export interface TransportOptions
  extends Partial<World>,
    Partial<Omit<TransportLayerOptions, keyof World | 'listens'>> {
  /** A UDP port that the system chooses unless told: enough for who calls, and is called over what it has opened. */
  readonly listens?: readonly ListenOption[] | undefined;
  /** Our certificates, and whom we trust. Without it we take no TLS connections, and dial servers that the system trusts. */
  readonly tls?: TlsTransportOptions | undefined;
  /** Beside UDP, TCP and TLS: `wsTransport({ … })` or one of the application's own. */
  readonly transports?: readonly TransportFactory[] | undefined;
}

type UserAgentChoices = Omit<UserAgentOptions, keyof World | 'transport'>;

export interface CreateUserAgentOptions extends TransportOptions, Partial<UserAgentChoices> {
  /** The name servers and their limits; those of the system unless told. */
  readonly dns?: Partial<Omit<ResolverOptions, keyof World>> | undefined;
}

/** A setting that names no listener. */
export class BadListenError extends AppError {
  readonly code = 'BAD_LISTEN';
}

/** A user agent together with what it was made from. */
export class NodeUserAgent extends UserAgent {
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: TransportLayer;
  readonly resolver: Resolver;

  /** For `createUserAgent`. */
  constructor(world: World, options: UserAgentOptions, resolver: Resolver) {
    super(options);
    this.clock = world.clock;
    this.random = world.random;
    this.transport = options.transport;
    this.resolver = resolver;
  }

  override async close(): Promise<void> {
    await super.close();
    this.resolver.close();
  }
}

/**
 * A user agent on the machine's sockets, with RFC 3263 for names and every choice of UserAgentOptions,
 * TransportLayerOptions and ResolverOptions. It listens once `start` is called, so that usages come first.
 * Throws a BadListenError for a listener that cannot be read, a DuplicateTransportError for two of one kind.
 */
export function createUserAgent(options: CreateUserAgentOptions = {}): NodeUserAgent {
  const world = worldOf(options);
  const { userAgent = 'Hookline', nat = 'auto', isPrivate = isInside } = options;
  const transport = createTransportLayer({ ...options, ...world });
  const resolver = createResolver({ ...options.dns, ...world });
  const locator =
    options.locator ?? createLocator({ clock: world.clock, random: world.random, resolver, transport, alsoDials });
  const choices = { ...options, ...world, transport, locator, userAgent, nat, isPrivate };
  return new NodeUserAgent(world, choices, resolver);
}

/** The transport layer alone, for who needs neither transactions nor dialogs: a stateless proxy, a tracer. */
export function createTransportLayer(options: TransportOptions = {}): TransportLayer {
  const { listens = ['udp:0.0.0.0:0'], tls, transports = [], isLocalNet = isInside } = options;
  return new TransportLayer({
    ...options,
    ...worldOf(options),
    isLocalNet,
    listens: listens.map(listenOf),
    transports: [tlsTransport(tls), ...transports],
  });
}

/** `udp:127.0.0.1:5060`, `tcp:[::1]:5060`, `ws:eth0:8080`; throws a BadListenError. */
export function parseListen(text: string): Listen {
  const [, name = '', host = '', digits = ''] = /^([\w-]+):(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text) ?? [];
  const kind = transportKind(name);
  const port = Number(digits);
  if (kind !== null && host !== '' && port < 65_536) return { kind, address: host.replace(/^\[|\]$/g, ''), port };
  throw new BadListenError(`${JSON.stringify(text)} is not transport:address:port`);
}

/** TLS servers are dialled without a listener of our own. */
const alsoDials = ['tls'] as const;

function isInside(address: string): boolean {
  return privateRanges.contains(address);
}

function listenOf(listen: ListenOption): Listen {
  return typeof listen === 'string' ? parseListen(listen) : listen;
}

function worldOf({ clock, random, network, log }: Partial<World>): World {
  return {
    clock: clock ?? createRealClock(),
    random: random ?? createRealRandom(),
    network: network ?? createRealNetwork(),
    log: log ?? silentLogger,
  };
}
