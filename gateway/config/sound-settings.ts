import { commandParts } from '../sounds/speech.js';
import { httpUrl, integer, text, textReader } from './readers.js';
import { setting } from './setting.js';

const MIB = 1_048_576;
const most = 2 ** 50;
const bytes = (from: number) => integer(from, most, 'bytes');

const command = textReader('a program and its arguments, such as espeak-ng --stdout -v {voice} {text}', (value) =>
  value.length <= 4096 ? commandParts(value) : null,
);

/** Sounds into rooms, and recordings of them. */
export const soundSettings = {
  soundMaxBytes: setting('Media', bytes(1), 16 * MIB, {
    shape: 'N',
    unit: 'bytes',
    meaning: 'largest sound file that is uploaded to /sounds, fetched by URL or spoken',
  }),
  soundMaxS: setting('Media', integer(1, 86_400, 'seconds'), 3600, {
    shape: 'N',
    unit: 's',
    meaning: 'longest sound that is uploaded',
  }),
  soundsMaxBytes: setting('Media', bytes(0), 1024 * MIB, {
    shape: 'N',
    unit: 'bytes',
    meaning: 'all sounds of /sounds together',
  }),
  soundCacheBytes: setting('Media', bytes(0), 128 * MIB, {
    shape: 'N',
    unit: 'bytes',
    meaning: 'speech that is kept to be said again; what was not used for longest goes first',
  }),
  soundFetchTimeoutMs: setting('Media', integer(100, 600_000, 'milliseconds'), 15_000, {
    shape: 'N',
    unit: 'ms',
    meaning: 'time to fetch a sound by URL; where URLs may lead, hook_allow says',
  }),
  ttsCommand: setting('Media', command, null, {
    shape: 'COMMAND',
    initialText: 'none',
    meaning:
      'program that speaks {text} with {voice} and writes a sound file to its output; without {text} it reads the text; no shell is used',
  }),
  ttsUrl: setting('Media', httpUrl(), null, {
    shape: 'URL',
    initialText: 'none',
    meaning: 'is posted {"text", "voice"} and answers with a sound file; tts_command goes before',
  }),
  ttsVoice: setting('Media', text('letters, digits, +, - and _', /^[A-Za-z0-9][A-Za-z0-9+_-]{0,63}$/), 'en', {
    shape: 'NAME',
    meaning: 'voice of texts that name none',
  }),
  ttsTimeoutMs: setting('Media', integer(100, 600_000, 'milliseconds'), 15_000, {
    shape: 'N',
    unit: 'ms',
    meaning: 'time to speak one text',
  }),
  recordingsMaxFiles: setting('Media', integer(0, 10_000_000, 'files'), 10_000, {
    shape: 'N',
    unit: 'files',
    meaning: 'finished recordings are deleted above so many files, the oldest first',
  }),
  recordingsMaxBytes: setting('Media', bytes(0), 102_400 * MIB, {
    shape: 'N',
    unit: 'bytes',
    meaning: 'and above so many bytes',
  }),
};
