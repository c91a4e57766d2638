import { closeSync, existsSync, fstatSync, openSync, readFileSync, readSync, statSync, writeFileSync } from 'node:fs';
import { messageOf } from '../base/errors.js';
import { maxToneFileMs, Resampler, type ToneFault, tone, toneFile, wavInfo, wavInfoLines } from '../media/index.js';

export interface Output {
  print(line: string): void;
  complain(line: string): void;
}

/** A longer file is not added to: an hour at 48 kHz is a third of it. */
const MAX_FILE_BYTES = 1_000_000_000;
/** What comes before the sound of a WAV file fits in. */
const START_BYTES = 1_048_576;

const toneFaults: Readonly<Record<ToneFault, string>> = {
  'no-cadence': 'a colon and durations in ms are missing, as in 350+440*0.5:1000',
  'bad-frequency': 'not a frequency from 0 to half the sample rate (4000 Hz in a new file), or a sweep 400~450',
  'bad-amplitude': 'not an amplitude from 0 to 1, or a sweep 0~1',
  'bad-duration': 'not a duration in ms',
  'too-many-tones': 'too many tones or frequencies',
  'too-long': `the file would be longer than ${maxToneFileMs / 60_000} minutes`,
  'not-mono-pcm': 'the file that is there is no WAV file of one channel of 16-bit PCM; it was left as it is',
};

/** `--tone`: appends tones to a WAV file, or makes one. Returns the exit code: 2 for a bad description, 1 for a file. */
export function appendTone({ description, file }: { description: string; file: string }, output: Output): number {
  try {
    const isThere = existsSync(file);
    if (isThere && statSync(file).size > MAX_FILE_BYTES) {
      output.complain(`${file}: ${toneFaults['too-long']}`);
      return 1;
    }
    const made = toneFile(description, isThere ? readFileSync(file) : null);
    if (!made.ok) {
      const isFile = made.fault === 'not-mono-pcm';
      const where = isFile ? file : `${description} (at character ${made.at + 1})`;
      output.complain(`${where}: ${toneFaults[made.fault]}`);
      return isFile ? 1 : 2;
    }
    writeFileSync(file, made.value);
    return printWavInfo(file, output);
  } catch (thrown) {
    output.complain(`${file}: ${messageOf(thrown)}`);
    return 1;
  }
}

/** `--wavinfo`. Returns the exit code: 1 for what cannot be read. */
export function printWavInfo(file: string, { print, complain }: Output): number {
  try {
    const handle = openSync(file, 'r');
    try {
      const start = Buffer.alloc(START_BYTES);
      const bytes = readSync(handle, start, 0, START_BYTES, 0);
      const read = wavInfo(start.subarray(0, bytes), fstatSync(handle).size);
      if (read.ok) for (const line of wavInfoLines(read.value)) print(line);
      else complain(`${file}: ${read.fault} (at byte ${read.at})`);
      return read.ok ? 0 : 1;
    } finally {
      closeSync(handle);
    }
  } catch (thrown) {
    complain(`${file}: ${messageOf(thrown)}`);
    return 1;
  }
}

/** `--testfir`: what the low-pass between 16 kHz and 8 kHz leaves of a tone, `1000 Hz: -0.0 dB`. */
export function filterTest(hz: number): string {
  const given = tone({ frequenciesHz: [hz], sampleRateHz: 16_000, levelDb: -6, durationMs: 2000 });
  const resampler = new Resampler(16_000, 8000);
  const left = new Int16Array(resampler.outputOf(given.length));
  const samples = resampler.process(given, 0, given.length, left, 0);
  // The first 100 ms, in which the filter fills, are not counted.
  const db = 10 * Math.log10(powerOf(left.subarray(800, samples)) / powerOf(given.subarray(1600)));
  return `${hz} Hz: ${db < -90 ? 'below -90' : db.toFixed(1).replace('-0.0', '0.0')} dB from 16000 Hz to 8000 Hz`;
}

function powerOf(samples: Int16Array): number {
  return samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
}
