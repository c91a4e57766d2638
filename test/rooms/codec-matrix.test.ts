import { describe, expect, test } from 'vitest';
import type { CodecName, SampleRateHz } from '../../media/index.js';
import { codecs } from '../../media/index.js';
import { MediaStage, roomId, type StagePhone } from '../support/media-stage.js';
import { purityDb } from '../support/purity.js';
import { levelOf } from '../support/voice.js';

/** What a phone of the stage says, in dB of full scale. */
const SAID_DB = -12.3;

interface Kind {
  readonly name: string;
  readonly codec: CodecName;
  /** Least ratio of a tone to all else, in dB, that the codec alone leaves of it. */
  readonly toneDb: number;
  /** Packets of one kind that are not what we would offer. */
  readonly edit?: (sdp: string) => string;
}

const kinds: readonly Kind[] = [
  { name: 'PCMU', codec: 'pcmu', toneDb: 35 },
  { name: 'PCMA', codec: 'pcma', toneDb: 35 },
  { name: 'G.722', codec: 'g722', toneDb: 45 },
  { name: 'Opus', codec: 'opus', toneDb: 33 },
  { name: 'iLBC-20', codec: 'ilbc', toneDb: 29 },
  { name: 'iLBC-30', codec: 'ilbc', toneDb: 17, edit: (sdp) => sdp.replace('mode=20', 'mode=30') },
  { name: 'L16/16k', codec: 'l16-16000', toneDb: 75 },
  { name: 'L16/44.1k', codec: 'l16-44100', toneDb: 70 },
  { name: 'L16/48k', codec: 'l16-48000', toneDb: 75 },
];

function phoneOf(stage: MediaStage, kind: Kind, toneHz: number): Promise<StagePhone> {
  const rateHz: SampleRateHz = codecs[kind.codec].sampleRateHz;
  const { codec, edit } = kind;
  return stage.phone(toneHz, { roomId: 'r', codecs: [codec], rateHz, ...(edit === undefined ? {} : { edit }) });
}

/** What two codecs one after the other leave at least: their noises add up. */
function bothDb(a: number, b: number): number {
  return -10 * Math.log10(10 ** (-a / 10) + 10 ** (-b / 10));
}

const pairs = kinds.flatMap((a, index) => kinds.slice(index).map((b) => [a.name, b.name, a, b] as const));

describe('two codecs in one room', () => {
  test.each(pairs)('%s and %s hear each other and not themselves', async (_a, _b, a, b) => {
    const stage = new MediaStage();
    const phones = [await phoneOf(stage, a, 400), await phoneOf(stage, b, 700)] as const;
    for (const { leg } of phones) leg.join(roomId('r'), { echo: false });
    await stage.clock.advance(1500);
    for (const { voice } of phones) voice.takeHeard();
    await stage.clock.advance(1000);
    for (const [index, phone] of phones.entries()) {
      const other = phones[1 - index]!;
      const { rateHz } = phone.voice;
      const heard = phone.voice.takeHeard();
      expect(purityDb(heard, other.toneHz, rateHz)).toBeGreaterThan(bothDb(a.toneDb, b.toneDb));
      expect(Math.abs(levelOf(heard, other.toneHz, rateHz) - SAID_DB)).toBeLessThan(1.5);
      expect(levelOf(heard, phone.toneHz, rateHz)).toBeLessThan(-40);
    }
  });
});
