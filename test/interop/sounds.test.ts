import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRealClock, delay } from '../../base/clock.js';
import type { LegId } from '../../base/ids.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import { createApi } from '../../gateway/api/app.js';
import type { ApiCommands } from '../../gateway/api/commands.js';
import { type HttpServer, startHttpServer } from '../../gateway/api/server.js';
import type { SoundCodecs } from '../../gateway/sounds/codecs.js';
import { createDownloads } from '../../gateway/sounds/download.js';
import { createSoundParts, type SoundParts } from '../../gateway/sounds/parts.js';
import { commandParts } from '../../gateway/sounds/speech.js';
import { runCommand } from '../../gateway/sounds/speech-command.js';
import { answerOffer, codecNames, createOfferAnswer, PortAllocator } from '../../media/index.js';
import { createInlineHost, createMediaPool } from '../../rooms/index.js';
import { fromDist, rootDir } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { FakeDirectory, room } from '../support/sound-desk.js';
import { levelOf, Voice } from '../support/voice.js';

const clock = createRealClock();
const random = createRealRandom();
const network = createRealNetwork();
const address = '127.0.0.1';
const deps = { clock, random, network, log: silentLogger };
const directory = mkdtempSync(join(tmpdir(), 'hookline-sounds-'));
const rooms = new FakeDirectory();
const pool = createMediaPool({ ...deps, hosts: 1, spawn: () => createInlineHost(deps) });
const ports = new PortAllocator({ clock, fromPort: 27_000, toPort: 27_099 });
const downloads = createDownloads({ clock, allow: [] });
const voices: Voice[] = [];
let codecs: SoundCodecs;
let parts: SoundParts;
let server: HttpServer;
const mp3 = readFileSync(join(rootDir, 'test/fixtures/sounds/tone-700.mp3'));
const web = createServer((request, response) => {
  if (request.url === '/moved') response.writeHead(302, { location: '/tone.mp3' }).end();
  else if (request.url === '/meta') response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end();
  else response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(mp3);
});

const passed = (ms: number): Promise<void> => delay(clock, ms);
const webUrl = (path: string): string => `http://${address}:${(web.address() as AddressInfo).port}${path}`;

