import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Download } from '../../../gateway/sounds/download.js';
import { tone, writeWav } from '../../../media/index.js';
import { rootDir } from '../../support/dist.js';
import type { StagePhone } from '../../support/media-stage.js';
import { room, SoundDesk } from '../../support/sound-desk.js';
import { levelOf } from '../../support/voice.js';

const fixture = (name: string): Buffer => readFileSync(join(rootDir, 'test/fixtures/sounds', name));
const wav = (hz: number, ms: number): Buffer =>
  writeWav({
    sampleRateHz: 8000,
    channels: 1,
    samples: tone({ frequenciesHz: [hz], sampleRateHz: 8000, levelDb: -12, durationMs: ms }),
  });

/** Which of the tones a phone hears in the next `ms`. */
async function hears(desk: SoundDesk, phone: StagePhone, hz: readonly number[], ms = 400): Promise<number[]> {
  phone.voice.takeHeard();
  await desk.stage.clock.advance(ms);
  const heard = phone.voice.takeHeard();
  return hz.filter((one) => levelOf(heard, one) > -35);
}

async function upload(desk: SoundDesk, name: string, file: Buffer, type = 'audio/wav') {
  return desk.ask('PUT', `/sounds/${name}`, file, { 'content-type': type });
}

describe('sounds that are uploaded', () => {
  test('WAV, Opus and MP3 are taken, listed, heard by the phones of a room, and deleted', async () => {
    const desk = new SoundDesk();
    const alice = await desk.member('a', 500);
    const files = [
      ['w', wav(1100, 2000), 'audio/wav', 1100, 2000],
      ['o', fixture('tone-900.ogg'), 'audio/ogg', 900, 2000],
      ['m', fixture('tone-700.mp3'), 'audio/mpeg', 700, 2000],
    ] as const;
    for (const [name, file, type, hz, ms] of files) {
      const { status, json } = await upload(desk, name, file, type);
      expect([status, json.bytes]).toEqual([201, file.length]);
      expect(Math.abs(json.duration_ms - ms)).toBeLessThan(120);
      const played = await desk.ask('POST', '/rooms/r/playbacks', { sound: name });
      expect(played.status).toBe(201);
      await desk.stage.clock.advance(200);
      expect(await hears(desk, alice, [1100, 900, 700])).toEqual([hz]);
      await desk.stage.clock.advance(2500);
      expect(await hears(desk, alice, [1100, 900, 700])).toEqual([]);
    }
    expect(desk.directory.typesOf()).toEqual(files.flatMap(() => ['playback_started', 'playback_ended']));
    expect(desk.directory.events.at(-1)).toMatchObject({ reason: 'played' });
    expect((await desk.ask('GET', '/sounds')).json.sounds.map((sound: { name: string }) => sound.name)).toEqual([
      'm',
      'o',
      'w',
    ]);
    expect((await upload(desk, 'w', wav(600, 100))).status).toBe(200);
    expect((await desk.ask('DELETE', '/sounds/w')).status).toBe(204);
    expect((await desk.ask('DELETE', '/sounds/w')).json.code).toBe('SOUND_NOT_FOUND');
    expect(desk.directory.watchers).toBe(0);
    expect(desk.stage.pool.counts().sounds).toBe(0);
  });

  test('what is none, too long, too large, of a bad name or type is refused, and leaves nothing', async () => {
    const desk = new SoundDesk({ config: { soundMaxBytes: 100_000, soundsMaxBytes: 150_000, soundMaxS: 3 } });
    const codes = [
      await upload(desk, 'x', Buffer.from('<html>no sound</html>')),
      await upload(desk, 'x', Buffer.alloc(0)),
      await upload(desk, 'x', wav(500, 3200)),
      await upload(desk, 'x', Buffer.alloc(100_001)),
      await upload(desk, 'x', wav(500, 100), 'text/html'),
      await upload(desk, '..%2Fx', wav(500, 100)),
      await upload(desk, 'x.wav', wav(500, 100)),
    ].map(({ json }) => json.code);
    expect(codes).toEqual([
      'UNPROCESSABLE',
      'UNPROCESSABLE',
      'UNPROCESSABLE',
      'PAYLOAD_TOO_LARGE',
      'UNSUPPORTED_MEDIA_TYPE',
      'BAD_REQUEST',
      'BAD_REQUEST',
    ]);
    for (const name of ['a', 'b', 'c', 'd']) await upload(desk, name, wav(500, 2500));
    expect((await upload(desk, 'e', wav(500, 2500))).json.code).toBe('NO_SPACE');
    expect((await desk.ask('GET', '/sounds')).json.sounds).toHaveLength(3);
  });
});

