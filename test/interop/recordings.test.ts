import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { RecordingFile, RecordingView } from '../../contract/recordings.js';
import { WAV_FRAMES } from '../../gateway/recordings/track.js';
import { wavHeader } from '../../media/index.js';
import { eventually } from '../support/eventually.js';
import { levelOf } from '../support/voice.js';
import { requirePeers } from './support/peers.js';
import { tone } from './support/sound.js';
import { Stage } from './support/stage.js';

/** Recordings of calls of other people's phones, as other people's programs read them. */

let stage: Stage;

beforeEach(() => {
  stage = new Stage();
  requirePeers('baresip', 'sox', 'ffmpeg');
});

afterEach(() => stage.close());

/** What a program says; it must end well and warn of nothing. */
function told(command: string, ...args: readonly string[]): Buffer {
  const { status, stdout, stderr } = spawnSync(command, args, { maxBuffer: 1 << 28 });
  expect([command, status, command === 'sox' ? '' : stderr.toString()]).toEqual([command, 0, '']);
  expect(stderr.toString()).not.toMatch(/warn|fail|error/i);
  return command === 'sox' ? stderr : stdout;
}

/** It says of every plain WAV file that it guesses its channels. */
const plain = ['-guess_layout_max', '0'];

/** All of a file as ffmpeg decodes it. */
function decoded(file: string, rateHz: number): Int16Array {
  const raw = told(
    'ffmpeg',
    '-v',
    'warning',
    '-xerror',
    ...plain,
    '-i',
    file,
    '-f',
    's16le',
    '-ar',
    String(rateHz),
    '-',
  );
  return new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
}

function probed(file: string): { codec: string; seconds: number; rateHz: number; channels: number } {
  const shown = 'format=duration:stream=codec_name,sample_rate,channels';
  const { format, streams } = JSON.parse(
    told('ffprobe', '-v', 'warning', '-show_entries', shown, '-of', 'json', file).toString(),
  );
  const [{ codec_name, sample_rate, channels }] = streams;
  return { codec: codec_name, seconds: Number(format.duration), rateHz: Number(sample_rate), channels };
}

/** In how many tenths of a second a tone is heard: a busy machine leaves holes. */
function tenthsOf(pcm: Int16Array, hz: number): number {
  let tenths = 0;
  for (let at = 0; at + 800 <= pcm.length; at += 800) if (levelOf(pcm.subarray(at, at + 800), hz) > -30) tenths += 1;
  return tenths;
}

/** `sox FILE -n stat` by its words. */
function statOf(file: string): Record<string, number> {
  const lines = told('sox', file, '-n', 'stat').toString().split('\n');
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [, name, value] = /^([A-Za-z ()]+?)\s*:\s*(-?[\d.]+)$/.exec(line.trim()) ?? [];
      return name === undefined ? [] : [[name.replace(/\s+/g, ' '), Number(value)]];
    }),
  );
}