async function ask(method: string, path: string, body?: unknown, type = 'application/json') {
  const response = await fetch(`http://${address}:${server.local.port}${path}`, {
    method,
    ...(body !== undefined && {
      headers: { 'content-type': type },
      body: body instanceof Uint8Array ? new Uint8Array(body) : JSON.stringify(body),
    }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: the answer's shape is what each test asserts
  return { status: response.status, json: (await response.json()) as any };
}

async function download(path: string): Promise<Buffer> {
  return Buffer.from(await (await fetch(`http://${address}:${server.local.port}${path}`)).arrayBuffer());
}

/** A phone over real sockets, in the room. */
async function enters(memberId: string, toneHz: number, rtpPort: number): Promise<Voice> {
  const voice = new Voice({ clock, random, network, address, rtpPort, toneHz });
  await voice.open();
  const leg = await pool.openLeg({
    legId: memberId as LegId,
    roomId: room,
    address,
    ports,
    rtpTimeoutMs: 0,
    cname: 'test',
    onEvent: () => undefined,
  });
  const { rtpPort: ours, rtcpPort } = leg;
  const local = {
    address,
    rtpPort: ours,
    rtcpPort,
    codecs: codecNames,
    telephoneEvent: true,
    ptimeMs: 20,
    direction: 'sendrecv' as const,
  };
  const answered = answerOffer(createOfferAnswer({ sessionId: '1', username: '-' }), voice.offer().toString(), local);
  if (!answered.ok) throw new Error(answered.fault);
  voice.accept(Buffer.from(answered.sdp));
  leg.set(answered.media);
  leg.join(room, { echo: false });
  rooms.enter(room, { memberId, peer: memberId, leg, stream: null });
  voices.push(voice);
  return voice;
}

/** Loudness of what was heard in so long, in dB. */
async function hearsFor(voice: Voice, ms: number): Promise<Int16Array> {
  voice.takeHeard();
  await passed(ms);
  return voice.takeHeard();
}

/** In how many tenths of a second a tone is heard: a busy machine leaves holes. */
function tenthsOf(pcm: Int16Array, hz: number): number {
  let tenths = 0;
  for (let at = 0; at + 800 <= pcm.length; at += 800) if (levelOf(pcm.subarray(at, at + 800), hz) > -30) tenths += 1;
  return tenths;
}

beforeAll(async () => {
  await pool.ready();
  await new Promise<void>((resolve) => web.listen(0, address, resolve));
  const { createCodecThread } = await fromDist<typeof import('../../gateway/sounds/codec-thread.js')>(
    'gateway/sounds/codec-thread.js',
  );
  codecs = createCodecThread(silentLogger);
  parts = createSoundParts({
    config: {
      dataDir: directory,
      maxRoomRateHz: 16_000,
      soundMaxBytes: 1_000_000,
      soundMaxS: 60,
      soundsMaxBytes: 10_000_000,
      soundCacheBytes: 10_000_000,
      soundFetchTimeoutMs: 5000,
      ttsCommand: commandParts('espeak-ng --stdout -v {voice} {text}'),
      ttsUrl: null,
      ttsVoice: 'en',
      ttsTimeoutMs: 10_000,
      recordingsMaxFiles: 100,
      recordingsMaxBytes: 1e9,
    },
    ...deps,
    pool,
    directory: rooms,
    codecs,
    send: downloads.send,
    run: runCommand,
  });
  await parts.start();
  const api = createApi(
    {} as ApiCommands,
    { apiSecret: null, apiAllow: [], corsOrigin: null, errorFormat: 'envelope' },
    null,
    [(app) => parts.addRoutes(app)],
  );
  server = await startHttpServer(api, { address, port: 0 }, clock);
});

afterAll(async () => {
  await parts.close();
  for (const voice of voices) await voice.close();
  await pool.close(1000);
  await server.close();
  await downloads.close();
  web.close();
  rmSync(directory, { recursive: true });
});

describe('over real sockets', () => {
  test('two phones are recorded to WAV and Ogg Opus, as ffprobe, ffmpeg and sox see them', async () => {
    const alice = await enters('a', 500, 27_200);
    await enters('b', 1100, 27_202);
    await eventually('one hears the other', async () => tenthsOf(await hearsFor(alice, 500), 1100) >= 2);
    const wav = (await ask('POST', '/rooms/r/recordings', { rate: 8000 })).json.recording_id;
    const ogg = (await ask('POST', '/rooms/r/recordings', { format: 'ogg' })).json.recording_id;
    await passed(3000);
    for (const [id, format] of [
      [wav, 'wav'],
      [ogg, 'ogg'],
    ] as const) {
      const { json } = await ask('DELETE', `/recordings/${id}`);
      const [info] = json.files;
      const bytes = await download(`/recordings/${id}/files/${info.file}`);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(info.sha256);
      const file = join(directory, `heard.${format}`);
      writeFileSync(file, bytes);
      const probe = ['-v', 'error', '-show_entries', 'format=duration:stream=codec_name', '-of', 'json', file];
      const probed = JSON.parse(execFileSync('ffprobe', probe, { encoding: 'utf8' }));
      expect(probed.streams[0].codec_name).toBe(format === 'wav' ? 'pcm_s16le' : 'opus');
      expect(Math.abs(Number(probed.format.duration) * 1000 - info.duration_ms)).toBeLessThan(20);
      expect(info.duration_ms).toBeGreaterThan(500);
      const raw = execFileSync('ffmpeg', ['-v', 'error', '-i', file, '-f', 's16le', '-ar', '8000', '-ac', '1', '-']);
      const pcm = new Int16Array(raw.buffer.slice(raw.byteOffset, raw.byteOffset + raw.length));
      expect([500, 1100, 1700].map((hz) => tenthsOf(pcm, hz) >= 5)).toEqual([true, true, false]);
      if (format === 'wav') {
        const seconds = Number(execFileSync('sox', ['--i', '-D', file], { encoding: 'utf8' }));
        expect(Math.abs(seconds * 1000 - info.duration_ms)).toBeLessThan(2);
      }
    }
  });

  test('an MP3 that is uploaded or fetched from a server is heard; a way to the metadata service is refused', async () => {
    const [alice] = voices;
    const put = await ask('PUT', '/sounds/tone', mp3, 'audio/mpeg');
    expect([put.status, put.json.format]).toEqual([201, 'mp3']);
    await ask('POST', '/rooms/r/playbacks', { sound: 'tone' });
    await passed(500);
    expect(levelOf(await hearsFor(alice!, 800), 700)).toBeGreaterThan(-25);
    await passed(1500);
    await ask('POST', '/rooms/r/playbacks', { url: webUrl('/moved') });
    await passed(700);
    expect(levelOf(await hearsFor(alice!, 800), 700)).toBeGreaterThan(-25);
    const { json } = await ask('POST', '/rooms/r/playbacks', { url: webUrl('/meta') });
    await passed(3000);
    const failed = (await ask('GET', `/playbacks/${json.playback_id}`)).json;
    expect(failed.state).toBe('failed');
    expect(['URL_DENIED', 'URL_UNREACHABLE']).toContain(failed.error);
  });

  test('espeak-ng speaks, once for the same text', async () => {
    const [alice] = voices;
    const said = { text: '-w is no option: one, two, three, four, five', member_id: 'a', over: false };
    await ask('POST', '/rooms/r/playbacks', said);
    await passed(1000);
    const heard = await hearsFor(alice!, 1500);
    const power = heard.reduce((sum, sample) => sum + sample * sample, 0) / heard.length;
    expect(10 * Math.log10(power / 32768 ** 2)).toBeGreaterThan(-45);
    expect(levelOf(heard, 1100)).toBeLessThan(-30);
    await ask('POST', '/rooms/r/playbacks', said);
    await passed(300);
    expect(parts.counters()).toMatchObject({ texts_spoken_total: 1, sound_cache_hits_total: 1 });
  });

  test('examples/sounds.sh runs', async () => {
    const out = join(directory, 'meeting.ogg');
    const env = {
      ...process.env,
      API: `http://${address}:${server.local.port}`,
      ROOM: room,
      MUSIC: join(rootDir, 'test/fixtures/sounds/tone-700.mp3'),
      OUT: out,
    };
    await promisify(execFile)('sh', [join(rootDir, 'examples/sounds.sh')], { env, timeout: 60_000 });
    const seconds = execFileSync('ffprobe', ['-v', 'error', '-show_entries', 'format=duration', '-of', 'csv=p=0', out]);
    expect(Number(seconds)).toBeGreaterThan(1.5);
    expect((await ask('GET', '/sounds')).json.sounds.map(({ name }: { name: string }) => name)).toContain('music');
  });
});
