import { expect, test } from 'vitest';
import { MemoryStore } from '../../../gateway/store/memory.js';
import { VirtualWorld } from '../../support/virtual-world.js';

/** A store with a defect that shows once. */
class FailingStore extends MemoryStore {
  #fails = true;

  override put(...[table, key, value]: Parameters<MemoryStore['put']>): void {
    if (table === 'bindings' && this.#fails) {
      this.#fails = false;
      throw new Error('a defect');
    }
    super.put(table, key, value);
  }
}

test('design §9 a defect met by one REGISTER is its 500 and nobody else hears of it', async () => {
  const world = new VirtualWorld();
  const gateway = await world.addGateway({ store: new FailingStore() });
  const phone = await world.addPhone('1001');
  expect((await world.while(phone.register())).statusCode).toBe(500);
  expect(gateway.log.filter(({ event }) => event === 'register.fault')).toMatchObject([
    { fields: { message: 'a defect' } },
  ]);
  expect((await world.while(phone.register())).statusCode).toBe(200);
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});
