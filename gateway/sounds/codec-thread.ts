import { Worker } from 'node:worker_threads';
import { messageOf } from '../../base/errors.js';
import type { Logger } from '../../base/log.js';
import type { CodecAnswer, CodecCommand, NumberedAnswer, NumberedCommand } from './codec-protocol.js';
import { createCodecs, type SoundCodecs } from './codecs.js';

/** Enough for 512 files at once; a file that asks for more ends the thread, and with it what is being played and no more. */
const MAX_HEAP_MB = 512;

/**
 * A thread for sound files, made when the first one needs it and again after it was lost: its files end with
 * `unavailable` then. It keeps nothing from ending.
 */
export function createCodecThread(log: Logger): SoundCodecs {
  let current: Thread | null = null;
  return createCodecs(
    (command) => {
      if (current === null || current.isGone) {
        if (command.type === 'close') return Promise.resolve({ ok: true });
        current = new Thread(log);
      }
      return current.ask(command);
    },
    async () => {
      const thread = current;
      current = null;
      await thread?.end();
    },
  );
}

class Thread {
  isGone = false;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, (answer: CodecAnswer) => void>();
  #last = 0;

  constructor(log: Logger) {
    this.#worker = new Worker(new URL('./codec-worker.js', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB },
    });
    this.#worker.on('message', ({ id, answer }: NumberedAnswer) => this.#settle(id, answer));
    this.#worker.on('error', (error) => {
      log.error('sounds.thread-lost', { reason: messageOf(error) });
      this.#lost();
    });
    this.#worker.on('exit', () => this.#lost());
    this.#worker.unref();
  }

  ask(command: CodecCommand): Promise<CodecAnswer> {
    this.#last += 1;
    const id = this.#last;
    if (this.isGone) return Promise.resolve({ ok: false, fault: 'unavailable' });
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#worker.postMessage({ id, command: owned(command) } satisfies NumberedCommand);
    });
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #settle(id: number, answer: CodecAnswer): void {
    this.#waiting.get(id)?.(answer);
    this.#waiting.delete(id);
  }

  #lost(): void {
    this.isGone = true;
    for (const id of [...this.#waiting.keys()]) this.#settle(id, { ok: false, fault: 'unavailable' });
  }
}

/** A view is sent with all that it is a view of. */
function owned(command: CodecCommand): CodecCommand {
  if (command.type === 'decode') return { ...command, bytes: new Uint8Array(command.bytes) };
  return command.type === 'encode' ? { ...command, pcm: new Int16Array(command.pcm) } : command;
}
