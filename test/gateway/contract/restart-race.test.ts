import { expect, test } from 'vitest';
import { delay } from '../../../base/clock.js';
import type { StoredRow, StoreTable } from '../../../gateway/store/store.js';
import { DurableStore } from '../../support/durable-store.js';
import { VirtualWorld } from '../../support/virtual-world.js';

/** A store that takes 100 ms to read the bindings. */
class SlowStore extends DurableStore {
  readonly #world: VirtualWorld;

  constructor(world: VirtualWorld) {
    super();
    this.#world = world;
  }

  override async load(table: StoreTable): Promise<readonly StoredRow[]> {
    if (table === 'bindings') await delay(this.#world.clock, 100);
    return super.load(table);
  }
}

test('design §8 a phone that registers while the bindings are still being read refreshes its own: it rings once', async () => {
  const world = new VirtualWorld();
  const store = new SlowStore(world);
  const first = await world.addGateway({ store });
  const phone = await world.addPhone('1001');
  await world.while(phone.register());
  const before = await first.api('GET', '/sip/sessions');
  await first.stop();

  const starting = world.addGateway({ store });
  await world.clock.advance(30);
  const registered = phone.register();
  const second = await starting;
  expect((await world.while(registered)).statusCode).toBe(200);
  const after = await second.api('GET', '/sip/sessions');
  const ids = (data: readonly { readonly session_id: string }[]): string[] => data.map((row) => row.session_id);
  expect(ids(after.json.data)).toEqual(ids(before.json.data));
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});
