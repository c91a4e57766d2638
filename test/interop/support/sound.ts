import { join } from 'node:path';
import { hearingRateHz } from '../../support/hearing.js';
import { readRecording, writeSentence } from '../../support/wav-file.js';
import { runPeer } from './peers.js';

/** A sentence per voice: different people saying different things. */
export const sentences = [
  { voice: 'en-us+m3', text: 'The quick brown fox jumps over the lazy dog near the river bank.' },
  { voice: 'en-gb+f4', text: 'Please leave seven yellow umbrellas beside the kitchen door on Thursday.' },
  { voice: 'en-gb-scotland+m7', text: 'Every good harbour needs a lighthouse, a bell and somebody awake.' },
] as const;

export interface Sound {
  /** 16-bit mono of 8 kHz, followed by silence so that it outlasts every call. */
  readonly file: string;
  /** What is said, without the silence. */
  readonly pcm: Int16Array;
}

/** Seconds of silence at the end: a client that reaches the end of its file hangs up. */
const TAIL_S = 120;

function save(file: string, pcm: Int16Array): Sound {
  const samples = new Int16Array(pcm.length + TAIL_S * hearingRateHz);
  samples.set(pcm);
  writeSentence(file, samples);
  return { file, pcm };
}

/** Has a sentence spoken, at 8 kHz and a peak of −6 dB. */
export async function speak(directory: string, { voice, text }: (typeof sentences)[number]): Promise<Sound> {
  const raw = join(directory, `${voice}-raw.wav`);
  const said = join(directory, `${voice}-said.wav`);
  await runPeer('espeak-ng', ['-v', voice, '-s', '150', '-w', raw, text]);
  await runPeer('sox', [raw, '-r', String(hearingRateHz), '-b', '16', '-c', '1', said, 'gain', '-n', '-6']);
  return save(join(directory, `${voice}.wav`), readRecording(said));
}

/** A steady tone, of −12 dB unless told. */
export function tone(directory: string, frequencyHz: number, seconds: number, peak = 0.25): Sound {
  const pcm = Int16Array.from({ length: seconds * hearingRateHz }, (_, i) =>
    Math.round(32_768 * peak * Math.sin((2 * Math.PI * frequencyHz * i) / hearingRateHz)),
  );
  return save(join(directory, `tone-${frequencyHz}.wav`), pcm);
}

export function silence(directory: string): Sound {
  return save(join(directory, 'silence.wav'), new Int16Array(0));
}
