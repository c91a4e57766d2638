import { expect, test } from 'vitest';
import type { LegId } from '../../base/ids.js';
import { BindError, type MediaPool, type OpenLegOptions } from '../../rooms/index.js';
import { MediaStage } from '../support/media-stage.js';
import { setUp } from '../support/pool-bench.js';

function open(
  stage: MediaStage,
  name: string,
  changes: Partial<OpenLegOptions> = {},
): ReturnType<MediaPool['openLeg']> {
  const options = { roomId: null, address: '10.0.0.1', ports: stage.ports, rtpTimeoutMs: 0, cname: 'c' };
  return stage.pool.openLeg({
    legId: name as LegId,
    ...options,
    onEvent: () => undefined,
    transport: 'shared',
    ...changes,
  });
}

test('each media host has a port of its own, from the one that is set on; legs at it take none of the pairs', async () => {
  const { pool, hosts, options, ports } = await setUp(2, { sharedPort: 7000 });
  for (const name of ['a', 'b', 'c', 'd']) {
    await pool.openLeg({ ...options(name, name), transport: 'shared', alsoAddresses: ['10.0.1.1'] });
  }
  const opened = hosts.map(({ commands }) => commands.map((command) => ('rtpPort' in command ? command.rtpPort : 0)));
  expect(opened).toEqual([
    [7000, 7000],
    [7001, 7001],
  ]);
  expect(hosts[0]!.commands[0]).toMatchObject({
    transport: 'shared',
    alsoAddresses: ['10.0.1.1'],
    consentTimeoutMs: 10_000,
  });
  expect(ports.next()).toEqual({ rtpPort: 10_000, rtcpPort: 10_001 });
});

test('a leg with a pair has no consent to lose, unless told', async () => {
  const { pool, hosts, options } = await setUp(1);
  await pool.openLeg(options('a', null));
  await pool.openLeg({ ...options('b', null), consentTimeoutMs: 5000 });
  expect(hosts[0]!.commands).toMatchObject([
    { transport: 'pair', consentTimeoutMs: 0 },
    { transport: 'pair', consentTimeoutMs: 5000 },
  ]);
});

test('a port that is set and taken is no reason to try others', async () => {
  const { pool, hosts, options } = await setUp(1, { sharedPort: 7000 });
  hosts[0]!.takenPorts.add(7000);
  await expect(pool.openLeg({ ...options('a', null), transport: 'shared' })).rejects.toThrow(BindError);
  expect(hosts[0]!.types()).toEqual(['open-leg']);
});

test('without a port that is set it is any free one, told with the leg, and closed with the host', async () => {
  const stage = new MediaStage();
  const [a, b] = [await open(stage, 'a'), await open(stage, 'b')];
  expect(a.rtpPort).toBeGreaterThan(0);
  expect([a.places, b.places, a.advertisedAddress]).toEqual([
    [{ address: '10.0.0.1', port: a.rtpPort }],
    [{ address: '10.0.0.1', port: a.rtpPort }],
    null,
  ]);
  expect((await stage.report())[0]).toMatchObject({
    legs: 2,
    openSockets: 0,
    shared: { sockets: 1, legs: 0, sources: 0, strangers: 0 },
  });
  await stage.close(a);
  await stage.close(b);
  expect(stage.network.openSockets()).toHaveLength(1);
  const closed = stage.pool.close(1000);
  await stage.clock.advance(100);
  await closed;
  expect(stage.network.openSockets()).toEqual([]);
});
