import type { Logger } from '../../base/log.js';
import {
  Registration,
  type RegistrationEvent,
  type RegistrationOptions,
  sipUri,
  type UaContext,
} from '../../sip/index.js';
import { outboundCredentials, type Server, type ServerDirectory } from '../admission/servers.js';
import type { ServerProfile } from '../config.js';

export interface TrunkRegistrationsOptions {
  readonly log: Logger;
  /** Of the user agent that sends the REGISTERs. */
  readonly context: UaContext;
  readonly servers: ServerDirectory;
}

interface Trunk {
  readonly alias: string;
  readonly registration: Registration;
  /** News of the log, which hears of a change and not of each refresh. */
  wasUp: boolean;
}

const SIP_PORT = 5060;

/**
 * Our own registrations at trunks: server profiles with `outbound.register` (contract 4.5). Refreshed at 80 % of what
 * was granted, tried again after a failure as RFC 5626 §4.5 says, taken back at shutdown. While one stands, calls from
 * the address that it stands at belong to its profile.
 */
export class TrunkRegistrations {
  readonly counters = { failures: 0 };
  readonly #options: TrunkRegistrationsOptions;
  readonly #trunks: readonly Trunk[];

  constructor(options: TrunkRegistrationsOptions) {
    this.#options = options;
    this.#trunks = options.servers.all().flatMap((server) => {
      const wanted = this.#registrationOf(server);
      if (wanted === null) return [];
      const { alias } = server.profile;
      const registration = new Registration(options.context, wanted, (event) => this.#heard(trunk, event));
      const trunk: Trunk = { alias, registration, wasUp: false };
      return [trunk];
    });
  }

  /** Trunks that we are to register at. */
  get size(): number {
    return this.#trunks.length;
  }

  /** Those that we are registered at. */
  get up(): number {
    return this.#trunks.filter(({ registration }) => registration.isRegistered).length;
  }

  start(): void {
    for (const { registration } of this.#trunks) registration.start();
  }

  /** Unregisters everywhere; resolves when all have answered, or will not. */
  async stop(): Promise<void> {
    await Promise.all(this.#trunks.map(({ registration }) => registration.stop()));
  }

  #registrationOf(server: Server): RegistrationOptions | null {
    const { outbound } = server.profile;
    const credentials = outboundCredentials(server);
    if (outbound === null || outbound.register === null || credentials === undefined) return null;
    const at = registrarOf(outbound);
    if (at === null) return null;
    const { proxy } = outbound;
    return {
      registrar: sipUri(at),
      // RFC 3261 §8.1.2: the REGISTER goes to the proxy where there is one, as its Route, whatever the Request-URI says.
      ...(proxy === null
        ? {}
        : { outboundProxies: [{ uri: sipUri({ host: proxy.host, port: proxy.port ?? undefined }) }] }),
      aor: sipUri({ user: credentials.username, host: at.host }),
      credentials,
      expiresS: outbound.register.expiresS,
      refreshAt: 0.8,
    };
  }

  #heard(trunk: Trunk, event: RegistrationEvent): void {
    const { log, servers } = this.#options;
    const { alias, registration } = trunk;
    if (event.state === 'registered') {
      servers.registeredAt(
        alias,
        registration.flows.map(({ remote }) => remote.address),
      );
      const { expiresS, refreshInMs } = event;
      if (!trunk.wasUp) log.info('trunk.registered', { alias, expiresS, refreshInMs });
      trunk.wasUp = true;
      return;
    }
    if (event.state === 'registering') return;
    trunk.wasUp = false;
    servers.registeredAt(alias, []);
    if (event.state === 'unregistered') {
      log.info('trunk.unregistered', { alias });
      return;
    }
    this.counters.failures += 1;
    const { statusCode, reasonPhrase, retryInMs } = event;
    log.warn('trunk.register-failed', { alias, statusCode, reasonPhrase, retryInMs });
  }
}

/** Its domain, else its proxy: whose users the registrar keeps. */
function registrarOf({ domain, proxy }: NonNullable<ServerProfile['outbound']>) {
  if (domain !== null) return { host: domain, port: undefined };
  if (proxy === null) return null;
  return { host: proxy.host, port: proxy.port === null || proxy.port === SIP_PORT ? undefined : proxy.port };
}
