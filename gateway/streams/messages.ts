import type { StreamSettings } from '../../contract/streams.js';
import { encodingNames } from './format.js';

// Names and forms are those of Twilio Media Streams: numbers travel as strings, and each message but `connected` has its number.

/** What an application asks; `sound` is whole bytes of the stream's encoding. `other`: a message that means nothing to us. */
export type StreamRequest =
  | { readonly type: 'sound'; readonly sound: Uint8Array }
  | { readonly type: 'mark'; readonly name: string }
  | { readonly type: 'clear' }
  | { readonly type: 'other' };

/** A message that cannot be read: the connection is closed with this (RFC 6455 §7.4.1). */
export interface MessageFault {
  readonly type: 'fault';
  readonly statusCode: 1003 | 1007 | 1008;
  readonly reason: string;
}

const MAX_MARK_CHARACTERS = 256;

function fault(reason: string): MessageFault {
  return { type: 'fault', statusCode: 1007, reason };
}

/**
 * Reads one text message. Unknown events are no fault, so that a newer bot can talk to an older gateway. Never throws.
 * Faults: no JSON object, no `event`, payload that is no base64, a mark without a name.
 */
export function readMessage(text: string): StreamRequest | MessageFault {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return fault('not JSON');
  }
  if (!isRecord(message) || typeof message.event !== 'string') return fault('no event');
  switch (message.event) {
    case 'media':
      return readMedia(message.media);
    case 'mark':
      return readMark(message.mark);
    case 'clear':
      return { type: 'clear' };
    default:
      return { type: 'other' };
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMedia(media: unknown): StreamRequest | MessageFault {
  if (!isRecord(media) || typeof media.payload !== 'string') return fault('media without a payload');
  const { payload } = media;
  const sound = Buffer.from(payload, 'base64');
  // What is no base64 is left out by Buffer without a word: then there are too few bytes.
  const padding = payload.endsWith('==') ? 2 : payload.endsWith('=') ? 1 : 0;
  if (sound.length !== Math.floor(((payload.length - padding) * 3) / 4)) return fault('payload is not base64');
  return { type: 'sound', sound };
}

function readMark(mark: unknown): StreamRequest | MessageFault {
  if (!isRecord(mark) || typeof mark.name !== 'string') return fault('mark without a name');
  if (mark.name.length > MAX_MARK_CHARACTERS) return fault('mark with a name of more than 256 characters');
  return { type: 'mark', name: mark.name };
}

/** Which stream it is, in the words of the messages. */
export interface StreamNames {
  readonly streamSid: string;
  readonly callSid: string;
  readonly roomId: string;
}

/** Twilio's is that of the customer; here it says who is talking. */
const ACCOUNT_SID = 'hookline';

export const connectedMessage = JSON.stringify({ event: 'connected', protocol: 'Call', version: '1.0.0' });

/** Writes messages as text. Each takes its number from the caller, who counts from 1. */
export class MessageWriter {
  readonly #names: StreamNames;
  readonly #tail: string;

  constructor(names: StreamNames) {
    this.#names = names;
    this.#tail = `"streamSid":${JSON.stringify(names.streamSid)}}`;
  }

  start(sequence: number, settings: StreamSettings): string {
    const { streamSid, callSid, roomId } = this.#names;
    return this.#message('start', sequence, {
      accountSid: ACCOUNT_SID,
      streamSid,
      callSid,
      roomId,
      tracks: settings.ways === 'speaks' ? [] : ['inbound'],
      mediaFormat: { encoding: encodingNames[settings.encoding], sampleRate: settings.rate, channels: 1 },
      customParameters: settings.custom_parameters,
    });
  }

  media(sequence: number, chunk: number, timestampMs: number, base64: string): string {
    const media = `"track":"inbound","chunk":"${chunk}","timestamp":"${timestampMs}","payload":"${base64}"`;
    return `{"event":"media","sequenceNumber":"${sequence}","media":{${media}},${this.#tail}`;
  }

  /** Chunks that were not sent as binary frames, which have no number of their own. */
  lost(sequence: number, chunks: number, timestampMs: number): string {
    return this.#message('lost', sequence, { chunks: String(chunks), timestamp: String(timestampMs) });
  }

  /** @param memberId  whose key it is; beyond Twilio's form, for streams of a mix */
  dtmf(sequence: number, digit: string, memberId: string): string {
    return this.#message('dtmf', sequence, { track: 'inbound_track', digit, memberId });
  }

  mark(sequence: number, name: string): string {
    return this.#message('mark', sequence, { name });
  }

  /** @param reason  beyond Twilio's form */
  stop(sequence: number, reason: string): string {
    return this.#message('stop', sequence, { accountSid: ACCOUNT_SID, callSid: this.#names.callSid, reason });
  }

  #message(event: string, sequence: number, body: object): string {
    return `{"event":"${event}","sequenceNumber":"${sequence}","${event}":${JSON.stringify(body)},${this.#tail}`;
  }
}
