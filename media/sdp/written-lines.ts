import { codecs } from '../codec/codec.js';
import type { WrittenFormat, WrittenRefusal } from './format.js';
import { comfortNoise, eventClockRateHz, isEventName, type NamedFormat } from './format-names.js';
import type { MediaDescription } from './parse.js';

/** One format of an m-line of ours. */
export function writtenFormat({ name, payloadType, fmtp }: NamedFormat): WrittenFormat {
  if (isEventName(name)) {
    const clockRateHz = eventClockRateHz(name);
    return { payloadType, encodingName: 'telephone-event', clockRateHz, channels: 1, parameters: fmtp };
  }
  if (name === 'CN') {
    const { clockRateHz } = comfortNoise;
    return { payloadType, encodingName: name, clockRateHz, channels: 1, parameters: null };
  }
  const { encodingName, clockRateHz, channels } = codecs[name];
  return { payloadType, encodingName, clockRateHz, channels, parameters: fmtp };
}

/** Somebody else's m-line, as we refuse it (RFC 3264 §6). */
export function refusalOf({ type, protocol, formats, mid }: MediaDescription): WrittenRefusal {
  return { kind: 'refused', type, protocol, formats, ...(mid === null ? {} : { mid }) };
}
