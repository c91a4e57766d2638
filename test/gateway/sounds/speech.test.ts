import { describe, expect, test } from 'vitest';
import type { Download } from '../../../gateway/sounds/download.js';
import { commandFor, commandParts, type RunCommand } from '../../../gateway/sounds/speech.js';
import { tone, writeWav } from '../../../media/index.js';
import { SoundDesk } from '../../support/sound-desk.js';
import { levelOf } from '../../support/voice.js';

const speech = writeWav({
  sampleRateHz: 22_050,
  channels: 1,
  samples: tone({ frequenciesHz: [1300], sampleRateHz: 22_050, levelDb: -12, durationMs: 1000 }),
});
const command = ['say', '-v', '{voice}', '{text}'];
const say = (desk: SoundDesk, text: string, voice?: string) =>
  desk.ask('POST', '/rooms/r/playbacks', { text, ...(voice !== undefined && { voice }) });

describe('text to speech', () => {
  test('by a program is heard in the room, and the same text is spoken once', async () => {
    const runs: (readonly string[])[] = [];
    const run: RunCommand = async ({ argv, onOutput }) => {
      runs.push(argv);
      await onOutput(speech);
    };
    const desk = new SoundDesk({ run, config: { ttsCommand: command } });
    const alice = await desk.member('a', 500);
    expect((await say(desk, 'good morning')).json).toMatchObject({ source: { text: 'good morning' } });
    await desk.stage.clock.advance(200);
    alice.voice.takeHeard();
    await desk.stage.clock.advance(500);
    expect(levelOf(alice.voice.takeHeard(), 1300)).toBeGreaterThan(-20);
    await say(desk, 'good morning');
    await say(desk, '-w /etc/passwd', 'de');
    await desk.stage.clock.advance(200);
    expect(runs).toEqual([
      ['say', '-v', 'en', 'good morning'],
      ['say', '-v', 'de', ' -w /etc/passwd'],
    ]);
    expect(desk.parts.counters()).toMatchObject({
      texts_spoken_total: 2,
      sound_cache_hits_total: 1,
      sound_cache_files: 2,
    });
  });

  test('what was not used for longest leaves the cache', async () => {
    const desk = new SoundDesk({
      run: async ({ onOutput }) => onOutput(speech),
      config: { ttsCommand: command, soundCacheBytes: 2 * speech.length },
    });
    await desk.member('a', 500);
    for (const text of ['one', 'two', 'three', 'four']) {
      await say(desk, text);
      await desk.stage.clock.advance(1500);
    }
    expect(desk.parts.counters()).toMatchObject({ sound_cache_files: 2, sound_cache_bytes: 2 * speech.length });
  });

  test('by a server is posted text and voice', async () => {
    const asked: unknown[] = [];
    const web: Download = async ({ url, body }) => {
      asked.push([url, JSON.parse(body ?? '')]);
      return { status: 200, headers: { 'content-type': 'audio/wav' }, body: only(speech), leave: () => undefined };
    };
    const desk = new SoundDesk({ web, config: { ttsUrl: 'http://tts.test/say' } });
    const alice = await desk.member('a', 500);
    await say(desk, 'hello');
    await desk.stage.clock.advance(200);
    alice.voice.takeHeard();
    await desk.stage.clock.advance(500);
    expect(levelOf(alice.voice.takeHeard(), 1300)).toBeGreaterThan(-20);
    await desk.stage.clock.advance(800);
    expect(asked).toEqual([['http://tts.test/say', { text: 'hello', voice: 'en' }]]);
    expect(desk.directory.typesOf()).toEqual(['playback_started', 'playback_ended']);
  });

  test('that fails, says nothing, or takes too long is told, and is tried again the next time', async () => {
    let runs = 0;
    const run: RunCommand = async ({ argv, signal, onOutput }) => {
      runs += 1;
      if (argv[3] === 'broken') throw new Error('no such voice');
      if (argv[3] === 'noise') await onOutput(Buffer.from('this is no sound file'));
      if (argv[3] === 'slow')
        await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('killed'))));
    };
    const desk = new SoundDesk({ run, config: { ttsCommand: command } });
    await desk.member('a', 500);
    for (const text of ['broken', 'nothing', 'noise', 'slow', 'broken']) await say(desk, text);
    await desk.stage.clock.advance(3500);
    const errors = desk.directory.events.map((event) => (event.type === 'playback_failed' ? event.error : event.type));
    expect(errors.sort()).toEqual([
      'SPEECH_FAILED',
      'SPEECH_FAILED',
      'SPEECH_FAILED',
      'SPEECH_FAILED',
      'SPEECH_TIMEOUT',
    ]);
    expect(runs).toBe(5);
    expect((await say(desk, '  ')).json.code).toBe('BAD_REQUEST');
    expect((await say(desk, 'x', '-w')).json.code).toBe('BAD_REQUEST');
  });
});

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

test('a command line is cut into parts as a shell would, and nothing more of a shell', () => {
  expect(commandParts("espeak-ng --stdout -v {voice} '{text}'")).toEqual([
    'espeak-ng',
    '--stdout',
    '-v',
    '{voice}',
    '{text}',
  ]);
  expect(commandParts('"/opt/my voice/say" a"b c"d $HOME;ls ')).toEqual(['/opt/my voice/say', 'ab cd', '$HOME;ls']);
  for (const line of ['', '   ', 'say "open', "say 'open"]) expect(commandParts(line)).toBeNull();
});

test('a text is one argument, never an option, and is read from the input where no argument has it', () => {
  expect(commandFor(['say', '{text}'], '--stdout; {voice}', 'en')).toEqual({
    argv: ['say', ' --stdout; {voice}'],
    input: '',
  });
  expect(commandFor(['say', '-v{voice}'], '-x', 'en')).toEqual({ argv: ['say', '-ven'], input: '-x' });
});
