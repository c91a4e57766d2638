import { type Random, randomToken } from '../../base/random.js';
import type { Store } from './store.js';

const key = 'token_secret';

/** The key that signs tokens: the configured one, else the one made at the first start and kept in the store. */
export async function loadTokenSecret(store: Store, random: Random, configured: string | null): Promise<string> {
  if (configured !== null) return configured;
  const row = (await store.load('settings')).find((each) => each.key === key);
  if (typeof row?.value === 'string' && row.value !== '') return row.value;
  const made = randomToken(random, 32);
  store.put('settings', key, made);
  await store.flush();
  return made;
}
