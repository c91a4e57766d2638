import type { SoundFile, SoundFiles, SoundSink } from '../../gateway/sounds/sound-files.js';
import { pcma, pcmu } from '../../media/codec/g711.js';
import { g722 } from '../../media/codec/g722.js';
import { ilbc } from '../../media/codec/ilbc/codec.js';
import { tone, writeWav } from '../../media/index.js';

/** Sound files in memory; recorded ones come to be here too. */
export class MemorySounds implements SoundFiles {
  readonly files = new Map<string, Uint8Array>();
  /** Names as they were opened. */
  readonly opened: string[] = [];
  openFiles = 0;
  /** Bytes that the disk takes; more is ENOSPC. */
  diskBytes = Number.POSITIVE_INFINITY;

  async open(name: string): Promise<SoundFile | null> {
    const bytes = this.files.get(name);
    this.opened.push(name);
    if (bytes === undefined) return null;
    this.openFiles += 1;
    let isOpen = true;
    return {
      read: async (at, count) => bytes.subarray(at, at + count),
      close: async () => {
        if (isOpen) this.openFiles -= 1;
        isOpen = false;
      },
    };
  }

  async create(name: string): Promise<SoundSink | null> {
    if (name.startsWith('/')) return null;
    this.files.set(name, new Uint8Array(0));
    this.openFiles += 1;
    return {
      write: async (at, bytes) => {
        const before = this.files.get(name)!;
        const length = Math.max(before.length, at + bytes.length);
        if (length > this.diskBytes) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
        const after = new Uint8Array(length);
        after.set(before);
        after.set(bytes, at);
        this.files.set(name, after);
      },
      close: async () => {
        this.openFiles -= 1;
      },
    };
  }
}

type Tag = { readonly tag: number; readonly rateHz: number; readonly blockBytes: number; readonly bits: number };

const tags: Readonly<Record<'pcma' | 'pcmu' | 'g722' | 'ilbc', Tag>> = {
  pcma: { tag: 6, rateHz: 8000, blockBytes: 1, bits: 8 },
  pcmu: { tag: 7, rateHz: 8000, blockBytes: 1, bits: 8 },
  g722: { tag: 0xa112, rateHz: 16_000, blockBytes: 1, bits: 4 },
  ilbc: { tag: 0xa116, rateHz: 8000, blockBytes: 38, bits: 0 },
};

/** A WAV file of a tone, coded as the kind of a sound soup says. */
export function toneFile(kind: 'pcma' | 'pcmu' | 'l168k' | 'l1616k' | 'g722' | 'ilbc', hz: number, ms: number): Buffer {
  const sampleRateHz = kind === 'l1616k' || kind === 'g722' ? 16_000 : 8000;
  const samples = tone({ frequenciesHz: [hz], sampleRateHz, levelDb: -12, durationMs: ms });
  if (kind === 'l168k' || kind === 'l1616k') return writeWav({ sampleRateHz, channels: 1, samples });
  const encoder = { pcma, pcmu, g722, ilbc }[kind].createEncoder('mode=20');
  const { tag, rateHz, blockBytes, bits } = tags[kind];
  const data = Buffer.alloc(samples.length);
  let bytes = 0;
  const piece = sampleRateHz / 50;
  for (let at = 0; at + piece <= samples.length; at += piece) bytes += encoder.encode(samples, at, piece, data, bytes);
  const header = writeWav({ sampleRateHz: rateHz, channels: 1, samples: new Int16Array(0) });
  header.writeUInt16LE(tag, 20);
  header.writeUInt16LE(blockBytes, 32);
  header.writeUInt16LE(bits, 34);
  header.writeUInt32LE(bytes, 40);
  return Buffer.concat([header, data.subarray(0, bytes)]);
}
