import { isIpLiteral } from '../../base/ip-ranges.js';
import { type SrtpPolicy, srtpPolicies } from '../../media/index.js';
import { hostKey } from '../decide/host-key.js';
import {
  bad,
  type Complaint,
  checked,
  choice,
  cidr,
  integer,
  list,
  Noun,
  object,
  optional,
  type Reader,
  required,
  structures,
  text,
  textReader,
  transform,
} from './readers.js';
import { readUserMap, type UserLookup, type Users } from './users.js';

/** What a registrar grants to the users of a domain, and how it asks for their passwords. */
export interface DomainPolicy {
  /** Seconds; null: the usual one of the domain's kind. */
  readonly minS: number | null;
  readonly defaultS: number | null;
  readonly maxS: number | null;
  /** Contacts of a user: `one` replaces the one before it. */
  readonly contacts: 'one' | 'many';
  /** Null: as `digest_qop` says. */
  readonly qop: 'auth' | 'none' | null;
  /** Seconds between two OPTIONS to a registered phone; 0 = none. */
  readonly pingS: number;
}

/** A domain that is decided here, as the settings or the directory give it. */
export interface DomainProfile {
  /** Hosts of its users' addresses, as written; `*` is any host that no other domain has. The first names it. */
  readonly names: readonly string[];
  /** `none`: whoever comes from `allow` is believed. */
  readonly auth: 'digest' | 'none';
  /** Who may register and call; empty: everybody. */
  readonly allow: readonly string[];
  /** Null: those whom the hooks accept, or with `auth: none` anybody. */
  readonly users: UserLookup | null;
  /**
   * What a called user gets: the invite hook's answer, a call to his phones, 302 with their Contacts, or what the
   * control server says.
   */
  readonly routing: 'hooks' | 'bridge' | 'redirect' | 'control';
  /** Base URL of a control server, without a trailing slash. Of the directory's domains only. */
  readonly control?: string | null;
  /** Called number → room. */
  readonly rooms: ReadonlyMap<string, string>;
  /** Null: the domain's first name where it has users of its own, else `realm`. */
  readonly realm: string | null;
  /** Of calls to and from its users; null: as the setting `srtp` says. */
  readonly srtp: SrtpPolicy | null;
  readonly policy: DomainPolicy;
  /** `mediaswitch`: see Domain.registrar. Of the directory's domains only. */
  readonly registrar?: 'mediaswitch';
}

/** As read, before its users file is. */
export interface RawDomain extends DomainProfile {
  readonly usersFile: string | null;
}

const day = 86_400;
const hostName = /^(?:\*|[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}))$/;
const domainName = textReader('a host name, an IP address or *', (value) => {
  const bare = value.replace(/^\[(.*)\]$/, '$1');
  return isIpLiteral(bare) || hostName.test(bare) ? bare : null;
});

const policyFields = object({
  min: optional(integer(1, 365 * day, 'seconds')),
  default: optional(integer(1, 365 * day, 'seconds')),
  max: optional(integer(1, 365 * day, 'seconds')),
  contacts: optional(choice('one', 'many')),
  qop: optional(choice('auth', 'none')),
  ping: optional(integer(0, 3600, 'seconds')),
});

const policy: Reader<DomainPolicy> = transform(
  checked(policyFields, (raw) => {
    const times = [raw.min, raw.default, raw.max].filter((seconds) => seconds !== null);
    const rises = times.every((seconds, index) => index === 0 || seconds >= (times[index - 1] ?? 0));
    return rises ? null : { path: '', found: new Noun('this policy'), accepted: 'min ≤ default ≤ max' };
  }),
  (raw) => ({
    minS: raw.min,
    defaultS: raw.default,
    maxS: raw.max,
    contacts: raw.contacts ?? 'many',
    qop: raw.qop,
    pingS: raw.ping ?? 0,
  }),
);

const usualPolicy: DomainPolicy = {
  minS: null,
  defaultS: null,
  maxS: null,
  contacts: 'many',
  qop: null,
  pingS: 0,
};

