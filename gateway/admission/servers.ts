import { IpRanges } from '../../base/ip-ranges.js';
import { ha1 as digestHa1 } from '../../sip/index.js';
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

/** The configured trunks and PBXs (contract 2.6), found by source address or alias. */
export class ServerDirectory {
  readonly #servers: readonly (Server & { readonly ranges: IpRanges })[];

  constructor(profiles: readonly ServerProfile[], realm: string) {
    this.#servers = profiles.map((profile) => ({
      profile,
      inbound: inboundOf(profile.credentials, realm),
      ranges: IpRanges.of(profile.cidrs),
    }));
  }

  /** The first profile whose ranges hold the address. */
  at(address: string): Server | null {
    return this.#servers.find(({ ranges }) => ranges.contains(address)) ?? null;
  }

  byAlias(alias: string): Server | null {
    return this.#servers.find(({ profile }) => profile.alias === alias) ?? null;
  }
}
