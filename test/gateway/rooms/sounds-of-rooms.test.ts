import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readWav, tone, writeWav } from '../../../media/index.js';
import { RoomWorld } from '../../support/room-world.js';
import { type FakeBot, serveBots } from '../../support/stream-stage.js';
import type { WorldPhone } from '../../support/virtual-world.js';
import { levelOf } from '../../support/voice.js';

/** Sounds, recordings and streams of rooms, through the whole gateway and with nothing but its API. */

const ann = 500;
const bob = 700;
const music = 1300;
const all = [ann, bob, music];

let world: RoomWorld;
let phones: WorldPhone[];
let bots: FakeBot[];
let server: { close(): Promise<void> };

beforeEach(async () => {
  world = await RoomWorld.start();
  phones = [];
  bots = [];
  server = await serveBots(world.network.host('10.0.0.9'), { address: '10.0.0.9', port: 9000 }, bots);
});

afterEach(async () => {
  expect(await world.finish(phones)).toEqual([]);
  expect(await metrics()).toMatchObject({ playbacks: 0, recordings: 0, streams: 0, media_sounds: 0, media_legs: 0 });
  await world.while(server.close());
  expect(await world.close()).toEqual({ sockets: [], timers: 0 });
});

async function ask(method: string, path: string, body?: unknown, headers?: Record<string, string>) {
  return world.gateway.fetch(method, path, body, headers);
}

async function come(hz: number): Promise<WorldPhone> {
  const phone = await world.come(hz);
  phones.push(phone);
  return phone;
}

/** Which of the three tones each phone hears. */
const heard = (): Promise<number[][]> => world.heard(phones, all);

/** A tone at 44.1 kHz, as `music`. */
async function upload(durationMs: number): Promise<void> {
  const samples = tone({ frequenciesHz: [music], sampleRateHz: 44_100, levelDb: -12, durationMs });
  const file = writeWav({ sampleRateHz: 44_100, channels: 1, samples });
  const put = await ask('PUT', '/sounds/music', file, { 'content-type': 'audio/wav' });
  expect([put.status, put.json]).toMatchObject([
    201,
    { name: 'music', duration_ms: durationMs, sha256: createHash('sha256').update(file).digest('hex') },
  ]);
}

