import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createInlineCodecs } from '../../gateway/sounds/codecs.js';
import { readSoundFile, samplesOf } from '../../gateway/sounds/sound-reader.js';
import { codecs, tone, writeWav } from '../../media/index.js';
import { rootDir } from '../support/dist.js';
import { eventually } from '../support/eventually.js';
import { hear, LoopbackRooms, listenMs } from '../support/loopback-rooms.js';
import type { LoopbackPhone } from '../support/loopback-world.js';
import { levelOf, steadyLevelOf } from '../support/voice.js';

/** Sounds into rooms, recordings and live streams out of them, over real sockets: listened to by every phone. */

const fixture = (name: string): Buffer => readFileSync(join(rootDir, 'test/fixtures/sounds', name));
const wav = writeWav({
  sampleRateHz: 44_100,
  channels: 1,
  samples: tone({ frequenciesHz: [1100], sampleRateHz: 44_100, levelDb: -12, durationMs: 2000 }),
});
const tones = [440, 650, 700, 800, 900, 1100, 1500, 1800];
const urlOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
let rooms: LoopbackRooms;
let web: Server;

beforeAll(async () => {
  web = createServer((request, response) => {
    if (request.url === '/tone.mp3')
      response.writeHead(200, { 'content-type': 'audio/mpeg' }).end(fixture('tone-700.mp3'));
    else if (request.method === 'POST') response.writeHead(200, { 'content-type': 'audio/wav' }).end(wav);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => web.listen(0, '127.0.0.1', resolve));
  // Speaks in a tone, whatever it is to say.
  rooms = await LoopbackRooms.start({ args: ['--hook-allow', '127.0.0.1/32', '--tts-url', `${urlOf(web)}/say`] });
});

afterEach(() => rooms.over());

afterAll(async () => {
  await rooms.close();
  web.close();
});

async function meet(room: string): Promise<[LoopbackPhone, LoopbackPhone]> {
  await rooms.ask('POST', '/rooms', { room_id: room, empty_s: 1 });
  return [await rooms.come(room, 440), await rooms.come(room, 800)];
}

describe('sounds into a room', () => {
  test('uploads of WAV, Opus and MP3, a URL, a text, tones; to all and to one, queued, looped, ducked, stopped; what failed is told', async () => {
    const room = rooms.name('sounds');
    const phones = await meet(room);
    const [ann, bob] = phones;
    const playing: string[] = [];
    const play = async (body: object): Promise<string> => {
      const { playback_id } = await rooms.ask('POST', `/rooms/${room}/playbacks`, body);
      playing.push(playback_id);
      return playback_id;
    };
    const stopAll = async (): Promise<void> => {
      for (const id of playing.splice(0)) await rooms.ask('DELETE', `/playbacks/${id}`);
      await both([]);
    };
    const both = (more: number[], forAnn: number[] = []) =>
      hear(
        [
          [ann, [800, ...more, ...forAnn]],
          [bob, [440, ...more]],
        ],
        tones,
      );
    const files = [
      ['w', wav, 'audio/wav'],
      ['o', fixture('tone-900.ogg'), 'audio/ogg'],
      ['m', fixture('tone-700.mp3'), 'audio/mpeg'],
    ] as const;
    for (const [name, bytes, type] of files) {
      await rooms.ask('PUT', `/sounds/${name}`, bytes, { 'content-type': type });
      await play({ sound: name, loops: 0, gain_db: -6 });
    }
    await both([700, 900, 1100]);
    await stopAll();
    const url = urlOf(web);
    await play({ url: `${url}/tone.mp3`, loops: 0 });
    await both([700]);
    await stopAll();
    await play({ text: 'hello', loops: 0 });
    await both([1100]);
    await stopAll();
    const { member_id } = await rooms.member(room, ann);
    await play({ tone: '1500*0.25:60000', member_id });
    await both([], [1500]);
    await stopAll();
    const first = await play({ tone: '1500*0.25:300', loops: 0, queue: true });
    await play({ silence_ms: 200, queue: true });
    await play({ tone: '1800*0.25:60000', queue: true, duck_db: 15 });
    await both([1500]);
    await rooms.ask('DELETE', `/playbacks/${first}`);
    playing.shift();
    // Both speak: it is ducked.
    const loudness = async (): Promise<number> => steadyLevelOf(await listenMs(bob, 500), 1800);
    await eventually('the tone, 15 dB down', async () => Math.abs((await loudness()) - (-12 - 15)) < 2);
    for (const { voices } of phones) voices.at(-1)!.toneHz = 0;
    await eventually('the whole tone', async () => Math.abs((await loudness()) - -12) < 1.5);
    const { playback_id } = await rooms.ask('POST', `/rooms/${room}/playbacks`, { url: `${url}/none` });
    await eventually('it failed', async () =>
      (await rooms.events(room)).some(
        (event) =>
          event.type === 'playback_failed' && event.playback_id === playback_id && event.error === 'URL_STATUS',
      ),
    );
    expect(
      (await rooms.events(room)).some(({ type, reason }) => type === 'playback_ended' && reason === 'stopped'),
    ).toBe(true);
  });
});

/** A finished file of a recording as sound. */
async function soundOf(id: string, file: { file: string; bytes: number; sha256: string }): Promise<Int16Array> {
  const { bytes } = await rooms.api('GET', `/recordings/${id}/files/${file.file}`);
  expect([bytes.length, createHash('sha256').update(bytes).digest('hex')]).toEqual([file.bytes, file.sha256]);
  const read = async (at: number, count: number): Promise<Buffer> => bytes.subarray(at, at + count);
  const format = file.file.endsWith('ogg') ? 'ogg' : 'wav';
  const source = {
    file: { read, close: async () => undefined },
    format,
    rateHz: 8000,
    codecs: createInlineCodecs(),
  } as const;
  return samplesOf(await readSoundFile(source).read(8000 * 60));
}

describe('recordings of a room', () => {
  test('the mix and each member, WAV and Opus, in pieces and with a pause: each file has the tones that it should', async () => {
    const room = rooms.name('recorded');
    const [ann, bob] = await meet(room);
    const start = async (body: object): Promise<string> =>
      (await rooms.ask('POST', `/rooms/${room}/recordings`, { rate: 8000, ...body })).recording_id;
    await hear(
      [
        [ann, [800]],
        [bob, [440]],
      ],
      tones,
    );
    const mix = await start({ source: 'mix' });
    const each = await start({ source: 'members', format: 'ogg', split_s: 1 });
    const length = async (id: string): Promise<number> => (await rooms.ask('GET', `/recordings/${id}`)).files.length;
    await eventually('whole files', async () => (await length(each)) >= 2);
    await rooms.ask('PATCH', `/recordings/${mix}`, { paused: true });
    ann.voices.at(-1)!.toneHz = 650;
    await hear([[bob, [650]]], tones);
    ann.voices.at(-1)!.toneHz = 440;
    await hear([[bob, [440]]], tones);
    await rooms.ask('PATCH', `/recordings/${mix}`, { paused: false });
    const last = await length(each);
    await eventually('one more file of each', async () => (await length(each)) >= last + 2);
    const files = [];
    for (const id of [mix, each]) files.push((await rooms.ask('DELETE', `/recordings/${id}`)).files);
    const present = (pcm: Int16Array): number[] => [440, 650, 800].filter((hz) => steadyLevelOf(pcm, hz) > -20);
    const mixed = await soundOf(mix, files[0][0]);
    expect(present(mixed)).toEqual([440, 800]);
    expect(levelOf(mixed, 650)).toBeLessThan(-40);
    const owners = await Promise.all([ann, bob].map(async (phone) => (await rooms.member(room, phone)).member_id));
    for (const [index, owner] of owners.entries()) {
      const own = files[1].filter(({ member_id }: { member_id: string }) => member_id === owner);
      expect(own.length).toBeGreaterThan(1);
      expect(present(await soundOf(each, own[0]))).toEqual([[440], [800]][index]);
    }
    const ready = (await rooms.events(room)).filter(({ type }) => type === 'recording_ready');
    expect(ready.map(({ sha256 }) => sha256).toSorted()).toEqual(
      files
        .flat()
        .map(({ sha256 }: { sha256: string }) => sha256)
        .toSorted(),
    );
  });
});

test('an application that is recorded has a file of its own beside those of the phones, each with its sound alone', async () => {
  const room = rooms.name('bots');
  const [ann, bob] = await meet(room);
  const bot = await dial(room, 'l16', 16_000, '&name=agent');
  await dial(room, 'mulaw', 8000, '&name=ear&ways=hears');
  const recorded = await rooms.ask('POST', `/rooms/${room}/recordings`, { source: 'members', rate: 8000 });
  const id = recorded.recording_id;
  bot.say(saying(1100, 16_000, 5));
  await hear(
    [
      [ann, [800, 1100]],
      [bob, [440, 1100]],
    ],
    tones,
  );
  const agent = (await rooms.members(room)).find(({ peer }) => peer === 'agent')!.member_id;
  bot.socket.close();
  await eventually('its file', async () => (await rooms.ask('GET', `/recordings/${id}`)).files.length === 1);
  const { files } = await rooms.ask('DELETE', `/recordings/${id}`);
  const owners = await Promise.all([ann, bob].map(async (phone) => (await rooms.member(room, phone)).member_id));
  const expected: Record<string, number> = { [owners[0]!]: 440, [owners[1]!]: 800, [agent]: 1100 };
  expect(files.map(({ member_id }: { member_id: string }) => member_id).sort()).toEqual(Object.keys(expected).sort());
  for (const file of files) {
    const pcm = await soundOf(id, file);
    const spoken = pcm.subarray(pcm.findIndex((sample) => Math.abs(sample) > 500));
    expect([440, 800, 1100].filter((hz) => levelOf(spoken.subarray(0, 3200), hz) > -35)).toEqual([
      expected[file.member_id],
    ]);
  }
});

interface Bot {
  readonly socket: WebSocket;
  readonly marks: string[];
  readonly closed: number[];
  say(pcm: Int16Array): void;
  /** The last half second that came. */
  heard(): Int16Array;
}

/** An application that connects, speaking and hearing that format. */
async function dial(room: string, encoding: 'mulaw' | 'l16', rateHz: number, more = ''): Promise<Bot> {
  const base = rooms.gateway.apiUrl.replace('http', 'ws');
  const socket = new WebSocket(`${base}/streams/${room}?encoding=${encoding}&rate=${rateHz}${more}`);
  rooms.world.closeLater(async () => socket.terminate());
  const chunks: Buffer[] = [];
  // A message may have 2 MiB.
  const said = (pcm: Int16Array): void => {
    const codes = new Uint8Array(pcm.length);
    if (encoding === 'mulaw') codecs.pcmu.createEncoder().encode(pcm, 0, pcm.length, codes, 0);
    const bytes = encoding === 'mulaw' ? codes : new Uint8Array(pcm.buffer);
    socket.send(JSON.stringify({ event: 'media', media: { payload: Buffer.from(bytes).toString('base64') } }));
  };
  const bot: Bot = {
    socket,
    marks: [],
    closed: [],
    say: (pcm) => {
      for (let at = 0; at < pcm.length; at += 10 * rateHz) said(pcm.slice(at, at + 10 * rateHz));
    },
    heard: () => {
      const bytes = Buffer.concat(chunks.slice(-25));
      if (encoding === 'l16') return new Int16Array(new Uint8Array(bytes).buffer);
      const pcm = new Int16Array(bytes.length);
      codecs.pcmu.createDecoder().decode(bytes, 0, bytes.length, pcm, 0);
      return pcm;
    },
  };
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString());
    if (message.event === 'media') chunks.push(Buffer.from(message.media.payload, 'base64'));
    if (message.event === 'mark') bot.marks.push(message.mark.name);
    if (chunks.length > 50) chunks.shift();
  });
  socket.on('close', (code) => bot.closed.push(code));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return bot;
}

