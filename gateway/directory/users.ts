import type { UserLookup } from '../config.js';

/** User name and HA1 by turns, as the store keeps them. */
export type UserPairs = readonly (readonly [username: string, ha1: string])[];

const BUCKETS = 256;

/**
 * The users of one domain, by name: each with the MD5 hash of user, realm and password (RFC 7616 §3.4.2), never with
 * the password. They lie in up to 256 buckets, which are what is written to the store: a change of one user among
 * 10,000 writes the forty of his bucket. Holds what its owner puts in.
 */
export class DirectoryUsers implements UserLookup {
  readonly #buckets = new Map<number, Map<string, string>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(username: string): boolean {
    return this.#buckets.get(bucketOf(username))?.has(username) === true;
  }

  get(username: string): { readonly ha1: string } | undefined {
    const ha1 = this.#buckets.get(bucketOf(username))?.get(username);
    return ha1 === undefined ? undefined : { ha1 };
  }

  set(username: string, ha1: string): void {
    const number = bucketOf(username);
    let bucket = this.#buckets.get(number);
    if (bucket === undefined) {
      bucket = new Map();
      this.#buckets.set(number, bucket);
    }
    if (!bucket.has(username)) this.#size += 1;
    bucket.set(username, ha1);
  }

  /** False for nobody. */
  delete(username: string): boolean {
    const number = bucketOf(username);
    const bucket = this.#buckets.get(number);
    if (bucket?.delete(username) !== true) return false;
    this.#size -= 1;
    if (bucket.size === 0) this.#buckets.delete(number);
    return true;
  }

  names(): string[] {
    const names: string[] = [];
    for (const bucket of this.#buckets.values()) for (const name of bucket.keys()) names.push(name);
    return names;
  }

  /** Numbers of the buckets that hold anybody. */
  buckets(): number[] {
    return [...this.#buckets.keys()];
  }

  /** What a bucket holds; null when it is empty. */
  pairsIn(number: number): UserPairs | null {
    const bucket = this.#buckets.get(number);
    return bucket === undefined ? null : [...bucket];
  }
}

/** FNV-1a over UTF-16 units. Stored rows are told apart by it: it never changes. */
export function bucketOf(username: string): number {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < username.length; at += 1) {
    hash = Math.imul(hash ^ username.charCodeAt(at), 0x0100_0193);
  }
  return (hash >>> 0) % BUCKETS;
}
