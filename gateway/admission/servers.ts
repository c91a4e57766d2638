import { IpRanges } from '../../base/ip-ranges.js';
import { ha1 as digestHa1, type Credentials as SipCredentials } from '../../sip/index.js';
import type { Credentials, ServerProfile } from '../config.js';

/** A server profile ready for look-ups: its ranges parsed, its secret as HA1 of our realm. */
export interface Server {
  readonly profile: ServerProfile;
  /** What a digest challenge of ours is checked against; null for profiles trusted by address. */
  readonly inbound: { readonly username: string; readonly ha1: string } | null;
}

function inboundOf(credentials: Credentials | null, realm: string): Server['inbound'] {
  if (credentials === null) return null;
  const { username, secret } = credentials;
  return { username, ha1: 'ha1' in secret ? secret.ha1 : digestHa1('MD5', username, realm, secret.password) };
}

/** What we answer a server's challenges with: the outbound credentials of its profile, else those it shows us. */
export function outboundCredentials(server: Server | null): SipCredentials | undefined {
  const credentials = server?.profile.outbound?.credentials ?? server?.profile.credentials ?? null;
  if (credentials === null) return undefined;
  const { username, secret } = credentials;
  return 'ha1' in secret ? { username, ha1: { MD5: secret.ha1 } } : { username, password: secret.password };
}

/** The configured trunks and PBXs (contract 2.6), found by source address or alias. */
export class ServerDirectory {
  readonly #servers: readonly (Server & { readonly ranges: IpRanges })[];
  /** Where we are registered, by alias: the trunk's calls come from there, whatever its ranges say. */
  readonly #registered = new Map<string, readonly string[]>();

  constructor(profiles: readonly ServerProfile[], realm: string) {
    this.#servers = profiles.map((profile) => ({
      profile,
      inbound: inboundOf(profile.credentials, realm),
      ranges: IpRanges.of(profile.cidrs),
    }));
  }

  all(): readonly Server[] {
    return this.#servers;
  }

  /**
   * The profile whose ranges hold the address, or that we are registered at there. Of several accounts at one trunk the
   * one that was called, by the user of our Contact; else the first.
   */
  at(address: string, calledUser?: string): Server | null {
    const here = this.#servers.filter(
      ({ profile, ranges }) =>
        ranges.contains(address) || this.#registered.get(profile.alias)?.includes(address) === true,
    );
    const called = here.find(
      (server) =>
        calledUser !== undefined &&
        this.#registered.has(server.profile.alias) &&
        outboundCredentials(server)?.username === calledUser,
    );
    return called ?? here[0] ?? null;
  }

  /** Whether a request from there is of that profile, whichever else has the address too. */
  isAt(alias: string, address: string): boolean {
    const server = this.#servers.find(({ profile }) => profile.alias === alias);
    return server?.ranges.contains(address) === true || this.#registered.get(alias)?.includes(address) === true;
  }

  byAlias(alias: string): Server | null {
    return this.#servers.find(({ profile }) => profile.alias === alias) ?? null;
  }

  /** The addresses that a registration of ours stands at now. */
  registeredAt(alias: string, addresses: readonly string[]): void {
    if (addresses.length === 0) this.#registered.delete(alias);
    else this.#registered.set(alias, addresses);
  }
}
