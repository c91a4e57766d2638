import { afterEach, describe, expect, test } from 'vitest';
import { Mailboxes } from '../../../gateway/presence/mailboxes.js';
import { messageSummaryPackage } from '../../../sip/packages/mwi.js';
import { ContractWorld } from '../../support/contract-world.js';

const path = (aor: string): string => `/sip/message-summary/${encodeURIComponent(aor)}`;

describe('RFC 3842 messages waiting', () => {
  let world: ContractWorld;

  afterEach(() => world.finish());

  test('RFC 3842 §3.8 what the application says lights the lamps of the user, and of nobody else', async () => {
    world = await ContractWorld.start();
    const [anna, bob] = [await world.addRegistered('anna'), await world.addRegistered('bob')];
    const watch = anna.watch('anna', messageSummaryPackage);
    const spy = bob.watch('anna', messageSummaryPackage);
    await world.until(() => watch.log.length > 0 && spy.log.length > 0, 'both answered');
    expect(spy.log).toEqual(['ended refused 403']);
    const { gateway } = world;
    const body = {
      waiting: true,
      account: 'sip:*97@gateway.example',
      voice: { new: 2, old: 8, urgent_new: 1, urgent_old: 0 },
      text: { new: 0, old: 1 },
    };
    expect(await gateway.api('PUT', path('sip:anna@gateway.example'), body)).toMatchObject({
      status: 200,
      json: { status: true, data: body },
    });
    await world.until(() => watch.bodies.length === 2, 'told');
    expect(watch.bodies).toEqual([
      'Messages-Waiting: no\r\n',
      'Messages-Waiting: yes\r\nMessage-Account: sip:*97@gateway.example\r\nVoice-Message: 2/8 (1/0)\r\n' +
        'Text-Message: 0/1\r\n',
    ]);
    expect((await gateway.api('GET', path('anna@elsewhere.example'))).json.data).toEqual(body);
    expect(gateway.gateway.counters()).toMatchObject({ mailboxes: 1 });
    await gateway.api('PUT', path('anna@gateway.example'), { waiting: false });
    await world.until(() => watch.bodies.length === 3, 'told again');
    expect(watch.bodies.at(-1)).toBe('Messages-Waiting: no\r\n');
    expect(gateway.gateway.counters()).toMatchObject({ mailboxes: 0 });
  });

  test('a phone that subscribes later is told at once', async () => {
    world = await ContractWorld.start();
    await world.gateway.api('PUT', path('sip:anna@gateway.example'), { waiting: true, voice: { new: 1, old: 0 } });
    const anna = await world.addRegistered('anna');
    const watch = anna.watch('anna', messageSummaryPackage);
    await world.until(() => watch.bodies.length > 0, 'told');
    expect(watch.state).toEqual({ waiting: true, counts: { voice: { newMessages: 1, oldMessages: 0 } } });
  });

  test.each([
    ['sip:anna@', { waiting: true }, 'BAD_REQUEST'],
    ['sip:gateway.example', { waiting: true }, 'NOT_FOUND'],
    ['sip:anna@gateway.example', { waiting: true, account: 'mailto:anna@h' }, 'BAD_REQUEST'],
    ['sip:anna@gateway.example', { waiting: true, account: 'sip:a@h\r\nEvil: 1' }, 'BAD_REQUEST'],
  ] as const)('%s %j is refused: %s', async (aor, body, error) => {
    world = await ContractWorld.start();
    expect((await world.gateway.api('PUT', path(aor), body)).json).toMatchObject({ status: false, error });
  });

  test('a user that a domain does not have, and a gateway without presence', async () => {
    world = await ContractWorld.start('presence: off');
    const { gateway } = world;
    expect((await gateway.api('PUT', path('anna@h'), { waiting: true })).json).toMatchObject({ error: 'NOT_FOUND' });
    expect((await gateway.api('GET', path('anna@h'))).json).toMatchObject({ error: 'NOT_FOUND' });
  });

  test('as many mailboxes as presence_max', async () => {
    world = await ContractWorld.start('presence_max: 1');
    const { gateway } = world;
    const put = async (user: string, body: object) => (await gateway.api('PUT', path(`${user}@h`), body)).json;
    expect(await put('anna', { waiting: true })).toMatchObject({ status: true });
    expect(await put('bob', { waiting: true })).toMatchObject({ error: 'OVERLOADED' });
    expect(await put('bob', { waiting: false })).toMatchObject({ status: true });
    expect(await put('anna', { waiting: false })).toMatchObject({ status: true });
    expect(await put('bob', { waiting: true })).toMatchObject({ status: true });
  });
});

test('users who are gone leave no mailbox', () => {
  const mailboxes = new Mailboxes(9);
  for (const user of ['anna', 'bob']) mailboxes.set(user, { waiting: true, counts: {} });
  mailboxes.deleteAll((user) => user === 'anna');
  expect([mailboxes.size, mailboxes.of('anna').waiting, mailboxes.of('bob').waiting]).toEqual([1, false, true]);
});
