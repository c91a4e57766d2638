import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { rangeOf } from '../../../gateway/api/recordings.js';
import { tone } from '../../../media/index.js';
import { heard, record, tones } from '../../support/recording-desk.js';
import { room, SoundDesk } from '../../support/sound-desk.js';
import { levelOf } from '../../support/voice.js';

describe('the mix of a room', () => {
  test.each(['wav', 'ogg'] as const)(
    'as %s has both voices, its length, its hash, and is there after the room',
    async (format) => {
      const desk = new SoundDesk();
      await desk.member('a', 500);
      await desk.member('b', 1100);
      await desk.stage.clock.advance(200);
      const id = await record(desk, { format });
      await desk.stage.clock.advance(3000);
      expect((await desk.ask('GET', `/recordings/${id}`)).json).toMatchObject({ state: 'recording', files: [] });
      const { json } = await desk.ask('DELETE', `/recordings/${id}`);
      expect(json).toMatchObject({ state: 'stopped', reason: 'requested', lost_ms: 0 });
      expect(json.files).toHaveLength(1);
      const [file] = json.files;
      expect(file).toMatchObject({ file: `mix-001.${format}`, member_id: null, start_ms: 0 });
      expect(Math.abs(file.duration_ms - 3000)).toBeLessThan(60);
      desk.directory.end(room);
      const { bytes } = await desk.ask('GET', `/recordings/${id}/files/${file.file}`);
      expect(bytes).toHaveLength(file.bytes);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(file.sha256);
      const pcm = await heard(desk, id, file.file);
      expect(Math.abs(pcm.length - file.duration_ms * 16)).toBeLessThan(20);
      expect(tones(pcm, [500, 800, 1100])).toEqual([500, 1100]);
      expect(desk.directory.typesOf()).toEqual(['recording_started', 'recording_ready', 'recording_stopped']);
      expect(desk.directory.events[1]).toMatchObject({ sha256: file.sha256, bytes: file.bytes });
      expect(desk.stage.pool.counts().sounds).toBe(0);
      expect(desk.directory.watchers).toBe(0);
    },
  );

  test('split by time has every sample once: the pieces put together are the sound', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    await desk.stage.clock.advance(200);
    const whole = await record(desk, { rate: 8000 });
    const split = await record(desk, { rate: 8000, split_s: 1 });
    await desk.stage.clock.advance(3300);
    await desk.ask('DELETE', `/recordings/${whole}`);
    const { json } = await desk.ask('DELETE', `/recordings/${split}`);
    expect(json.files.map((file: { start_ms: number }) => file.start_ms)).toEqual([0, 1000, 2000, 3000]);
    const pieces: number[] = [];
    for (const { file } of json.files) pieces.push(...(await heard(desk, split, file)));
    const all = [...(await heard(desk, whole, 'mix-001.wav'))];
    const samples = Math.min(pieces.length, all.length);
    expect(samples).toBeGreaterThan(3000 * 8);
    // The second was started a beat later at most.
    const offset = [0, 160, 320].find((by) => pieces.slice(0, 8000).every((sample, i) => sample === all[i + by]));
    expect(offset).toBeDefined();
    expect(pieces.slice(0, samples - offset!)).toEqual(all.slice(offset, samples));
  });

  test('leaves out what is said in a pause, and ends at its longest', async () => {
    const desk = new SoundDesk();
    const alice = await desk.member('a', 500);
    await desk.stage.clock.advance(200);
    const id = await record(desk, { max_s: 3 });
    await desk.stage.clock.advance(1010);
    expect((await desk.ask('PATCH', `/recordings/${id}`, { paused: true })).json.state).toBe('paused');
    alice.voice.toneHz = 1300;
    await desk.stage.clock.advance(2000);
    alice.voice.toneHz = 700;
    await desk.stage.clock.advance(150);
    await desk.ask('PATCH', `/recordings/${id}`, { paused: false });
    await desk.stage.clock.advance(5000);
    const { json } = await desk.ask('GET', `/recordings/${id}`);
    expect(json).toMatchObject({ state: 'stopped', reason: 'max-length', files: [{ duration_ms: 3000 }] });
    const pcm = await heard(desk, id, 'mix-001.wav');
    expect(tones(pcm, [500, 700, 1300])).toEqual([500, 700]);
    expect(levelOf(pcm, 1300, 16_000)).toBeLessThan(-45);
    expect((await desk.ask('PATCH', `/recordings/${id}`, { paused: true })).json.code).toBe('WRONG_STATE');
  });
});

