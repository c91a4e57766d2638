import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { requirePeers } from './support/peers.js';
import { Stage } from './support/stage.js';

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('sipp', 'baresip');
});

afterEach(() => stage.close());

test.each(['udp', 'tcp'] as const)('RFC 4235 §3.7.1 sipp over %s is the lamp of a baresip', async (transport) => {
  const gateway = await stage.gateway();
  const [anna, bob] = [await stage.baresip({ gateway, user: '1001' }), await stage.baresip({ gateway, user: '1002' })];
  const lamp = await stage.sipp({ gateway, scenario: 'lamp', user: '3001', number: '1002', transport });
  const shown = () => [...lamp.messages().matchAll(/<state[^>]*>(\w+)</g)].map(([, state]) => state);
  const shows = (state: string) => eventually(`the lamp shows ${state}`, () => shown().includes(state));
  await eventually('the first NOTIFY', () => lamp.messages().includes('state="full"'));
  await anna.dial('1002');
  await shows('early');
  await bob.accept();
  await shows('confirmed');
  await bob.hangUp();
  await lamp.finished();
  // The package tells one state a second at most, so the first may be left out.
  expect(shown().filter((state) => state !== 'trying')).toEqual(['early', 'confirmed', 'terminated']);
  expect(await gateway.metrics()).toMatchObject({ subscriptions: 0, subscriptions_started_total: 1 });
});

test('RFC 3842 §3.8 the message lamp of a baresip is what the application says over HTTP', async () => {
  const gateway = await stage.gateway();
  const anna = await stage.baresip({ gateway, user: '1001', mailbox: true });
  await anna.event('MWI_NOTIFY');
  await gateway.api('PUT', '/sip/message-summary/1001@127.0.0.1', { waiting: true, voice: { new: 2, old: 8 } });
  await anna.event('MWI_NOTIFY', 2);
  const told = anna.events.filter(({ type }) => type === 'MWI_NOTIFY').map(({ param }) => param.trim().split(/\r?\n/));
  expect(told).toEqual([['Messages-Waiting: no'], ['Messages-Waiting: yes', 'Voice-Message: 2/8']]);
});

test('RFC 3856 §6.7 RFC 3903 §4 a baresip publishes, and another sees it come and go', async () => {
  const gateway = await stage.gateway();
  const anna = await stage.baresip({ gateway, user: '1001', watches: ['1002'] });
  const shows = (status: string, limitMs?: number) =>
    eventually(`1002 is ${status}`, async () => (await anna.command('contacts')).includes(status), limitMs);
  await shows('Offline');
  const bob = await stage.baresip({ gateway, user: '1002', watches: [] });
  await shows('Online');
  const { publications = 0, subscriptions } = await gateway.metrics();
  expect(publications).toBeGreaterThanOrEqual(2);
  expect(subscriptions).toBe(1);
  // Its last PUBLISH may come after its registration has ended, and is challenged in vain: then what it said expires.
  await bob.close();
  await shows('Offline', 120_000);
});
