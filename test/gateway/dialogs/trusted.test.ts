import { afterEach, expect, test } from 'vitest';
import { DialogWorld, domainName } from '../../support/dialog-world.js';
import type { PhoneCall } from '../../support/phone.js';

let stage: DialogWorld;

afterEach(() => stage.finish());

async function start(): Promise<void> {
  stage = await DialogWorld.start('trusted: 10.0.5.0/24');
  stage.answerAll();
}

/** A peer without a user of ours, whose address is trusted. */
function friend(more: { readonly address?: string; readonly domain?: string } = {}) {
  return stage.world.addQuietPhone('7000', { address: '10.0.5.1', domain: domainName, password: 'none', ...more });
}

async function hangUp(call: PhoneCall): Promise<void> {
  call.hangUp();
  await stage.world.expectNothingLeft();
}

test('mediaswitch row 17: a trusted address calls without credentials, and is not said to be authenticated', async () => {
  await start();
  const phone = await friend();
  const call = await stage.world.dial(phone, 'service', 'answered', { late: true });
  await stage.events(2);
  expect(stage.world.ladder(phone, 'INVITE')[0]).toBe('> INVITE');
  expect(stage.world.sentTo(phone, '401 INVITE')).toEqual([]);
  expect(stage.control.events()).toMatchObject([
    { to: 'service', from: '7000', authenticated: false, answered: false },
    { authenticated: false, answered: true, sdp: { them: { m: [{ port: 40_000 }] } } },
  ]);
  expect((await stage.world.while(call.hold())).ok).toBe(true);
  await hangUp(call);
});

test('mediaswitch row 17: other addresses are not trusted', async () => {
  await start();
  const call = await stage.world.dial(await friend({ address: '10.0.6.1' }), 'service', 'ended rejected');
  expect(call.ended?.statusCode).toBe(403);
  expect(stage.control.calls).toEqual([]);
  await stage.world.expectNothingLeft();
});

test('mediaswitch row 17: trust registers nobody, and opens no other host', async () => {
  await start();
  const phone = await friend();
  expect((await stage.world.register(phone)).statusCode).toBe(403);
  expect(stage.world.sentTo(phone, '401 REGISTER')).toHaveLength(1);
  // This host is the hooks', who refuse it.
  const elsewhere = await friend({ address: '10.0.5.2', domain: 'hooks.example' });
  const call = await stage.world.dial(elsewhere, 'service', 'ended rejected');
  expect(call.ended?.statusCode).toBe(503);
  expect(stage.control.calls).toEqual([]);
  await stage.world.expectNothingLeft();
});

test('mediaswitch row 17: by default nobody is trusted, not even loopback', async () => {
  stage = await DialogWorld.start();
  const call = await stage.world.dial(await friend({ address: '127.0.0.9' }), 'service', 'ended rejected');
  expect(call.ended?.statusCode).toBe(403);
  await stage.world.expectNothingLeft();
});
