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
  const answeredMs = performance.now();
  const loud = await reached(await talker.dial('9000'), 'answered');
  const { data: calls } = await gateway.api.GET('/sip/calls');
  const idOf = (user: string): string => calls?.data.find(({ peer_id }) => peer_id === user)?.session_id ?? '';
  const line = await gateway.program.event('media.one_way');
  // Three seconds after the answer, and what this machine takes to write and read a line.
  expect(performance.now() - answeredMs).toBeLessThan(4000);
  expect(line).toMatchObject({ callId: idOf('1001'), way: 'in', cause: 'nothing-came', latched: null });
  expect(line.sdp).toBe('127.0.0.1:40000');
  const path = { conn_id: idOf('1001') };
  const answer = await gateway.api.GET('/sip/conn/{conn_id}/quality', { params: { path } });
  expect(answer.data?.data.one_way).toMatchObject({ way: 'in', packets_received: 0 });
  expect(answer.data?.data.seconds.length).toBeGreaterThanOrEqual(2);
  const other = await gateway.api.GET('/sip/conn/{conn_id}/quality', { params: { path: { conn_id: idOf('1002') } } });
  expect(other.data?.data.one_way).toBeNull();
  expect(other.data?.data.seconds.at(-1)?.in.packets).toBeGreaterThan(40);
  quiet.hangUp();
  loud.hangUp();
  const summaries = await eventually('the summary of both calls', () => {
    const told = gateway.program.log.filter(({ event }) => event === 'call.quality');
    return told.length === 2 ? told.map(({ callId }) => callId) : null;
  });
  expect(summaries).toEqual(expect.arrayContaining([idOf('1001'), idOf('1002')]));
  expect(await gateway.metrics()).toMatchObject({ media_one_way: 0, media_one_way_total: 1 });
});
