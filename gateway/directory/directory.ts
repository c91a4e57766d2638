import type { Logger } from '../../base/log.js';
import type { DirectoryUser, DomainBody, DomainView } from '../../contract/mediaswitch/directory.js';
import { ha1 } from '../../sip/index.js';
import type { DomainProfile } from '../config.js';
import type { Domains } from '../decide/domains.js';
import type { Store } from '../store/store.js';
import { controlUrl } from './control-url.js';
import { type DomainName, domainNameOf } from './domain-name.js';
import { DirectoryWriter, readDirectoryRow } from './records.js';
import { type DirectoryDomain, DomainTree, emptyDomain, type TreeNode } from './tree.js';
import { bucketOf, DirectoryUsers } from './users.js';

export interface DirectoryOptions {
  readonly log: Logger;
  /** What the directory's domains are put into: they are found before configured ones. */
  readonly domains: Domains;
  readonly store: Pick<Store, 'load' | 'put' | 'delete'>;
  /** False: what an earlier run has kept is deleted, and nothing is kept. */
  readonly persists: boolean;
  /** Domains, and users of all domains; 100 000 and 1 000 000 unless told. */
  readonly maxDomains?: number;
  readonly maxUsers?: number;
}

/** `bad`: the request makes no sense, and nothing has changed. `full`: there is no room for one more. */
export type DirectoryOutcome =
  | { readonly ok: true }
  | { readonly ok: false; readonly fault: 'bad' | 'unknown' | 'full'; readonly reason: string };

const done: DirectoryOutcome = { ok: true };
const unknown: DirectoryOutcome = { ok: false, fault: 'unknown', reason: 'Domain not found' };
const badName = bad('a domain is a host name of at most 5 labels, or an IP address');
const badSecret = bad('a secret is 1 to 512 characters');

/** In a name an @, a colon or a quote would end it; see also the users of the settings. */
const userName = /^[^\s@:"]{1,128}$/;
const MAX_SECRET = 512;

/** RFC 3261 §20.19: the largest Expires. */
const NO_CAP_S = 0xffff_ffff;

/**
 * The directory that applications push (contract mediaswitch 1.2): domains in a tree, each with its control server and
 * users. What it holds are domains of the gateway, with a registrar as section 4.3 has it. Of a secret its hash for
 * the realm of that name is kept, here and in the store. Limits: `maxDomains` and `maxUsers`; a push beyond is refused
 * and counted.
 */
export class Directory {
  readonly counters = { pushes: 0, refused: 0 };
  readonly #options: DirectoryOptions;
  readonly #tree = new DomainTree();
  readonly #writer: DirectoryWriter | null;
  #users = 0;

  constructor(options: DirectoryOptions) {
    this.#options = options;
    this.#writer = options.persists ? new DirectoryWriter(options.store) : null;
  }

  get counts(): { readonly domains: number; readonly users: number } {
    return { domains: this.#tree.size, users: this.#users };
  }

  /** Takes up what the store kept, before the registrations of its users come back. */
  async restore(): Promise<void> {
    const { store, log, persists, domains } = this.#options;
    const found = new Map<string, DirectoryDomain>();
    for (const { key, value } of await store.load('directory')) {
      const row = persists ? readDirectoryRow(key, value) : null;
      if (row === null) {
        if (persists) log.warn('directory.unreadable', { key });
        store.delete('directory', key);
        continue;
      }
      const domain = found.get(row.name) ?? emptyDomain(row.name);
      if (row.kind === 'domain') found.set(row.name, { ...domain, control: row.control, routing: row.routing });
      else {
        for (const [username, hash] of row.pairs) domain.users.set(username, hash);
        found.set(row.name, domain);
      }
    }
    for (const domain of found.values()) {
      const name = domainNameOf(domain.name);
      if (name === null) continue;
      this.#tree.set(name, domain);
      this.#users += domain.users.size;
      domains.replace(profileOf(domain));
    }
  }

  /** Its control server and users take the place of those it had; what lies below it stays. */
  putDomain(text: string, { control, users, routing }: DomainBody): DirectoryOutcome {
    const name = domainNameOf(text);
    if (name === null) return this.#refused(badName);
    const url = readControl(control);
    const listed = readUsers(users ?? []);
    if (!url.ok) return this.#refused(url);
    if (!listed.ok) return this.#refused(listed);
    const before = this.#tree.find(name)?.domain ?? null;
    const hashed = new DirectoryUsers();
    for (const [username, secret] of listed.users) hashed.set(username, hashOf(name, username, secret));
    if (!this.#hasRoomFor(before, hashed.size)) return this.#refused(full);
    const domain = { name: name.name, control: url.control, routing: routing ?? 'bridge', users: hashed } as const;
    this.#users += hashed.size - (before?.users.size ?? 0);
    this.#store(name, domain);
    this.#writer?.putUsers(name.name, hashed, new Set([...(before?.users.buckets() ?? []), ...hashed.buckets()]));
    return done;
  }

  /** What is named is replaced or added, the rest stays. `control: null` is as good as none. */
  patchDomain(text: string, { control, users, routing }: DomainBody): DirectoryOutcome {
    const known = this.#known(text);
    if (known === null) return this.#refused(unknown);
    const { name, node } = known;
    const url = readControl(control);
    const listed = readUsers(users ?? []);
    if (!url.ok) return this.#refused(url);
    if (!listed.ok) return this.#refused(listed);
    const before = node.domain ?? emptyDomain(name.name);
    const added = [...listed.users.keys()].filter((username) => !before.users.has(username)).length;
    if (!this.#hasRoomFor(node.domain, before.users.size + added)) return this.#refused(full);
    const changed = new Set<number>();
    for (const [username, secret] of listed.users) {
      before.users.set(username, hashOf(name, username, secret));
      changed.add(bucketOf(username));
    }
    this.#users += added;
    this.#store(name, {
      ...before,
      control: control === undefined ? before.control : url.control,
      routing: routing ?? before.routing,
    });
    this.#writer?.putUsers(name.name, before.users, changed);
    return done;
  }

  /** Replaces or adds one user. */
  putUser(text: string, username: string, secret: string): DirectoryOutcome {
    const known = this.#known(text);
    if (known === null) return this.#refused(unknown);
    return this.patchDomain(text, { users: [{ username, secret }] });
  }

  /** Well also when there was no such user; his registration ends. */
  removeUser(text: string, username: string): DirectoryOutcome {
    const known = this.#known(text);
    if (known === null) return this.#refused(unknown);
    const { name, node } = known;
    this.counters.pushes += 1;
    if (node.domain?.users.delete(username) !== true) return done;
    this.#users -= 1;
    this.#options.domains.userGone(name.name, username);
    this.#writer?.putUsers(name.name, node.domain.users, [bucketOf(username)]);
    return done;
  }

  /** With all below it, and those above it that are left empty; their users' registrations end. */
  removeDomain(text: string): DirectoryOutcome {
    const name = domainNameOf(text);
    const gone = name === null ? null : this.#tree.remove(name);
    if (gone === null) return this.#refused(unknown);
    this.counters.pushes += 1;
    for (const domain of gone) {
      this.#users -= domain.users.size;
      this.#options.domains.remove(domain.name);
      this.#writer?.remove(domain);
    }
    return done;
  }

  /** Null for an unknown domain. */
  view(text: string): DomainView | null {
    const known = this.#known(text);
    if (known === null) return null;
    const { domain, labels } = known.node;
    const names = domain?.users.names() ?? [];
    return {
      ...(names.length === 0 ? {} : { users: names }),
      ...(labels.length === 0 ? {} : { domains: [...labels] }),
      ...(domain === null || domain.control === null ? {} : { control: domain.control }),
    };
  }

  /** The labels at the top of the tree. */
  top(): string[] {
    return this.#tree.top();
  }

  /** By whose name a domain's users are registered, and who they are; null for an unknown domain. */
  usersOf(
    text: string,
  ): { readonly name: string; readonly users: Pick<DirectoryUsers, 'has' | 'names' | 'size'> } | null {
    const known = this.#known(text);
    return known === null ? null : { name: known.name.name, users: known.node.domain?.users ?? new DirectoryUsers() };
  }

  #known(text: string): { readonly name: DomainName; readonly node: TreeNode } | null {
    const name = domainNameOf(text);
    const node = name === null ? null : this.#tree.find(name);
    return name === null || node === null ? null : { name, node };
  }

  /** Makes it a domain of the gateway; users whom it has no more are unregistered with the control server it had. */
  #store(name: DomainName, domain: DirectoryDomain): void {
    this.#tree.set(name, domain);
    this.#options.domains.replace(profileOf(domain));
    this.#writer?.putDomain(domain);
    this.counters.pushes += 1;
  }

  #hasRoomFor(before: DirectoryDomain | null, users: number): boolean {
    const { maxDomains = 100_000, maxUsers = 1_000_000 } = this.#options;
    if (before === null && this.#tree.size >= maxDomains) return false;
    return this.#users - (before?.users.size ?? 0) + users <= maxUsers;
  }

  #refused(outcome: DirectoryOutcome): DirectoryOutcome {
    this.counters.refused += 1;
    return outcome;
  }
}