describe('playbacks', () => {
  test('to one member are heard by it alone, beside the room; a new one takes the place of the one before', async () => {
    const desk = new SoundDesk();
    const [alice, bob] = [await desk.member('a', 500), await desk.member('b', 700)];
    await desk.ask('POST', '/rooms/r/playbacks', { tone: '1300*0.3:9000', member_id: 'b' });
    await desk.stage.clock.advance(200);
    expect(await hears(desk, bob, [500, 1300])).toEqual([500, 1300]);
    expect(await hears(desk, alice, [700, 1300])).toEqual([700]);
    await desk.ask('POST', '/rooms/r/playbacks', { tone: 'tone:1700*0.3:9000', member_id: 'b' });
    await desk.stage.clock.advance(200);
    expect(await hears(desk, bob, [500, 1300, 1700])).toEqual([500, 1700]);
    desk.directory.leave(room, 'b');
    expect(desk.directory.events.slice(-1)).toMatchObject([{ type: 'playback_ended', member_id: 'b', reason: 'gone' }]);
  });

  test('that are queued follow each other; a loop goes on until it is stopped; a pause stands still', async () => {
    const desk = new SoundDesk();
    const alice = await desk.member('a', 500);
    const hz = [900, 1100, 1300];
    const first = await desk.ask('POST', '/rooms/r/playbacks', { tone: '900*0.3:1000', queue: true });
    const loop = await desk.ask('POST', '/rooms/r/playbacks', { tone: '1100*0.3:300', loops: 0, queue: true });
    const last = await desk.ask('POST', '/rooms/r/playbacks', { tone: '1300*0.3:1000', queue: true });
    await desk.stage.clock.advance(200);
    const states = async () =>
      (await desk.ask('GET', '/rooms/r/playbacks')).json.playbacks.map((p: { state: string }) => p.state);
    expect(await states()).toEqual(['playing', 'queued', 'queued']);
    expect(await hears(desk, alice, hz)).toEqual([900]);
    await desk.stage.clock.advance(1000);
    expect(await hears(desk, alice, hz, 2000)).toEqual([1100]);
    const id = loop.json.playback_id;
    expect((await desk.ask('PATCH', `/playbacks/${id}`, { paused: true })).json.state).toBe('paused');
    await desk.stage.clock.advance(200);
    expect(await hears(desk, alice, hz)).toEqual([]);
    await desk.ask('PATCH', `/playbacks/${id}`, { paused: false, gain_db: -40 });
    await desk.stage.clock.advance(200);
    expect(await hears(desk, alice, hz)).toEqual([]);
    await desk.ask('PATCH', `/playbacks/${id}`, { gain_db: 0 });
    await desk.stage.clock.advance(200);
    expect(await hears(desk, alice, hz)).toEqual([1100]);
    expect((await desk.ask('DELETE', `/playbacks/${id}`)).json).toMatchObject({ state: 'ended', reason: 'stopped' });
    await desk.stage.clock.advance(200);
    expect(await hears(desk, alice, hz)).toEqual([1300]);
    desk.directory.end(room);
    expect((await desk.ask('GET', `/playbacks/${last.json.playback_id}`)).json).toMatchObject({ reason: 'gone' });
    expect((await desk.ask('GET', `/playbacks/${first.json.playback_id}`)).json).toMatchObject({
      reason: 'played',
      played_ms: 1000,
    });
    expect(desk.parts.counters()).toMatchObject({ playbacks: 0, playbacks_started_total: 3 });
  });

  test('that duck are turned down while a member speaks, for all and for one alone', async () => {
    const desk = new SoundDesk();
    const [alice, bob] = [await desk.member('a', 500), await desk.member('b', 700)];
    const levels = async (hz: number): Promise<number[]> => {
      await desk.stage.clock.advance(1000);
      for (const { voice } of [alice, bob]) voice.takeHeard();
      await desk.stage.clock.advance(500);
      return [alice, bob].map(({ voice }) => Math.max(-60, Math.round(levelOf(voice.takeHeard(), hz))));
    };
    for (const member of [{}, { member_id: 'a' }]) {
      for (const { voice } of [alice, bob]) voice.toneHz = 0;
      await desk.stage.clock.advance(1000);
      const { json } = await desk.ask('POST', '/rooms/r/playbacks', {
        tone: '1300*0.25:60000',
        duck_db: 15,
        ...member,
      });
      const whole = await levels(1300);
      const to = 'member_id' in member ? [-12, -60] : [-12, -12];
      expect(whole).toEqual(to);
      bob.voice.toneHz = 700;
      expect(await levels(1300)).toEqual(to.map((db) => Math.max(-60, db - 15)));
      bob.voice.toneHz = 0;
      expect(await levels(1300)).toEqual(to);
      await desk.ask('DELETE', `/playbacks/${json.playback_id}`);
    }
  });

  test('tones by description, with commas and without durations, and silence', async () => {
    const desk = new SoundDesk();
    const alice = await desk.member('a', 500);
    await desk.ask('POST', '/rooms/r/playbacks', { tone: 'tone:440*0.5,0*0.5', loops: 2 });
    await desk.stage.clock.advance(100);
    expect(await hears(desk, alice, [440], 300)).toEqual([440]);
    await desk.stage.clock.advance(200);
    expect(await hears(desk, alice, [440], 300)).toEqual([]);
    await desk.stage.clock.advance(200);
    expect(await hears(desk, alice, [440], 300)).toEqual([440]);
    await desk.ask('POST', '/rooms/r/playbacks', { silence_ms: 500, queue: true });
    await desk.stage.clock.advance(3000);
    expect(desk.directory.events.filter(({ type }) => type === 'playback_ended')).toMatchObject([
      { played_ms: 2000 },
      { played_ms: 500 },
    ]);
  });

  test('what cannot be played is refused with its word', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    desk.directory.enter(room, { memberId: 's', peer: 's', leg: null, stream: {} as never });
    const bodies = [
      {},
      { sound: 'a', tone: '440:100' },
      { sound: 'nobody' },
      { tone: `440${'0'.repeat(6)}` },
      { tone: '9000:100' },
      { url: 'ftp://x/y' },
      { url: 'http://u:p@x/y' },
      { text: 'hello' },
      { tone: '440:100', member_id: 'x' },
      { tone: '440:100', member_id: 's' },
      { tone: '440:100', loops: -1 },
    ];
    const codes: string[] = [];
    for (const body of bodies) codes.push((await desk.ask('POST', '/rooms/r/playbacks', body)).json.code);
    expect(codes).toEqual([
      'BAD_REQUEST',
      'BAD_REQUEST',
      'SOUND_NOT_FOUND',
      'BAD_REQUEST',
      'BAD_REQUEST',
      'BAD_REQUEST',
      'BAD_REQUEST',
      'SPEECH_NOT_CONFIGURED',
      'MEMBER_NOT_FOUND',
      'NOT_SUPPORTED',
      'BAD_REQUEST',
    ]);
    expect((await desk.ask('POST', '/rooms/none/playbacks', { tone: '440:100' })).json.code).toBe('ROOM_NOT_FOUND');
    for (const method of ['GET', 'DELETE']) {
      expect((await desk.ask(method, '/playbacks/none')).json.code).toBe('PLAYBACK_NOT_FOUND');
    }
  });

  test('as many as may wait for a room are, and no more', async () => {
    const desk = new SoundDesk();
    await desk.member('a', 500);
    const statuses: number[] = [];
    for (let i = 0; i < 67; i += 1) {
      statuses.push((await desk.ask('POST', '/rooms/r/playbacks', { silence_ms: 60_000, queue: true })).status);
    }
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect(desk.parts.counters()).toMatchObject({ playbacks: 65, playbacks_refused_total: 2 });
    desk.directory.end(room);
    expect(desk.parts.counters()).toMatchObject({ playbacks: 0 });
    await desk.stage.clock.advance(100);
    expect(desk.stage.pool.counts().sounds).toBe(0);
  });
});

