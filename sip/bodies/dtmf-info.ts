import { fault, type Parsed, parsed } from '../../base/errors.js';
import { UnwritableError } from '../headers/writable.js';

/*
 * The two bodies in which phones send a key by INFO. Neither has an RFC: `application/dtmf-relay` is Cisco's, with
 * lines `Signal=5` and `Duration=160`; `application/dtmf` holds the key alone.
 */

export interface DtmfInfo {
  /** `0` … `9`, `*`, `#`, `A` … `D`, or `!` for a hook flash. */
  readonly digit: string;
  /** Undefined when the body does not say. */
  readonly durationMs: number | undefined;
}

export const dtmfInfoTypes: readonly string[] = ['application/dtmf-relay', 'application/dtmf'];

const MAX_BYTES = 256;
/** A key pressed longer is taken for this long. */
const MAX_DURATION_MS = 60_000;

/** The event codes of RFC 4733 §3.2 that some phones write in place of the key. */
const codes: Readonly<Record<string, string>> = { 10: '*', 11: '#', 12: 'A', 13: 'B', 14: 'C', 15: 'D', 16: '!' };

function digitOf(text: string): string | undefined {
  const key = text.trim().toUpperCase();
  if (/^[0-9*#A-D!]$/.test(key)) return key;
  if (key === 'FLASH' || key === 'HF') return '!';
  return codes[key];
}

/** Reads the body of an INFO by its Content-Type (lower-case, without parameters). */
export function parseDtmfInfo(contentType: string, body: Uint8Array): Parsed<DtmfInfo, 'bad-body' | 'bad-type'> {
  if (!dtmfInfoTypes.includes(contentType)) return fault('bad-type');
  if (body.length > MAX_BYTES) return fault('bad-body', MAX_BYTES);
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString('latin1');
  const fields = fieldsOf(text);
  // Some phones send the form of dtmf-relay as application/dtmf, and the other way round.
  const digit = digitOf(fields.get('signal') ?? text);
  if (digit === undefined) return fault('bad-body');
  const duration = fields.get('duration');
  if (duration === undefined) return parsed({ digit, durationMs: undefined });
  if (!/^\d{1,9}$/.test(duration)) return fault('bad-body');
  return parsed({ digit, durationMs: Math.min(MAX_DURATION_MS, Number(duration)) });
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*([A-Za-z]+)\s*[=:]\s*(.*?)\s*$/.exec(line);
    if (match !== null) fields.set(match[1]!.toLowerCase(), match[2]!);
  }
  return fields;
}

/** The Content-Type and body of an INFO for one key. A duration of undefined is written as 250 ms, which all
 * take. Throws an UnwritableError for what is no key. */
export function serializeDtmfInfo(
  { digit, durationMs = 250 }: { readonly digit: string; readonly durationMs?: number | undefined },
  contentType: 'application/dtmf-relay' | 'application/dtmf' = 'application/dtmf-relay',
): { readonly contentType: string; readonly body: Buffer } {
  if (!/^[0-9*#A-D!]$/i.test(digit)) throw new UnwritableError('DTMF digit', 'is not one key');
  const text = contentType === 'application/dtmf' ? digit : `Signal=${digit}\r\nDuration=${Math.round(durationMs)}\r\n`;
  return { contentType, body: Buffer.from(text) };
}
