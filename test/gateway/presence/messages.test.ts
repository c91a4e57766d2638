import { afterEach, describe, expect, test } from 'vitest';
import { ContractWorld } from '../../support/contract-world.js';

let world: ContractWorld;

afterEach(() => world.finish());

describe('RFC 3428 messages between users', () => {
  test('RFC 3428 §6 a MESSAGE goes to every phone of its user and is answered as the first that takes it', async () => {
    world = await ContractWorld.start();
    const anna = await world.addRegistered('anna');
    const phones = [await world.addRegistered('bob'), await world.addRegistered('bob')] as const;
    phones[1].onMessage = () => ({ statusCode: 486 });
    expect((await world.while(anna.message('bob', 'grüß dich'))).statusCode).toBe(200);
    for (const { messages } of phones) expect(messages).toEqual(['grüß dich']);
    const [sent] = world.sentTo(phones[0], 'MESSAGE');
    expect(sent).toMatchObject({ maxForwards: 69, from: { uri: { user: 'anna' } }, to: { uri: { user: 'bob' } } });
    expect(world.hooks.bodies('auth')).toHaveLength(3);
    expect(world.gateway.gateway.counters()).toMatchObject({ messages_relayed_total: 1, messages_pending: 0 });
    await world.expectNothingLeft();
  });

  test('RFC 3428 §7 what the phone says comes back; a challenge of its own does not', async () => {
    world = await ContractWorld.start();
    const [anna, bob] = [await world.addRegistered('anna'), await world.addRegistered('bob')];
    bob.onMessage = () => ({ statusCode: 603, reasonPhrase: 'Not Now' });
    expect(await world.while(anna.message('bob', 'hi'))).toMatchObject({ statusCode: 603, reasonPhrase: 'Not Now' });
    bob.onMessage = () => ({ statusCode: 407 });
    expect((await world.while(anna.message('bob', 'hi'))).statusCode).toBe(480);
  });

  test('RFC 4320 §4.2 a phone that is silent, or a user without phones: 480 while the sender still waits', async () => {
    world = await ContractWorld.start();
    const [anna, bob] = [await world.addRegistered('anna'), await world.addRegistered('bob')];
    expect((await world.while(anna.message('carl', 'hi'))).statusCode).toBe(480);
    world.lose = ({ from }) => from === bob.options.address;
    const beforeMs = world.clock.nowMs();
    expect((await world.while(anna.message('bob', 'hi'))).statusCode).toBe(480);
    expect(world.clock.nowMs() - beforeMs).toBeLessThan(21_000);
  });

  test('RFC 3261 §22.1 strangers are asked for a password and refused without the right one', async () => {
    world = await ContractWorld.start();
    const bob = await world.addRegistered('bob');
    const stranger = await world.addQuietPhone('anna', { password: 'wrong' });
    expect((await world.while(stranger.message('bob', 'hi'))).statusCode).toBe(403);
    const known = await world.addQuietPhone('carl');
    expect((await world.while(known.message('bob', 'hi'))).statusCode).toBe(200);
    expect(bob.messages).toEqual(['hi']);
  });

  test('RFC 3428 §8 nothing larger than a datagram may carry goes to a UDP phone', async () => {
    world = await ContractWorld.start();
    const [anna, bob] = [await world.addRegistered('anna', { transport: 'tcp' }), await world.addRegistered('bob')];
    expect((await world.while(anna.message('bob', 'x'.repeat(820)))).statusCode).toBe(513);
    expect(bob.messages).toEqual([]);
  });
});