const full: DirectoryOutcome = { ok: false, fault: 'full', reason: 'the directory is full' };

function bad(reason: string): Extract<DirectoryOutcome, { ok: false }> {
  return { ok: false, fault: 'bad', reason };
}

type Control = { readonly ok: true; readonly control: string | null } | Extract<DirectoryOutcome, { ok: false }>;

function readControl(address: DomainBody['control']): Control {
  if (address === undefined || address === null) return { ok: true, control: null };
  const url = controlUrl(address);
  return url === null ? bad('control: not an http or https URL, and not {host, port}') : { ok: true, control: url };
}

type Listed =
  | { readonly ok: true; readonly users: ReadonlyMap<string, string> }
  | Extract<DirectoryOutcome, { ok: false }>;

/** Name → secret; the last of several entries of a name counts, one without name or secret does not. */
function readUsers(entries: readonly DirectoryUser[]): Listed {
  const users = new Map<string, string>();
  for (const { username, secret } of entries) {
    if (typeof username !== 'string' || typeof secret !== 'string') continue;
    if (!userName.test(username)) {
      return bad(
        `users: ${JSON.stringify(username.slice(0, 128))} is no user name; 1 to 128 characters but @ : " and space`,
      );
    }
    if (secret === '' || secret.length > MAX_SECRET) return badSecret;
    users.set(username, secret);
  }
  return { ok: true, users };
}

/** The realm is the To host of his REGISTERs, which is the name of the domain from its first label to its top. */
function hashOf({ name }: DomainName, username: string, secret: string): string {
  return ha1('MD5', username, name, secret);
}

/** As the registrar and the routing of calls see it (contract mediaswitch 4.2, 4.3). */
function profileOf({ name, control, routing, users }: DirectoryDomain): DomainProfile {
  return {
    names: [name],
    auth: 'digest',
    allow: [],
    users,
    routing: control === null ? routing : 'control',
    control,
    rooms: noRooms,
    realm: name,
    srtp: null,
    policy: { minS: 3600, defaultS: 3600, maxS: NO_CAP_S, contacts: 'one', qop: 'auth', pingS: 30 },
    registrar: 'mediaswitch',
  };
}

const noRooms: ReadonlyMap<string, string> = new Map();