const users: Reader<Users> = {
  accepted: 'a map of user name to password or {ha1}',
  read: (raw) => {
    const read = readUserMap(raw);
    if (read.problems.length === 0) return { ok: true, value: read.users };
    return bad(new Noun('this map'), `a map of user name to password or {ha1}: ${read.problems.join('; ')}`);
  },
};

const roomId = /^[^\s]{1,256}$/;

/** A map of number or user to room. */
const rooms: Reader<ReadonlyMap<string, string>> = {
  accepted: 'a map of number or user to room',
  read: (raw) => {
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return bad(raw, rooms.accepted);
    const found = Object.entries(raw as Readonly<Record<string, unknown>>);
    const wrong = found.find(([number, room]) => number === '' || typeof room !== 'string' || !roomId.test(room));
    if (wrong !== undefined) return bad(wrong[1], 'a room of 1 to 256 characters without spaces', `.${wrong[0]}`);
    return { ok: true, value: new Map(found as [string, string][]) };
  },
};

const file = text('a path', /^[^\r\n]{1,4096}$/);

const domain: Reader<RawDomain> = transform(
  checked(
    object({
      name: required(list(domainName, 1)),
      auth: optional(choice('digest', 'none')),
      allow: optional(list(cidr(), 1)),
      users: optional(users),
      users_file: optional(file),
      routing: optional(choice('hooks', 'bridge', 'redirect')),
      rooms: optional(rooms),
      realm: optional(text('1 to 128 characters, no quote or backslash', /^[^"\\\r\n]{1,128}$/)),
      srtp: optional(choice(...srtpPolicies)),
      policy: optional(policy),
    }),
    (raw) => {
      if (raw.auth === 'none' && raw.allow === null) {
        const accepted = 'CIDR ranges that may register and call without a password, because auth is none';
        return { path: '.allow', found: null, accepted };
      }
      const both = raw.users !== null && raw.users_file !== null;
      return both
        ? { path: '.users_file', found: new Noun('this file'), accepted: 'either users or users_file' }
        : null;
    },
  ),
  (raw) => {
    const auth = raw.auth ?? 'digest';
    const asksHooks = auth === 'digest' && raw.users === null && raw.users_file === null;
    return {
      names: raw.name,
      auth,
      allow: raw.allow ?? [],
      users: raw.users,
      usersFile: raw.users_file,
      routing: raw.routing ?? (asksHooks ? 'hooks' : 'bridge'),
      rooms: raw.rooms ?? new Map<string, string>(),
      realm: raw.realm,
      srtp: raw.srtp,
      policy: raw.policy ?? usualPolicy,
    };
  },
);

/** The setting `domains`: no host may belong to two of them. */
export const domainList: Reader<readonly RawDomain[]> = checked(structures('domains', domain), (all) => {
  const seen = new Set<string>();
  for (const [index, { names }] of all.entries()) {
    for (const name of names) {
      const key = hostKey(name);
      if (seen.has(key)) return twice(index, name);
      seen.add(key);
    }
  }
  return null;
});

function twice(index: number, name: string): Complaint {
  return { path: `[${index}].name`, found: name, accepted: 'a name that no other domain has' };
}

export interface DomainSurroundings {
  /** `hook_url: off`. */
  readonly hooksAreOff: boolean;
  readonly readUsers: (file: string) => Users;
  readonly problems: string[];
}

/** With the users files read, and checked against the rest of the settings. */
export function resolveDomains(
  domains: readonly RawDomain[],
  { hooksAreOff, readUsers, problems }: DomainSurroundings,
): DomainProfile[] {
  return domains.map(({ usersFile, ...profile }, index) => {
    const found = usersFile === null ? profile.users : readUsers(usersFile);
    const asksHooks = profile.auth === 'digest' && found === null;
    if (hooksAreOff && (asksHooks || profile.routing === 'hooks')) {
      const what = asksHooks ? 'its users are known to hooks alone' : 'its calls are routed by hooks';
      problems.push(`domains[${index}]: ${what}, and hook_url is off; use users, users_file or another routing`);
    }
    return { ...profile, users: found };
  });
}
