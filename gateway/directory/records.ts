import { z } from 'zod';
import type { Store } from '../store/store.js';
import { domainNameOf } from './domain-name.js';
import type { DirectoryDomain } from './tree.js';
import type { DirectoryUsers } from './users.js';

/** A row of the table `directory`: what was said of a domain, or one bucket of its users. */
export type DirectoryRow =
  | ({ readonly kind: 'domain' } & Pick<DirectoryDomain, 'name' | 'control' | 'routing'>)
  | { readonly kind: 'users'; readonly name: string; readonly pairs: readonly (readonly [string, string])[] };

const domainRow = z.object({ control: z.string().nullable(), routing: z.enum(['bridge', 'redirect']) });
const usersRow = z.array(z.tuple([z.string(), z.string().regex(/^[0-9a-f]{32}$/)]));

/** A stored row; null for what another version or a hand has written differently. */
export function readDirectoryRow(key: string, value: unknown): DirectoryRow | null {
  const [kind = '', text = ''] = key.split(' ');
  const name = domainNameOf(text)?.name;
  if (name === undefined || name !== text) return null;
  if (kind === 'domain') {
    const read = domainRow.safeParse(value);
    return read.success ? { kind, name, ...read.data } : null;
  }
  const read = kind === 'users' ? usersRow.safeParse(value) : null;
  return read?.success === true ? { kind: 'users', name, pairs: read.data } : null;
}

/** Writes what changed to the store: a row of each domain, and one of each bucket of its users. */
export class DirectoryWriter {
  readonly #store: Pick<Store, 'put' | 'delete'>;

  constructor(store: Pick<Store, 'put' | 'delete'>) {
    this.#store = store;
  }

  putDomain({ name, control, routing }: DirectoryDomain): void {
    this.#store.put('directory', `domain ${name}`, { control, routing });
  }

  /** Writes these buckets as they are now, or removes them. */
  putUsers(name: string, users: DirectoryUsers, buckets: Iterable<number>): void {
    for (const number of buckets) {
      const key = `users ${name} ${number}`;
      const pairs = users.pairsIn(number);
      if (pairs === null) this.#store.delete('directory', key);
      else this.#store.put('directory', key, pairs);
    }
  }

  remove({ name, users }: DirectoryDomain): void {
    this.#store.delete('directory', `domain ${name}`);
    for (const number of users.buckets()) this.#store.delete('directory', `users ${name} ${number}`);
  }
}