describe('members', () => {
  test('have files of their own, also who comes later, on one time line, each with its voice alone', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    await desk.stage.clock.advance(200);
    const id = await record(desk, { source: 'members', format: 'ogg', rate: 8000 });
    await desk.stage.clock.advance(1000);
    await desk.member('b', 1100);
    await desk.stage.clock.advance(2000);
    desk.directory.leave(room, 'b');
    await desk.stage.clock.advance(500);
    desk.directory.end(room);
    await desk.stage.clock.advance(200);
    const { json } = await desk.ask('GET', `/recordings/${id}`);
    expect(json).toMatchObject({ state: 'stopped', reason: 'room-ended' });
    const of = (who: string) => json.files.find((file: { member_id: string }) => file.member_id === who);
    expect(of('a').start_ms).toBe(0);
    expect(Math.abs(of('b').start_ms - 1000)).toBeLessThan(60);
    expect(Math.abs(of('b').duration_ms - 2000)).toBeLessThan(60);
    expect(tones(await heard(desk, id, of('a').file, 8000), [500, 1100], 8000)).toEqual([500]);
    expect(tones(await heard(desk, id, of('b').file, 8000), [500, 1100], 8000)).toEqual([1100]);
  });

  test('that are applications have files too, each with what it says, in step with the phones; one that only hears has none', async () => {
    const desk = new SoundDesk();
    const alice = await desk.member('a', 0);
    const bot = await desk.application('bot');
    await desk.application('ear', { ways: 'hears' });
    await desk.stage.clock.advance(200);
    const id = await record(desk, { source: 'members', rate: 8000 });
    const beep = (hz: number) => tone({ frequenciesHz: [hz], sampleRateHz: 8000, levelDb: -12, durationMs: 500 });
    await desk.stage.clock.advance(500);
    const later = await desk.application('later');
    const said = beep(1100);
    bot.feed(new Uint8Array(said.buffer));
    later.feed(new Uint8Array(beep(1700).buffer));
    alice.voice.say(beep(700));
    await desk.stage.clock.advance(1000);
    desk.directory.leave(room, 'bot');
    bot.close();
    await desk.stage.clock.advance(300);
    const { json } = await desk.ask('DELETE', `/recordings/${id}`);
    const of = (who: string) => json.files.find((file: { member_id: string }) => file.member_id === who);
    expect(json.files.map((file: { member_id: string }) => file.member_id).sort()).toEqual(['a', 'bot', 'later']);
    const sounds: Record<string, Int16Array> = {};
    for (const [who, hz] of Object.entries({ a: 700, bot: 1100, later: 1700 })) {
      sounds[who] = await heard(desk, id, of(who).file, 8000);
      const spoken = sounds[who].filter((sample) => Math.abs(sample) > 500);
      expect(spoken.length).toBeGreaterThan(3500);
      const from = sounds[who].findIndex((sample) => Math.abs(sample) > 500);
      expect(tones(sounds[who].subarray(from, from + 3200), [700, 1100, 1700], 8000)).toEqual([hz]);
    }
    // Its sound is there as it was fed, 1.5 ms of each of the two filters later.
    const first = sounds.bot!.findIndex((sample) => sample !== 0);
    const begun = said.findIndex((sample) => sample !== 0);
    expect([...sounds.bot!.subarray(first, first + 3000)]).toEqual([...said.subarray(begun, begun + 3000)]);
    expect(of('later').start_ms).toBeGreaterThan(490);
    expect(desk.directory.typesOf()).toEqual([
      'recording_started',
      'recording_ready',
      'recording_ready',
      'recording_ready',
      'recording_stopped',
    ]);
  });

  test('an application alone may be recorded, until it leaves; one that only hears may not', async () => {
    const desk = new SoundDesk();
    const bot = await desk.application('bot', { sampleRateHz: 16_000 });
    await desk.application('ear', { ways: 'hears' });
    const id = await record(desk, { source: 'bot', format: 'ogg' });
    const codes: string[] = [];
    for (const source of ['bot', 'members', 'ear']) {
      codes.push((await desk.ask('POST', '/rooms/r/recordings', { source })).json.code);
    }
    expect(codes).toEqual(['ALREADY_RECORDED', 'ALREADY_RECORDED', 'NOT_SUPPORTED']);
    const said = tone({ frequenciesHz: [3000], sampleRateHz: 16_000, levelDb: -12, durationMs: 3000 });
    bot.feed(new Uint8Array(said.buffer));
    await desk.stage.clock.advance(2000);
    bot.close();
    desk.directory.leave(room, 'bot');
    await desk.stage.clock.advance(300);
    const { json } = await desk.ask('GET', `/recordings/${id}`);
    expect(json).toMatchObject({ state: 'stopped', reason: 'member-left', files: [{ member_id: 'bot' }] });
    expect(tones(await heard(desk, id, json.files[0].file), [1000, 3000])).toEqual([3000]);
  });

  test('one alone may be recorded, once; others are refused with their word', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    await record(desk, { source: 'a' });
    const codes: string[] = [];
    for (const body of [{ source: 'a' }, { source: 'members' }, { source: 'x' }, { rate: 44_100 }, { format: 'mp3' }]) {
      codes.push((await desk.ask('POST', '/rooms/r/recordings', body)).json.code);
    }
    codes.push((await desk.ask('POST', '/rooms/none/recordings', {})).json.code);
    expect(codes).toEqual([
      'ALREADY_RECORDED',
      'ALREADY_RECORDED',
      'MEMBER_NOT_FOUND',
      'BAD_REQUEST',
      'BAD_REQUEST',
      'ROOM_NOT_FOUND',
    ]);
    for (const path of ['/recordings/none', '/recordings/none/files/mix-001.wav']) {
      expect((await desk.ask('GET', path)).json.code).toBe('RECORDING_NOT_FOUND');
    }
    desk.directory.leave(room, 'a');
    await desk.stage.clock.advance(200);
    expect((await desk.ask('GET', '/recordings')).json.recordings).toMatchObject([{ reason: 'member-left' }]);
  });
});

