import { expect } from 'vitest';
import { botUrl, type Desk, type RowTest, soundUrl } from './desk.js';

/** The row's recording runs for two seconds: its id. */
async function record(desk: Desk, source: string): Promise<string> {
  const begun = await desk.ask('POST', '/rooms/r1/recordings', { source });
  expect([begun.status, begun.json]).toMatchObject([201, { state: 'recording', source, files: [] }]);
  await desk.world.clock.advance(2000);
  expect(await desk.told()).toContainEqual(
    expect.objectContaining({ type: 'recording_started', recording_id: begun.json.recording_id }),
  );
  return begun.json.recording_id as string;
}

/** Ends it: who is in each of its files, by the file's name. */
async function ended(desk: Desk, id: string): Promise<Record<string, number[]>> {
  const { json } = await desk.ask('DELETE', `/recordings/${id}`);
  expect(json).toMatchObject({ state: 'stopped', reason: 'requested', lost_ms: 0 });
  const heard: Record<string, number[]> = {};
  for (const { file } of json.files) heard[file] = await desk.recorded(id, file);
  return heard;
}

/** A stream of 16 bits to the application: its id. */
async function stream(desk: Desk, body: object): Promise<string> {
  await desk.serveBots();
  const made = await desk.ask('POST', '/rooms/r1/streams', { url: botUrl, encoding: 'l16', ...body });
  expect([made.status, made.json]).toMatchObject([201, { state: 'open', direction: 'out', url: botUrl }]);
  return made.json.stream_id as string;
}

/** Rows of LiveKit's Egress and Ingress. */
export const livekitSound: Readonly<Record<string, RowTest>> = {
  StartRoomCompositeEgress: async (desk) => {
    await desk.meet(2);
    expect(await ended(desk, await record(desk, 'mix'))).toEqual({ 'mix-001.wav': [0, 1] });
  },

  StartTrackEgress: async (desk) => {
    await desk.meet(2);
    const { member_id } = await desk.member(1);
    expect(Object.values(await ended(desk, await record(desk, member_id)))).toEqual([[1]]);
  },

  StartParticipantEgress: async (desk) => {
    await desk.meet(2);
    const { member_id } = await desk.member(0);
    expect(Object.values(await ended(desk, await record(desk, member_id)))).toEqual([[0]]);
  },

  'StartTrackEgress websocket_url': async (desk) => {
    await desk.meet(2);
    const { member_id } = await desk.member(1);
    await stream(desk, { of: member_id, ways: 'hears' });
    expect(await desk.heardByBot()).toEqual([1]);
  },

  StopEgress: async (desk) => {
    await desk.meet(2);
    const id = await record(desk, 'mix');
    await ended(desk, id);
    const ready = (await desk.told()).find(({ type }) => type === 'recording_ready');
    expect(ready).toMatchObject({ recording_id: id, member_id: null, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
  },

  'StopEgress websocket_url': async (desk) => {
    await desk.meet(2);
    const id = await stream(desk, { ways: 'hears' });
    expect((await desk.ask('DELETE', `/streams/${id}`)).status).toBe(204);
    await desk.world.clock.advance(500);
    expect([desk.bots[0]?.closed, (await desk.ask('GET', '/streams')).json.streams]).toEqual([[1000, 'stopped'], []]);
  },

  ListEgress: async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    const stream_id = await stream(desk, {});
    expect((await desk.ask('GET', '/recordings')).json.recordings).toMatchObject([{ recording_id: id }]);
    expect((await desk.ask('GET', '/streams')).json.streams).toMatchObject([{ stream_id }]);
  },

  egress_started: async (desk) => {
    await desk.meet(1);
    await record(desk, 'mix');
  },

  egress_updated: async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    for (const paused of [true, false]) await desk.ask('PATCH', `/recordings/${id}`, { paused });
    expect((await desk.toldTypes()).slice(-2)).toEqual(['recording_paused', 'recording_resumed']);
  },

  egress_ended: async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    await ended(desk, id);
    expect((await desk.toldTypes()).slice(-2)).toEqual(['recording_ready', 'recording_stopped']);
  },

  'CreateIngress URL_INPUT': async (desk) => {
    await desk.meet(2);
    const played = await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl });
    expect(played.status).toBe(201);
    // The file has the tone that 1003 would say.
    expect(await desk.heardBy(0)).toEqual([1, 2]);
  },

  DeleteIngress: async (desk) => {
    await desk.meet(2);
    const { playback_id } = (await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl, loops: 0 })).json;
    expect(await desk.heardBy(1)).toEqual([0, 2]);
    expect((await desk.ask('DELETE', `/playbacks/${playback_id}`)).json).toMatchObject({ reason: 'stopped' });
    expect(await desk.heardBy(1)).toEqual([0]);
  },

  ingress_started: async (desk) => {
    await desk.meet(1);
    const { playback_id } = (await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl })).json;
    await desk.world.clock.advance(1000);
    expect(await desk.told()).toContainEqual(
      expect.objectContaining({ type: 'playback_started', playback_id, member_id: null }),
    );
  },

  ingress_ended: async (desk) => {
    await desk.meet(1);
    const { playback_id } = (await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl })).json;
    await desk.world.clock.advance(8000);
    expect(await desk.told()).toContainEqual(
      expect.objectContaining({ type: 'playback_ended', playback_id, reason: 'played' }),
    );
  },
};

