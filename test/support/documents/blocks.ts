import { readdirSync, readFileSync } from 'node:fs';
import { rootDir } from '../dist.js';

/**
 * How the documents' examples say what they are: words after the language of a fenced block, which readers do not see.
 *
 *     sh run                run to its end; exit code 0. `eventually`: again until the answer after it fits
 *     sh terminal=NAME      run in a terminal of that name; what runs there already gets Ctrl-C first
 *     text type=A,B         typed into these terminals, after=4s: so much later; `Ctrl-C` alone is the key
 *     text prints=NAME      lines that the terminal prints, since it was last typed into; … stands for anything
 *     json|text answer      output of the last `run`; … in a string stands for anything, a time for any time
 *     js|ts file=NAME       written to that file
 *     js append=NAME        written to its end
 *     json schema=NAME      one value of that schema of contract/v1.ts or contract/quality.ts
 *     yaml config           a configuration file that is taken without a warning
 *     ini unit              a systemd unit
 *     ts from=FILE          lines of that file of ours
 *     sh norun              not run; listed in not-run.ts with the reason
 *
 * Comments say what readers do not need: `<!-- fixture: phones 1001 1002 -->` makes and starts the README's phones,
 * `<!-- heard: 1001 hears 1002 not 1001 -->` checks the newest recording of 1001, `<!-- joined: URL -->` opens the page and joins.
 */
export interface Block {
  /** As in README.md:61. */
  readonly at: string;
  /** A fenced block's language, or `comment`. */
  readonly language: string;
  /** Words without a value have the value `''`. */
  readonly words: ReadonlyMap<string, string>;
  readonly text: string;
}

/** The documents with examples, from the root. */
export const documents: readonly string[] = [
  'README.md',
  'CHANGELOG.md',
  'sip/README.md',
  ...readdirSync(`${rootDir}/docs`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
    .sort(),
];

export function readDocument(file: string): string {
  return readFileSync(`${rootDir}/${file}`, 'utf8');
}

/** The fenced blocks and the comments of a document, in order. */
export function blocksOf(file: string): Block[] {
  const blocks: Block[] = [];
  const lines = readDocument(file).split('\n');
  for (let index = 0; index < lines.length; index += 1) {
    const line = lines[index] ?? '';
    const at = `${file}:${index + 1}`;
    const comment = /^<!-- (fixture|heard|joined): (.*) -->$/.exec(line);
    if (comment !== null) {
      blocks.push({ at, language: 'comment', words: new Map([[comment[1]!, comment[2]!]]), text: '' });
    }
    const fence = /^```(\S*) ?(.*)$/.exec(line);
    if (fence === null) continue;
    const end = lines.indexOf('```', index + 1);
    if (end < 0) throw new Error(`${at}: the block has no end`);
    const text = `${lines.slice(index + 1, end).join('\n')}\n`;
    blocks.push({ at, language: fence[1]!, words: wordsOf(fence[2]!), text });
    index = end;
  }
  return blocks;
}

function wordsOf(text: string): ReadonlyMap<string, string> {
  const words = text.split(' ').filter((word) => word !== '');
  return new Map(words.map((word) => [word.replace(/=.*/, ''), word.includes('=') ? word.replace(/^[^=]*=/, '') : '']));
}

/** The text without its fenced blocks. */
export function proseOf(file: string): string {
  return readDocument(file).replace(/^```[\s\S]*?^```$/gm, '');
}