describe('RFC 9110 §14 a file of a recording', () => {
  test('is read as a whole or in ranges, and deleted', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const id = await record(desk);
    await desk.stage.clock.advance(1000);
    await desk.ask('DELETE', `/recordings/${id}`);
    const path = `/recordings/${id}/files/mix-001.wav`;
    const whole = await desk.ask('GET', path);
    expect([whole.status, whole.headers.get('content-type'), whole.headers.get('accept-ranges')]).toEqual([
      200,
      'audio/wav',
      'bytes',
    ]);
    const head = await desk.ask('HEAD', path);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(whole.bytes.length)]);
    const part = await desk.ask('GET', path, undefined, { range: 'bytes=8-11' });
    expect([part.status, part.bytes.toString(), part.headers.get('content-range')]).toEqual([
      206,
      'WAVE',
      `bytes 8-11/${whole.bytes.length}`,
    ]);
    const beyond = await desk.ask('GET', path, undefined, { range: 'bytes=999999-' });
    expect([beyond.status, beyond.json.code]).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
    expect((await desk.ask('GET', `/recordings/${id}/files/..%2F..%2Fx`)).json.code).toBe('FILE_NOT_FOUND');
    expect((await desk.ask('DELETE', path)).status).toBe(204);
    expect((await desk.ask('GET', path)).json.code).toBe('RECORDING_NOT_FOUND');
  });

  test.each([
    [undefined, [0, 10, false]],
    ['bytes=0-', [0, 10, true]],
    ['bytes=-3', [7, 10, true]],
    ['bytes=-30', [0, 10, true]],
    ['bytes=2-400', [2, 10, true]],
    ['bytes=5-2', [0, 10, false]],
    ['bytes=0-1,3-4', [0, 10, false]],
    ['lines=0-1', [0, 10, false]],
    ['bytes=10-', null],
    ['bytes=-0', null],
  ] as const)('range %s of ten bytes', (header, expected) => {
    const range = rangeOf(header, 10);
    expect(range === null ? null : [range.from, range.to, range.isPart]).toEqual(expected);
  });
});