/** Rows of Twilio's announcements, conference recordings and Media Streams. */
export const twilioSound: Readonly<Record<string, RowTest>> = {
  HoldUrl: async (desk) => {
    await desk.meet(2);
    await desk.change(0, { muted: true, deaf: true });
    const { member_id } = await desk.member(0);
    const music = await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl, loops: 0, member_id });
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[2], []]);
    await desk.ask('DELETE', `/playbacks/${music.json.playback_id}`);
    await desk.change(0, { muted: false, deaf: false });
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[1], [0]]);
  },

  'conference AnnounceUrl': async (desk) => {
    await desk.meet(2);
    await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl });
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([
      [1, 2],
      [0, 2],
    ]);
  },

  AnnounceUrl: async (desk) => {
    await desk.meet(2);
    const { member_id } = await desk.member(0);
    await desk.ask('POST', '/rooms/r1/playbacks', { url: soundUrl, member_id });
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[1, 2], [0]]);
  },

  'announcement-end': async (desk) => {
    await desk.meet(1);
    await desk.ask('POST', '/rooms/r1/playbacks', { tone: '1250:500' });
    await desk.world.clock.advance(2000);
    expect(await desk.told()).toContainEqual(expect.objectContaining({ type: 'playback_ended', reason: 'played' }));
  },

  'announcement-fail': async (desk) => {
    await desk.meet(1);
    await desk.ask('POST', '/rooms/r1/playbacks', { url: 'http://nobody.test/x.wav' });
    await desk.world.clock.advance(20_000);
    expect(await desk.toldTypes()).toContain('playback_failed');
  },

  'create recording': livekitSound.StartRoomCompositeEgress!,

  'recording Status=paused': async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    expect((await desk.ask('PATCH', `/recordings/${id}`, { paused: true })).json.state).toBe('paused');
    // What is said now is not in it.
    await desk.world.clock.advance(100);
    desk.phones[0]!.voices.at(-1)!.toneHz = 800;
    await desk.world.clock.advance(2000);
    expect(await desk.toldTypes()).toContain('recording_paused');
    expect(await ended(desk, id)).toEqual({ 'mix-001.wav': [0] });
  },

  'recording Status=in-progress': async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    await desk.ask('PATCH', `/recordings/${id}`, { paused: true });
    await desk.world.clock.advance(5000);
    expect((await desk.ask('PATCH', `/recordings/${id}`, { paused: false })).json.state).toBe('recording');
    await desk.world.clock.advance(2000);
    expect(await desk.toldTypes()).toContain('recording_resumed');
    const { json } = await desk.ask('DELETE', `/recordings/${id}`);
    expect(Math.abs(json.files[0].duration_ms - 4400)).toBeLessThan(60);
  },

  'recording Status=stopped': livekitSound.StopEgress!,

  'list recordings': async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    await desk.ask('DELETE', '/rooms/r1');
    await desk.world.clock.advance(1000);
    const { recordings } = (await desk.ask('GET', '/rooms/r1/recordings')).json;
    expect(recordings).toMatchObject([{ recording_id: id, state: 'stopped', reason: 'room-ended' }]);
  },

  'fetch recording': async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    expect(await desk.ask('GET', `/recordings/${id}`)).toMatchObject({ status: 200, json: { recording_id: id } });
  },

  'delete recording': async (desk) => {
    await desk.meet(1);
    const id = await record(desk, 'mix');
    await ended(desk, id);
    expect((await desk.ask('DELETE', `/recordings/${id}/files/mix-001.wav`)).status).toBe(204);
    expect((await desk.ask('GET', `/recordings/${id}/files/mix-001.wav`)).status).toBe(404);
  },

  'recording-in-progress': livekitSound.egress_started!,
  'recording-completed': livekitSound.egress_ended!,

  '<Start><Stream>': livekitSound['StartTrackEgress websocket_url']!,

  '<Connect><Stream>': async (desk) => {
    await desk.meet(2);
    const { member_id } = await desk.member(0);
    await stream(desk, { of: member_id });
    expect(await desk.heardByBot()).toEqual([0]);
    desk.botSays(2);
    expect([await desk.heardBy(0), await desk.heardBy(1)]).toEqual([[1, 2], [0]]);
  },

  '<Stop><Stream>': livekitSound['StopEgress websocket_url']!,

  'stream-started': async (desk) => {
    await desk.meet(1);
    const stream_id = await stream(desk, {});
    expect(await desk.told()).toContainEqual(expect.objectContaining({ type: 'stream_started', stream_id }));
  },

  'stream-stopped': async (desk) => {
    await desk.meet(1);
    const stream_id = await stream(desk, {});
    await desk.ask('DELETE', `/streams/${stream_id}`);
    const stopped = { type: 'stream_stopped', stream_id, reason: 'stopped' };
    expect(await desk.told()).toContainEqual(expect.objectContaining(stopped));
  },
};
