import { messageOf } from '../../base/errors.js';
import { systemCode } from '../../base/network.js';
import type { RecordBody } from '../../contract/mediaswitch/rtp.js';
import { type SampleRateHz, wavHeader } from '../../media/index.js';
import type { MediaRecorder, MediaSoundEnd, RecordOptions } from '../../rooms/index.js';
import type { SoundSink } from '../sounds/sound-files.js';

export type RecordingEnd = 'requested' | 'timeout' | 'replaced' | 'channelclosed' | 'failed';

export interface RecordingOptions {
  readonly sink: SoundSink;
  readonly body: RecordBody;
  readonly rateHz: SampleRateHz;
  /** Null: the leg is not open. */
  readonly record: (options: RecordOptions) => MediaRecorder | null;
  /** The file is closed, with its header right. `fault`: what the system said, where it failed. */
  readonly onFinished: (end: RecordingEnd, fileBytes: number, fault: string | null) => void;
}

const HEADER_BYTES = 44;
/** What the lengths of a WAV file can say, with room for a chunk. */
const MOST_DATA_BYTES = 0xfff0_0000;

const reasons: Readonly<Record<MediaSoundEnd, RecordingEnd>> = {
  played: 'requested',
  closed: 'requested',
  replaced: 'replaced',
  gone: 'channelclosed',
  lost: 'channelclosed',
};

/**
 * One channel's sound on its way into a WAV file. What waits to be written is bounded by the media host, which drops what
 * comes beyond (rooms/recorder.ts): a hole of silence in the file. A disk that takes no more ends the recording, and
 * nothing else.
 */
export class Recording {
  /** Resolves when the file is closed. Never rejects. */
  readonly finished: Promise<void>;
  readonly #options: RecordingOptions;
  readonly #frameBytes: number;
  readonly #mostBytes: number;
  #recorder: MediaRecorder | null = null;
  #work: Promise<void>;
  #dataBytes = 0;
  #end: RecordingEnd | null = null;
  #fault: string | null = null;
  #resolve: () => void = () => undefined;

  constructor(options: RecordingOptions) {
    const { body, rateHz } = options;
    const channels = body.numchannels ?? 2;
    this.#options = options;
    this.#frameBytes = 2 * channels;
    const mostFrames = Math.floor(((body.maxduration ?? Infinity) * rateHz) / 1000);
    this.#mostBytes = Math.min(MOST_DATA_BYTES, mostFrames * this.#frameBytes);
    this.finished = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    this.#work = this.#write(0, wavHeader({ sampleRateHz: rateHz, channels }, 0));
    this.#recorder = options.record({
      sampleRateHz: rateHz,
      channels,
      onChunk: (pcm, lostFrames) => this.#take(pcm, lostFrames),
      onEnded: (end) => this.#close(reasons[end]),
    });
    if (this.#recorder === null) this.#close('channelclosed');
  }

  stop(): void {
    this.#halt('requested');
  }

  #take(pcm: Uint8Array, lostFrames: number): void {
    const at = this.#dataBytes + lostFrames * this.#frameBytes;
    const bytes = Math.max(0, Math.min(pcm.length, this.#mostBytes - at));
    if (this.#end === null || this.#end === 'requested') {
      this.#dataBytes = Math.min(this.#mostBytes, at + bytes);
      this.#work = this.#work.then(() => this.#write(HEADER_BYTES + at, pcm.subarray(0, bytes)));
    }
    void this.#work.then(() => this.#recorder?.kept());
    if (this.#dataBytes >= this.#mostBytes) this.#halt('timeout');
  }

  /** The recorder is told; what it still has comes, and then its end. */
  #halt(end: RecordingEnd): void {
    this.#end ??= end;
    this.#recorder?.close();
  }

  async #write(at: number, bytes: Uint8Array): Promise<void> {
    if (this.#fault !== null || bytes.length === 0) return;
    try {
      await this.#options.sink.write(at, bytes);
    } catch (error) {
      this.#fault = systemCode(error) ?? messageOf(error);
      this.#dataBytes = Math.min(this.#dataBytes, Math.max(0, at - HEADER_BYTES));
      this.#halt('failed');
    }
  }

  #close(end: RecordingEnd): void {
    this.#end ??= end;
    this.#recorder = null;
    this.#work = this.#work.then(() => this.#finish());
  }

  async #finish(): Promise<void> {
    const { sink, body, rateHz, onFinished } = this.#options;
    const header = wavHeader({ sampleRateHz: rateHz, channels: body.numchannels ?? 2 }, this.#dataBytes);
    // A disk that is full still takes what does not make the file longer.
    await sink.write(0, header).catch((error: unknown) => {
      this.#fault ??= systemCode(error) ?? messageOf(error);
    });
    await sink.close().catch(() => undefined);
    const end = this.#fault === null ? (this.#end ?? 'requested') : 'failed';
    onFinished(end, HEADER_BYTES + this.#dataBytes, this.#fault);
    this.#resolve();
  }
}