describe('sounds by URL', () => {
  const web: Download = async ({ url }) => {
    const { pathname } = new URL(url);
    const answer = (status: number, headers: Record<string, string>, body: Buffer) => ({
      status,
      headers,
      body: (async function* () {
        for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000);
      })(),
      leave: () => undefined,
    });
    const none = Buffer.alloc(0);
    switch (pathname) {
      case '/moved':
        return answer(302, { location: '/tone.ogg' }, none);
      case '/round':
        return answer(302, { location: '/round' }, none);
      case '/out':
        return answer(302, { location: 'file:///etc/passwd' }, none);
      case '/tone.ogg':
        return answer(200, { 'content-type': 'audio/ogg' }, fixture('tone-900.ogg'));
      case '/tone.mp3':
        return answer(200, { 'content-type': 'audio/mpeg' }, fixture('tone-700.mp3'));
      case '/tone.wav':
        return answer(200, { 'content-type': 'audio/wav' }, wav(1100, 2000));
      case '/page':
        return answer(200, { 'content-type': 'text/html' }, Buffer.from('<html>'));
      case '/lie':
        return answer(200, { 'content-type': 'audio/wav' }, Buffer.from('<html>'));
      case '/large':
        return answer(200, { 'content-type': 'audio/wav' }, Buffer.alloc(1_000_001));
      default:
        return answer(404, {}, none);
    }
  };

  test('are fetched, also where they have moved to, and leave no file behind', async () => {
    const desk = new SoundDesk({ web });
    const alice = await desk.member('a', 500);
    await desk.ask('POST', '/rooms/r/playbacks', { url: 'http://files.test/moved' });
    await desk.stage.clock.advance(300);
    expect(await hears(desk, alice, [900])).toEqual([900]);
    await desk.stage.clock.advance(3000);
    expect(desk.directory.typesOf()).toEqual(['playback_started', 'playback_ended']);
    expect(desk.parts.counters()).toMatchObject({ sound_cache_files: 0 });
  });

  test.each([
    ['/tone.wav', 1100],
    ['/tone.ogg', 900],
    ['/tone.mp3', 700],
  ])('%s is heard, to its end', async (path, hz) => {
    const desk = new SoundDesk({ web });
    const alice = await desk.member('a', 500);
    await desk.ask('POST', '/rooms/r/playbacks', { url: `http://files.test${path}` });
    await desk.stage.clock.advance(300);
    expect(await hears(desk, alice, [1100, 900, 700], 1400)).toEqual([hz]);
    await desk.stage.clock.advance(1500);
    expect(await hears(desk, alice, [1100, 900, 700])).toEqual([]);
    expect(desk.directory.events.at(-1)).toMatchObject({ type: 'playback_ended', reason: 'played' });
  });

  test.each([
    ['/round', 'URL_REDIRECTS'],
    ['/out', 'URL_REDIRECTS'],
    ['/page', 'URL_NOT_SOUND'],
    ['/lie', 'URL_NOT_SOUND'],
    ['/large', 'URL_TOO_LARGE'],
    ['/none', 'URL_STATUS'],
  ])('%s fails with %s', async (path, error) => {
    const desk = new SoundDesk({ web });
    await desk.member('a', 500);
    await desk.ask('POST', '/rooms/r/playbacks', { url: `http://files.test${path}` });
    await desk.stage.clock.advance(200);
    expect(desk.directory.events).toMatchObject([{ type: 'playback_failed', error }]);
    expect(desk.parts.counters()).toMatchObject({ sound_cache_files: 0, playbacks: 0, playbacks_failed_total: 1 });
  });

  test('that never answer fail in time, and what waits behind them is played', async () => {
    const slow: Download = ({ signal }) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));
    const desk = new SoundDesk({ web: slow });
    const alice = await desk.member('a', 500);
    await desk.ask('POST', '/rooms/r/playbacks', { url: 'http://slow.test/x', queue: true });
    await desk.ask('POST', '/rooms/r/playbacks', { tone: '1300*0.3:2000', queue: true });
    await desk.stage.clock.advance(5200);
    expect(desk.directory.events[0]).toMatchObject({ type: 'playback_failed', error: 'URL_TIMEOUT' });
    expect(await hears(desk, alice, [1300])).toEqual([1300]);
    expect(desk.stage.clock.nowMs()).toBeLessThan(10_000);
  });
});
