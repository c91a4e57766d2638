import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { LoopbackWorld, reached } from '../support/loopback-world.js';

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

test('a phone that sends no sound is named in the log within three seconds, with the addresses; a talking one is not', async () => {
  const gateway = await world.startGateway();
  const silent = await world.addRegistered(gateway.sip, '1001');
  const talker = await world.addRegistered(gateway.sip, '1002', { toneHz: 440 });
  const quiet = await reached(await silent.dial('9000'), 'answered');
  const loud = await reached(await talker.dial('9000'), 'answered');
  const { data: calls } = await gateway.api.GET('/sip/calls');
  const idOf = (user: string): string => calls?.data.find(({ peer_id }) => peer_id === user)?.session_id ?? '';
  const line = await gateway.program.event('media.one_way');
  const answer = gateway.logged('call.answered').find(({ callId }) => callId === idOf('1001'));
  // By the gateway's own clock: three seconds, the last one begun, and what a busy machine takes to write a line.
  const afterMs = Date.parse(String(line.time)) - Date.parse(String(answer?.time));
  expect(afterMs).toBeGreaterThan(1000);
  expect(afterMs).toBeLessThan(6000);
  expect(line).toMatchObject({ callId: idOf('1001'), way: 'in', cause: 'nothing-came', latched: null });
  expect(line.sdp).toBe('127.0.0.1:40000');
  const path = { conn_id: idOf('1001') };
  const quality = await gateway.api.GET('/sip/conn/{conn_id}/quality', { params: { path } });
  expect(quality.data?.data.one_way).toMatchObject({ way: 'in', packets_received: 0 });
  expect(quality.data?.data.seconds.length).toBeGreaterThanOrEqual(2);
  const other = { params: { path: { conn_id: idOf('1002') } } };
  await eventually('a whole second of the talker', async () => {
    const { data } = await gateway.api.GET('/sip/conn/{conn_id}/quality', other);
    expect(data?.data.one_way).toBeNull();
    return (data?.data.seconds.at(-1)?.in.packets ?? 0) > 40;
  });
  quiet.hangUp();
  loud.hangUp();
  const summaries = await eventually('the summary of both calls', () => {
    const told = gateway.program.log.filter(({ event }) => event === 'call.quality');
    return told.length === 2 ? told.map(({ callId }) => callId) : null;
  });
  expect(summaries).toEqual(expect.arrayContaining([idOf('1001'), idOf('1002')]));
  expect(await gateway.metrics()).toMatchObject({ media_one_way: 0, media_one_way_total: 1 });
});