async function metrics(): Promise<Record<string, number>> {
  const text = (await ask('GET', '/metrics')).bytes.toString();
  return Object.fromEntries(
    [...text.matchAll(/^hookline_(\w+) (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]),
  );
}

describe('an uploaded sound', () => {
  test('is heard by all phones of the room once it is played, and no longer than it is', async () => {
    await upload(3000);
    await come(ann);
    await come(bob);
    expect(await heard()).toEqual([[bob], [ann]]);
    const played = await ask('POST', '/rooms/r1/playbacks', { sound: 'music' });
    expect([played.status, played.json]).toMatchObject([201, { source: { sound: 'music' }, member_id: null }]);
    expect(await heard()).toEqual([
      [bob, music],
      [ann, music],
    ]);
    await world.clock.advance(2000);
    expect(await heard()).toEqual([[bob], [ann]]);
    const id = played.json.playback_id;
    expect((await ask('GET', `/playbacks/${id}`)).json).toMatchObject({ state: 'ended', reason: 'played' });
    expect((await ask('GET', '/rooms/r1/events')).json.events).toContainEqual(
      expect.objectContaining({ type: 'playback_ended', playback_id: id, played_ms: 3000 }),
    );
  });

  test('is heard by one member alone, beside the room or in place of it', async () => {
    await upload(1000);
    const first = await come(ann);
    await come(bob);
    const member_id = world.memberOf(first);
    for (const over of [true, false]) {
      const { json } = await ask('POST', '/rooms/r1/playbacks', { sound: 'music', member_id, loops: 0, over });
      expect(await heard()).toEqual([over ? [bob, music] : [music], [ann]]);
      expect((await ask('DELETE', `/playbacks/${json.playback_id}`)).json.reason).toBe('stopped');
    }
    expect(await heard()).toEqual([[bob], [ann]]);
  });

  test('that nobody uploaded is refused, by playbacks and by rooms', async () => {
    await come(ann);
    const played = await ask('POST', '/rooms/r1/playbacks', { sound: 'music' });
    expect([played.status, played.json.code]).toEqual([404, 'SOUND_NOT_FOUND']);
    const changed = await ask('PATCH', '/rooms/r1', { hold_sound: 'music' });
    expect([changed.status, changed.json.code]).toEqual([422, 'UNPROCESSABLE']);
  });
});

describe('the sounds of a room itself, by the name of an uploaded one', () => {
  test('entry_sound: heard by who is there when another one comes', async () => {
    await upload(400);
    expect((await ask('POST', '/rooms', { room_id: 'r1', empty_s: 1, entry_sound: 'music' })).status).toBe(201);
    const first = await come(ann);
    await world.clock.advance(1000);
    first.voices.at(-1)?.takeHeard();
    await world.clock.advance(1000);
    expect(world.peakOf(first, music)).toBeLessThan(-50);
    await come(bob);
    await world.clock.advance(500);
    expect(world.peakOf(first, music)).toBeGreaterThan(-25);
    expect(await heard()).toEqual([[bob], [ann]]);
  });

  test('hold_sound: heard in the lobby, again and again, until one is let in', async () => {
    await upload(400);
    await ask('POST', '/rooms', { room_id: 'r1', empty_s: 1, lobby: true, hold_sound: 'music' });
    const first = await come(ann);
    await come(bob);
    expect(await heard()).toEqual([[music], [music]]);
    const action = { action: 'admit' };
    expect((await ask('POST', `/rooms/r1/members/${world.memberOf(first)}/actions`, action)).status).toBe(200);
    expect(await heard()).toEqual([[], [music]]);
  });

  test('alone_sound: heard by who is alone, until another one comes, and when it has gone', async () => {
    await upload(400);
    await ask('POST', '/rooms', { room_id: 'r1', empty_s: 1, alone_sound: 'music' });
    await come(ann);
    expect(await heard()).toEqual([[music]]);
    const second = await come(bob);
    expect(await heard()).toEqual([[bob], [ann]]);
    second.call?.hangUp();
    await world.clock.advance(500);
    expect((await heard())[0]).toEqual([music]);
  });
});

test('a recording of the mix has the tones of both phones; recording_ready has its length and its hash', async () => {
  await come(ann);
  await come(bob);
  await world.clock.advance(500);
  const begun = await ask('POST', '/rooms/r1/recordings', { source: 'mix' });
  expect([begun.status, begun.json]).toMatchObject([201, { state: 'recording', rate: 16_000, format: 'wav' }]);
  const fromMs = world.clock.nowMs();
  await world.clock.advance(4000);
  const id = begun.json.recording_id;
  const stopped = await ask('DELETE', `/recordings/${id}`);
  const lengthMs = world.clock.nowMs() - fromMs;
  const { events } = (await ask('GET', '/rooms/r1/events')).json;
  const ready = events.find(({ type }: { type: string }) => type === 'recording_ready');
  const { file, bytes, sha256, duration_ms } = stopped.json.files[0];
  expect(ready).toMatchObject({ recording_id: id, member_id: null, file, bytes, sha256, duration_ms });
  // To a beat at its begin and at its end, and the time that stopping took.
  expect(Math.abs(duration_ms - lengthMs)).toBeLessThan(60);
  const fetched = await ask('GET', `/recordings/${id}/files/${file}`);
  expect([fetched.status, fetched.headers.get('content-type')]).toEqual([200, 'audio/wav']);
  expect([fetched.bytes.length, createHash('sha256').update(fetched.bytes).digest('hex')]).toEqual([bytes, sha256]);
  const read = readWav(fetched.bytes);
  if (!read.ok) throw new Error(read.fault);
  const { samples, sampleRateHz, channels } = read.value;
  expect([sampleRateHz, channels, samples.length]).toEqual([16_000, 1, duration_ms * 16]);
  expect(all.filter((hz) => levelOf(samples, hz, 16_000) > -35)).toEqual([ann, bob]);
});

describe('Idempotency-Key', () => {
  test.each([
    ['playbacks', 'playback_id', { tone: '1300:20000' }, { tone: '1300:30000' }],
    ['recordings', 'recording_id', { source: 'mix' }, { source: 'members' }],
    ['streams', 'stream_id', { url: 'ws://10.0.0.9:9000/bot' }, { url: 'ws://10.0.0.9:9000/other' }],
  ])('on %s: the same key is the same one, and there are no two of it', async (what, idName, body, other) => {
    await come(ann);
    await come(bob);
    const path = `/rooms/r1/${what}`;
    const create = (key: string, given: object) => ask('POST', path, given, { 'idempotency-key': key });
    const first = await create('k1', body);
    const again = await create('k1', body);
    expect([first.status, again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 201, 'true']);
    expect(again.json).toEqual(first.json);
    const changed = await create('k1', other);
    expect([changed.status, changed.json.code]).toEqual([422, 'IDEMPOTENCY_KEY_REUSED']);
    expect((await ask('GET', path)).json[what]).toHaveLength(1);
    const second = await create('k2', body);
    const ids = [first.json[idName], second.json[idName]];
    expect((await ask('GET', path)).json[what].map((one: Record<string, string>) => one[idName])).toEqual(ids);
    for (const id of ids) await ask('DELETE', `/${what}/${id}`);
  });
});

test('GET /metrics counts sounds, playbacks, recordings and streams; what runs ends with the room', async () => {
  await upload(1000);
  await come(ann);
  await come(bob);
  await ask('POST', '/rooms/r1/playbacks', { sound: 'music', loops: 0 });
  await ask('POST', '/rooms/r1/recordings', {});
  await ask('POST', '/rooms/r1/streams', { url: 'ws://10.0.0.9:9000/bot' });
  await world.clock.advance(500);
  // A player, a recorder and a stream.
  expect(await metrics()).toMatchObject({
    sounds: 1,
    playbacks: 1,
    playbacks_started_total: 1,
    recordings: 1,
    recordings_started_total: 1,
    streams: 1,
    media_sounds: 3,
  });
  expect((await ask('DELETE', '/rooms/r1')).status).toBe(200);
  await world.clock.advance(500);
  // And not that it is alone, though the phones go too.
  expect(bots[0]?.closed).toEqual([1000, 'Room closed']);
  expect((await ask('GET', '/rooms/r1/events')).json.events).toContainEqual(
    expect.objectContaining({ type: 'stream_stopped', reason: 'room-closed' }),
  );
  expect((await ask('GET', '/recordings')).json.recordings).toMatchObject([{ state: 'stopped', reason: 'room-ended' }]);
  expect(await metrics()).toMatchObject({ sounds: 1, playbacks: 0, recordings: 0, streams: 0, media_sounds: 0 });
});