const saying = (hz: number, rateHz: number, seconds: number): Int16Array =>
  Int16Array.from({ length: seconds * rateHz }, (_, i) => 6000 * Math.sin((2 * Math.PI * hz * i) / rateHz));

describe('live streams', () => {
  test.each([
    ['mulaw', [700, 900, 1100]],
    ['l16', [650, 1500, 1800]],
  ] as const)(
    '%s at 8, 16 and 24 kHz: each application hears the phones, and they hear it',
    async (encoding, pitches) => {
      const room = rooms.name(encoding);
      const [ann, bob] = await meet(room);
      const rates = [8000, 16_000, 24_000];
      const bots = await Promise.all(rates.map((rateHz) => dial(room, encoding, rateHz)));
      for (const [i, bot] of bots.entries()) bot.say(saying(pitches[i]!, rates[i]!, 50));
      await hear(
        [
          [ann, [800, ...pitches]],
          [bob, [440, ...pitches]],
        ],
        tones,
      );
      for (const [i, bot] of bots.entries()) {
        await eventually(`the phones at ${rates[i]} Hz`, () => {
          const heard = bot.heard();
          const is = (hz: number): boolean => steadyLevelOf(heard, hz, rates[i]) > -24;
          return is(440) && is(800) && levelOf(heard, pitches[i]!, rates[i]) < -35;
        });
      }
      for (const [i, bot] of bots.entries()) {
        bot.socket.send(JSON.stringify({ event: 'mark', mark: { name: `m${i}` } }));
        bot.socket.send(JSON.stringify({ event: 'clear' }));
        await eventually('its mark', () => bot.marks.includes(`m${i}`));
      }
      await hear(
        [
          [ann, [800]],
          [bob, [440]],
        ],
        tones,
      );
      for (const { call } of [ann, bob]) call?.hangUp();
      await eventually('they are closed', () => bots.every(({ closed }) => closed.length === 1));
    },
  );

  test('of one member: it hears that phone alone, and that phone alone hears it', async () => {
    const room = rooms.name('private');
    const [ann, bob] = await meet(room);
    const { member_id } = await rooms.member(room, ann);
    const bot = await dial(room, 'l16', 16_000, `&of=${member_id}`);
    bot.say(saying(1100, 16_000, 50));
    await hear(
      [
        [ann, [800, 1100]],
        [bob, [440]],
      ],
      tones,
    );
    await eventually('that phone', () => {
      const heard = bot.heard();
      return steadyLevelOf(heard, 440, 16_000) > -24 && levelOf(heard, 800, 16_000) < -35;
    });
    ann.call?.hangUp();
    await eventually('it is closed', () => bot.closed.length === 1);
    bob.call?.hangUp();
  });
});
