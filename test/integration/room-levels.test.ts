import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RoomLevelsBody } from '../../contract/room-events.js';
import { eventually } from '../support/eventually.js';
import { LoopbackWorld, reached } from '../support/loopback-world.js';

/** RFC 6464: −dBov. A phone says its tone at −15, and nobody hears anything at −50. */
const LOUD = 30;
const QUIET = 50;

let world: LoopbackWorld;

beforeEach(() => {
  world = new LoopbackWorld();
});

afterEach(() => world.close());

interface Told {
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** Reads server-sent events until the world is closed. */
function read(url: string): Told[] {
  const told: Told[] = [];
  const stop = new AbortController();
  const reading = (async () => {
    const response = await fetch(url, { headers: { accept: 'text/event-stream' }, signal: stop.signal });
    let text = '';
    for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
      const blocks = `${text}${chunk}`.split('\n\n');
      text = blocks.pop() ?? '';
      for (const block of blocks) {
        const [type] = /^event: (.*)$/m.exec(block)?.slice(1) ?? [];
        const [data] = /^data: (.*)$/m.exec(block)?.slice(1) ?? [];
        if (type !== undefined && data !== undefined) told.push({ type, data: JSON.parse(data) });
      }
    }
  })().catch(() => undefined);
  world.closeLater(async () => {
    stop.abort();
    await reading;
  });
  return told;
}

test('levels=1 over real sound: they rise when a phone speaks and fall when it stops, and it is said who speaks', async () => {
  const gateway = await world.startGateway();
  const anna = await world.addRegistered(gateway.sip, '1001', { toneHz: 0 });
  const bert = await world.addRegistered(gateway.sip, '1002', { toneHz: 0 });
  await reached(await anna.dial('9000'), 'answered');
  await reached(await bert.dial('9000'), 'answered');
  const path = { room_id: '9000' };
  const { data } = await gateway.api.GET('/rooms/{room_id}/members', { params: { path } });
  const id = data!.members.find(({ peer }) => peer === '1001')!.member_id;
  const http = gateway.apiUrl;
  const told = read(`${http}/rooms/9000/events?levels=1`);
  await eventually('the events are read', () => told.some(({ type }) => type === 'member_joined'));

  /** Of Anna, in each of the newest `count` of a second's tenths since `from`; 127 where nothing is said of her. */
  const levelsSince = (from: number): number[] =>
    told
      .slice(from)
      .filter(({ type }) => type === 'levels')
      .map(
        (one) => (one.data as unknown as RoomLevelsBody).levels.find(({ member_id }) => member_id === id)?.level ?? 127,
      );
  const said = (from: number) => told.slice(from).filter(({ type }) => type.startsWith('speaking_'));

  const start = told.length;
  anna.voices[0]!.toneHz = 440;
  await eventually(
    'she is loud',
    () =>
      levelsSince(start)
        .slice(-5)
        .filter((level) => level < LOUD).length === 5,
  );
  await eventually('she is said to speak', () => said(start).length > 0);
  expect(said(start)).toMatchObject([{ type: 'speaking_started', data: { member_id: id, peer: '1001' } }]);

  const stop = told.length;
  anna.voices[0]!.toneHz = 0;
  await eventually('she is quiet', () => (levelsSince(stop).at(-1) ?? 0) > QUIET);
  await eventually('she is said to have stopped', () => said(stop).length > 0);
  expect(said(stop)).toMatchObject([{ type: 'speaking_stopped', data: { member_id: id } }]);
  expect(told.filter(({ type }) => type === 'active_speaker').map((one) => one.data.member_id)).toEqual([id]);
});
