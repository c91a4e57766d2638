import type { SampleRateHz, SoundFileFault, SoundFileInfo, SoundFormat } from '../../media/index.js';

/** What the thread of the sound files is asked. `codec`: a decoder or encoder, numbered by who asks. Each is answered once. */
export type CodecCommand =
  | {
      readonly type: 'open-decoder';
      readonly codec: number;
      readonly format: SoundFormat;
      readonly rateHz: SampleRateHz;
    }
  | { readonly type: 'decode'; readonly codec: number; readonly bytes: Uint8Array; readonly isLast: boolean }
  | { readonly type: 'open-encoder'; readonly codec: number; readonly rateHz: SampleRateHz; readonly serial: number }
  | { readonly type: 'encode'; readonly codec: number; readonly pcm: Int16Array; readonly isLast: boolean }
  | { readonly type: 'close'; readonly codec: number };

/** `unavailable`: as many as may be are open, or the thread is gone. */
export type CodecFault = SoundFileFault | 'unavailable';

export type CodecAnswer =
  | { readonly ok: true; readonly pcm?: Int16Array; readonly bytes?: Uint8Array; readonly info?: SoundFileInfo | null }
  | { readonly ok: false; readonly fault: CodecFault };

export interface NumberedCommand {
  readonly id: number;
  readonly command: CodecCommand;
}

export interface NumberedAnswer {
  readonly id: number;
  readonly answer: CodecAnswer;
}