test('calls of baresip with PCMU, G.722 and Opus in one room: ffmpeg, ffprobe and sox read each file without a warning', async () => {
  const gateway = await stage.gateway();
  const ask = async (method: string, path: string, body?: object): Promise<Response> => {
    const response = await fetch(gateway.apiUrl + path, {
      method,
      ...(body !== undefined && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    expect([path, response.ok]).toEqual([path, true]);
    return response;
  };
  const view = async (id: string): Promise<RecordingView> =>
    (await (await ask('GET', `/recordings/${id}`)).json()) as RecordingView;
  const start = async (body: object): Promise<string> =>
    ((await (await ask('POST', '/rooms/9000/recordings', body)).json()) as RecordingView).recording_id;
  const pitches = { PCMU: 500, G722: 900, opus: 1300 } as const;
  const come = async (codec: keyof typeof pitches, user: string) => {
    const phone = await stage.baresip({ gateway, user, codec });
    await phone.call('9000');
    await phone.say(tone(stage.directory, pitches[codec], 60, 0.1));
    return phone;
  };
  const first = await come('PCMU', '1001');
  const ids = [
    await start({ rate: 16_000 }),
    await start({ rate: 48_000, format: 'ogg', split_s: 2 }),
    await start({ rate: 8000, format: 'wav', source: 'members' }),
    await start({ rate: 16_000, format: 'ogg' }),
  ];
  await first.hearMore(1000);
  await come('G722', '1002');
  await first.hearMore(1000);
  const last = await come('opus', '1003');
  await last.hearMore(3000);
  const views: RecordingView[] = [];
  for (const id of ids) {
    await ask('DELETE', `/recordings/${id}`);
    views.push(await view(id));
  }
  const fetched = async (id: string, { file, bytes, sha256 }: RecordingFile): Promise<string> => {
    const data = Buffer.from(await (await ask('GET', `/recordings/${id}/files/${file}`)).arrayBuffer());
    expect([data.length, createHash('sha256').update(data).digest('hex')]).toEqual([bytes, sha256]);
    const path = join(stage.directory, `${id}-${file}`);
    writeFileSync(path, data);
    return path;
  };
  const present = (pcm: Int16Array): number[] => Object.values(pitches).filter((hz) => tenthsOf(pcm, hz) >= 3);
  for (const { recording_id, files, format, rate, state, source } of views) {
    expect(state).toBe('stopped');
    expect(files.length).toBe(source === 'members' ? 3 : recording_id === ids[1] ? files.length : 1);
    for (const info of files) {
      const path = await fetched(recording_id, info);
      const probe = probed(path);
      expect(probe).toMatchObject({
        codec: format === 'wav' ? 'pcm_s16le' : 'opus',
        channels: 1,
        rateHz: format === 'wav' ? rate : 48_000,
      });
      // FFmpeg counts the 6.5 ms before the start of Opus (RFC 7845 §4.2) in.
      expect(Math.abs(probe.seconds * 1000 - info.duration_ms)).toBeLessThan(8);
      const pcm = decoded(path, 8000);
      expect(Math.abs(pcm.length / 8 - info.duration_ms)).toBeLessThan(8);
      const isWhole = source !== 'members' && info.start_ms + info.duration_ms > 4000 && info.duration_ms > 1500;
      if (isWhole && recording_id !== ids[1]) expect(present(pcm)).toEqual(Object.values(pitches));
      if (source === 'members') expect(present(pcm)).toHaveLength(1);
      if (format !== 'wav') continue;
      const stat = statOf(path);
      expect(stat['Samples read']).toBe((info.bytes - 44) / 2);
      expect(stat['Maximum amplitude']).toBeGreaterThan(0.08);
      expect(stat['Maximum amplitude']).toBeLessThan(0.5);
      expect(Math.abs(stat['Mean amplitude']!)).toBeLessThan(0.001);
    }
  }
  const parts = views[1]!.files;
  expect(parts.length).toBeGreaterThan(2);
  expect(parts.map(({ start_ms }) => start_ms)).toEqual(parts.map((_, index) => 2000 * index));
  expect(parts.slice(0, -1).map(({ duration_ms }) => duration_ms)).toEqual(parts.slice(1).map(() => 2000));
  await eventually('nothing is recorded any more', async () =>
    ((await (await ask('GET', '/recordings')).json()) as { recordings: RecordingView[] }).recordings.every(
      (one) => one.state === 'stopped',
    ),
  );
});

test('the longest WAV file that is written has lengths that sox and ffprobe understand', () => {
  const path = join(stage.directory, 'longest.wav');
  // Of the 4 GiB only the header takes place on the disk.
  const file = openSync(path, 'w');
  writeSync(file, wavHeader({ sampleRateHz: 48_000, channels: 1 }, WAV_FRAMES * 2));
  ftruncateSync(file, 44 + WAV_FRAMES * 2);
  closeSync(file);
  expect(probed(path)).toEqual({ codec: 'pcm_s16le', channels: 1, rateHz: 48_000, seconds: WAV_FRAMES / 48_000 });
  expect(Number(spawnSync('sox', ['--i', '-s', path]).stdout.toString())).toBe(WAV_FRAMES);
});
