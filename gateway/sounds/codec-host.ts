import { createFileDecoder, type FileDecoder, OggOpusEncoder } from '../../media/index.js';
import type { CodecAnswer, CodecCommand } from './codec-protocol.js';

/** Decoders and encoders that may be open at once; a decoder of MP3 has a WebAssembly memory of 0.4 MB. */
const MAX_CODECS = 512;

const unavailable: CodecAnswer = { ok: false, fault: 'unavailable' };

interface Open {
  /** What was asked of it before is done. */
  done: Promise<void>;
  decoder: FileDecoder | null;
  encoder: OggOpusEncoder | null;
}

/** Decodes and encodes sound files, whoever asks: the thread's own part, or inline. Never throws. */
export class CodecHost {
  readonly #open = new Map<number, Open>();

  get open(): number {
    return this.#open.size;
  }

  /** Commands for one codec are done one after the other. */
  handle(command: CodecCommand): Promise<CodecAnswer> {
    const { codec } = command;
    let open = this.#open.get(codec);
    if (open === undefined) {
      if (command.type === 'close') return Promise.resolve({ ok: true });
      if (!command.type.startsWith('open') || this.#open.size >= MAX_CODECS) return Promise.resolve(unavailable);
      open = { done: Promise.resolve(), decoder: null, encoder: null };
      this.#open.set(codec, open);
    }
    const its = open;
    const answered = its.done.then(() => this.#run(its, command)).catch(() => unavailable);
    its.done = answered.then((answer) => {
      if (command.type === 'close' || (command.type.startsWith('open') && !answer.ok)) this.#open.delete(codec);
    });
    return answered;
  }

  async #run(open: Open, command: CodecCommand): Promise<CodecAnswer> {
    switch (command.type) {
      case 'open-decoder':
        open.decoder = await createFileDecoder(command.format, command.rateHz);
        return { ok: true };
      case 'decode': {
        if (open.decoder === null) return unavailable;
        const decoded = open.decoder.decode(command.bytes, command.isLast);
        return decoded.ok
          ? { ok: true, pcm: decoded.value, info: open.decoder.info }
          : { ok: false, fault: decoded.fault };
      }
      case 'open-encoder':
        open.encoder = new OggOpusEncoder(command);
        return { ok: true };
      case 'encode': {
        if (open.encoder === null) return unavailable;
        const bytes = open.encoder.encode(command.pcm);
        return { ok: true, bytes: command.isLast ? Buffer.concat([bytes, open.encoder.finish()]) : bytes };
      }
      case 'close':
        open.decoder?.close();
        open.encoder?.close();
        return { ok: true };
    }
  }
}
