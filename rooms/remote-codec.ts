/** The subprotocol of the WebSocket between a gateway and a media node (RFC 6455 §1.9). */
export const ROOM_PROTOCOL = 'hookline-room';
/** A report with the figures of some thousand legs. */
export const MAX_ROOM_MESSAGE_BYTES = 4 * 1024 * 1024;
/** What may wait in front of a slow peer; of more the connection is dropped. */
export const MAX_ROOM_QUEUED_BYTES = 8 * 1024 * 1024;

/** The first message each way: who speaks another version is told so, and not spoken to. */
export interface Hello {
  readonly type: 'hello';
  readonly version: number;
}

/** JSON that no message of ours holds; an object with this key alone stands for a value that JSON has not. */
const BYTES = '$bytes';
const NUMBER = '$number';

/**
 * One message as the UTF-8 text of one frame: JSON, bytes in base64, NaN, −0 and the infinities by name. Members that are
 * undefined are left out. What is read back equals what was written, as long as it is plain data without maps.
 */
export function encodeMessage(message: object): Buffer {
  return Buffer.from(JSON.stringify(message, written));
}

function written(this: unknown, key: string, value: unknown): unknown {
  // Of a Buffer JSON.stringify shows what its toJSON made; the holder has the value itself.
  const own = (this as Readonly<Record<string, unknown>>)[key];
  if (own instanceof Uint8Array) {
    return { [BYTES]: Buffer.from(own.buffer, own.byteOffset, own.byteLength).toString('base64') };
  }
  if (typeof own === 'number' && !Number.isFinite(own)) return { [NUMBER]: String(own) };
  if (Object.is(own, -0)) return { [NUMBER]: '-0' };
  return value;
}

/** Null for what is no JSON object with a `type`. Never throws; a member called __proto__ is one like any other. */
export function decodeMessage(data: Buffer): { readonly type: string } | null {
  try {
    const message: unknown = JSON.parse(data.toString('utf8'), read);
    if (typeof message !== 'object' || message === null || !('type' in message)) return null;
    return typeof message.type === 'string' ? (message as { readonly type: string }) : null;
  } catch {
    return null;
  }
}

function read(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  if (BYTES in value && typeof value[BYTES] === 'string' && isAlone(value)) {
    return Uint8Array.from(Buffer.from(value[BYTES], 'base64'));
  }
  if (NUMBER in value && typeof value[NUMBER] === 'string' && isAlone(value)) return Number(value[NUMBER]);
  return value;
}

function isAlone(value: object): boolean {
  return Object.keys(value).length === 1;
}
