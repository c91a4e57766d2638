import type { StreamSettings } from '../../contract/streams.js';
import type { MediaStream } from '../../rooms/index.js';
import { bytesPerSample } from './format.js';
import { type MessageFault, readMessage } from './messages.js';
import type { SoundEdge } from './sound-edge.js';

function refuse(statusCode: 1007 | 1008, reason: string): MessageFault {
  return { type: 'fault', statusCode, reason };
}

/** One message of the application, done; or why it is none. */
export function obey(
  data: Buffer,
  isText: boolean,
  voice: StreamVoice,
  { frames }: Pick<StreamSettings, 'frames'>,
): MessageFault | null {
  if (!isText) {
    if (frames === 'binary') return voice.say(data);
    return { type: 'fault', statusCode: 1003, reason: 'binary frames were not asked for' };
  }
  const request = readMessage(data.toString());
  switch (request.type) {
    case 'fault':
      return request;
    case 'sound':
      return voice.say(request.sound);
    case 'mark':
      return voice.mark(request.name);
    case 'clear':
      voice.clear();
      return null;
    case 'other':
      return null;
  }
}

/**
 * What an application says: sound as far as the stream's buffer goes, the rest is dropped and counted; and marks by their
 * names, at most 1000 at a time. Media hosts know marks by numbers.
 */
export class StreamVoice {
  receivedMs = 0;
  refusedMs = 0;
  readonly #settings: StreamSettings;
  readonly #edge: SoundEdge;
  readonly #stream: MediaStream;
  readonly #onMark: (name: string) => void;
  readonly #marks = new Map<number, string>();
  #marked = 0;

  constructor(settings: StreamSettings, edge: SoundEdge, stream: MediaStream, onMark: (name: string) => void) {
    this.#settings = settings;
    this.#edge = edge;
    this.#stream = stream;
    this.#onMark = onMark;
  }

  /** Null: taken, or dropped because there is too much of it. */
  say(sound: Uint8Array): MessageFault | null {
    const { encoding, ways } = this.#settings;
    if (ways === 'hears') return refuse(1008, 'this stream does not speak');
    if (sound.length % bytesPerSample[encoding] !== 0) return refuse(1007, 'half a sample');
    this.receivedMs += sound.length / this.#edge.bytesPerMs;
    const { pieceBytes } = this.#edge;
    for (let at = 0; at < sound.length; at += pieceBytes) {
      const piece = sound.subarray(at, Math.min(at + pieceBytes, sound.length));
      // A copy: what the edge lends is written again with the next piece.
      if (this.#stream.feed(this.#edge.toHost(piece).slice())) continue;
      this.refusedMs += (sound.length - at) / this.#edge.bytesPerMs;
      this.#edge.cleared();
      break;
    }
    return null;
  }

  mark(name: string): MessageFault | null {
    if (this.#settings.ways === 'hears') {
      this.#onMark(name);
      return null;
    }
    this.#marked += 1;
    this.#marks.set(this.#marked, name);
    if (this.#stream.mark(this.#marked)) return null;
    this.#marks.delete(this.#marked);
    return refuse(1008, 'more than 1000 marks wait');
  }

  clear(): void {
    this.#stream.clear();
    this.#edge.cleared();
  }

  /** The media host has come to a mark. */
  said(mark: number): void {
    const name = this.#marks.get(mark);
    if (name === undefined) return;
    this.#marks.delete(mark);
    this.#onMark(name);
  }
}
