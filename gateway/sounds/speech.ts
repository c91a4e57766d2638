import { createHash } from 'node:crypto';
import { type Clock, delay } from '../../base/clock.js';
import { AppError, messageOf } from '../../base/errors.js';
import { type Download, readSound, SoundSourceError, sent } from './download.js';
import type { CachedSound, SoundCache } from './sound-cache.js';

/** Runs a program without a shell and gives what it writes to standard output. Rejects with SoundSourceError. */
export type RunCommand = (command: {
  readonly argv: readonly string[];
  /** Of standard input. */
  readonly input: string;
  /** Ends the program. */
  readonly signal: AbortSignal;
  readonly onOutput: (piece: Uint8Array) => Promise<void>;
}) => Promise<void>;

export interface SpeechOptions {
  readonly clock: Clock;
  /** A program and its arguments, where `{text}` and `{voice}` stand for those; null: none. Without `{text}` it reads the text. */
  readonly command: readonly string[] | null;
  /** Is posted `{"text", "voice"}` and answers with sound; null: none. */
  readonly url: string | null;
  readonly voice: string;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly run: RunCommand;
  readonly send: Download;
  readonly cache: SoundCache;
}

const MAX_AT_ONCE = 4;
const MAX_WAITING = 64;

/**
 * Text to speech by a program or a server of the operator's. What was spoken once is kept in the cache. Limits: 4 at once, 64 that
 * wait; one more is refused with SPEECH_BUSY.
 */
export class Speech {
  spoken = 0;
  failed = 0;
  readonly #options: SpeechOptions;
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: SpeechOptions) {
    this.#options = options;
  }

  get isConfigured(): boolean {
    return this.#options.command !== null || this.#options.url !== null;
  }

  /** The text as a sound file. Rejects with SoundSourceError. */
  async speak(text: string, voice = this.#options.voice): Promise<CachedSound> {
    const { command, url, cache } = this.#options;
    const said = spoken(text);
    const key = createHash('sha256')
      .update(JSON.stringify([command, url, voice, said]))
      .digest('hex');
    try {
      return await cache.get(`speech-${key}`, (write) => this.#inTurn(() => this.#make(said, voice, write)));
    } catch (thrown) {
      this.failed += 1;
      throw thrown instanceof SoundSourceError && thrown.code.startsWith('SPEECH')
        ? thrown
        : new SoundSourceError('SPEECH_FAILED', messageOf(thrown), { cause: thrown });
    }
  }

  async #inTurn(run: () => Promise<void>): Promise<void> {
    if (this.#running >= MAX_AT_ONCE) {
      if (this.#waiting.length >= MAX_WAITING)
        throw new SoundSourceError('SPEECH_BUSY', 'too many texts are to be spoken');
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#running += 1;
    try {
      await run();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #make(text: string, voice: string, write: (piece: Uint8Array) => Promise<void>): Promise<void> {
    const { clock, timeoutMs, maxBytes } = this.#options;
    const tooLate = new AbortController();
    const done = new AbortController();
    delay(clock, timeoutMs, done.signal).then(
      () => tooLate.abort(),
      () => undefined,
    );
    let bytes = 0;
    const onOutput = async (piece: Uint8Array): Promise<void> => {
      bytes += piece.length;
      if (bytes > maxBytes) throw new SoundSourceError('SPEECH_FAILED', `more than ${maxBytes} bytes of speech`);
      await write(piece);
    };
    try {
      await this.#ask(text, voice, tooLate.signal, onOutput);
      if (bytes === 0) throw new SoundSourceError('SPEECH_FAILED', 'nothing was spoken');
      this.spoken += 1;
    } catch (thrown) {
      if (tooLate.signal.aborted) {
        throw new SoundSourceError('SPEECH_TIMEOUT', `not spoken within ${timeoutMs} ms`, { cause: thrown });
      }
      throw thrown;
    } finally {
      done.abort();
    }
  }

  async #ask(
    text: string,
    voice: string,
    signal: AbortSignal,
    onOutput: (piece: Uint8Array) => Promise<void>,
  ): Promise<void> {
    const { command, url, run, send, maxBytes } = this.#options;
    if (command !== null) {
      await run({ ...commandFor(command, text, voice), signal, onOutput });
      return;
    }
    if (url === null) throw new SpeechNotConfigured();
    const headers = { 'content-type': 'application/json', accept: 'audio/*' };
    const answer = await sent(send, { url, method: 'POST', headers, body: JSON.stringify({ text, voice }), signal });
    if (answer.status !== 200) {
      answer.leave();
      throw new SoundSourceError('SPEECH_FAILED', `the server of tts_url answered ${answer.status}`);
    }
    await readSound(answer, { maxBytes, signal }, onOutput);
  }
}

export class SpeechNotConfigured extends AppError {
  readonly code = 'SPEECH_NOT_CONFIGURED';

  constructor() {
    super('text cannot be spoken: set tts_command or tts_url');
  }
}

/** Control characters are no speech, and none may stand in an argument. */
function spoken(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is meant
  return text.replaceAll(/[\u0000-\u001f\u007f]+/g, ' ').trim();
}

/** A text that begins like an option would be one: a blank before it makes it text, and is not heard. */
export function commandFor(
  command: readonly string[],
  text: string,
  voice: string,
): { readonly argv: readonly string[]; readonly input: string } {
  const safe = text.startsWith('-') ? ` ${text}` : text;
  const hasText = command.some((part) => part.includes('{text}'));
  const argv = command.map((part) =>
    part.replaceAll(/\{(text|voice)\}/g, (_, name: string) => (name === 'text' ? safe : voice)),
  );
  return { argv, input: hasText ? '' : text };
}

/** Cuts a command line into its parts: blanks between them, `'…'` and `"…"` around those that have some. Null: a quote is open. */
export function commandParts(line: string): readonly string[] | null {
  const parts: string[] = [];
  const pattern = /\s*((?:[^\s'"]+|'[^']*'|"[^"]*")+)/y;
  while (pattern.lastIndex < line.trimEnd().length) {
    const match = pattern.exec(line);
    if (match === null) return null;
    parts.push(
      match[1]!.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
    );
  }
  return parts.length === 0 ? null : parts;
}
