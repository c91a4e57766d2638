import type { SoundKind, SoundSoup } from '../../contract/mediaswitch/rtp.js';
import type { CodecName } from '../../media/index.js';

export type SoupEntry = SoundSoup['files'][number];

/** Contract §3.2: which of an entry's files a channel of that codec is played; what costs it least goes first. */
const preferences: Readonly<Partial<Record<CodecName, readonly SoundKind[]>>> = {
  pcmu: ['pcmu', 'pcma', 'l168k', 'l1616k', 'ilbc', 'g722', 'wav'],
  pcma: ['pcma', 'pcmu', 'l168k', 'l1616k', 'ilbc', 'g722', 'wav'],
  g722: ['g722', 'l1616k', 'l168k', 'pcma', 'pcmu', 'ilbc', 'wav'],
  ilbc: ['ilbc', 'l168k', 'pcma', 'pcmu', 'l1616k', 'g722', 'wav'],
};
/** For codecs that the original did not know. */
const widest: readonly SoundKind[] = ['l1616k', 'g722', 'l168k', 'pcma', 'pcmu', 'ilbc', 'wav'];

/** The names that are played for an entry, one after the other. */
export function namesFor(entry: SoupEntry, codec: CodecName): readonly string[] {
  for (const kind of preferences[codec] ?? widest) {
    const names = entry[kind] ?? null;
    if (names !== null) return typeof names === 'string' ? [names] : names;
  }
  return [];
}

/** How often something is played in all: once without `loop`, as often as it says, for ever where it is true. */
export function timesOf(loop: SoupEntry['loop']): number {
  if (loop === true) return Number.POSITIVE_INFINITY;
  return typeof loop === 'number' ? Math.max(1, loop) : 1;
}

/** Equal for soups of the same file names, whatever else they say. */
export function nameKeyOf({ files }: SoundSoup): string {
  const kinds: readonly SoundKind[] = widest;
  return JSON.stringify(files.map((entry) => kinds.map((kind) => entry[kind] ?? null)));
}
