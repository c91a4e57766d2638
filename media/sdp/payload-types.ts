import { codecs } from '../codec/codec.js';
import { comfortNoise, type FormatName, isEventName, type NamedFormat, ownFmtp } from './format-names.js';

const TELEPHONE_EVENT_PAYLOAD_TYPE = 101;
const FIRST_DYNAMIC = 96;
const LAST_DYNAMIC = 127;

/** Each name with the number that it had in this session (`used`), or its usual one, or a free one. */
export function numbered(names: Iterable<FormatName>, used: readonly NamedFormat[]): NamedFormat[] {
  let numbers = used;
  return [...new Set(names)].map((name) => {
    const format = { name, payloadType: numberFor(numbers, name), fmtp: ownFmtp(name, null) };
    numbers = withNumbers(numbers, [format]);
    return format;
  });
}

function numberFor(numbers: readonly NamedFormat[], name: FormatName): number {
  const known = numbers.findLast((format) => format.name === name);
  if (known !== undefined) return known.payloadType;
  const usual = usualNumber(name);
  const isFree = (payloadType: number): boolean => numbers.every((format) => format.payloadType !== payloadType);
  if (usual !== null && isFree(usual)) return usual;
  for (let payloadType = FIRST_DYNAMIC; payloadType < LAST_DYNAMIC; payloadType += 1) {
    if (isFree(payloadType)) return payloadType;
  }
  return LAST_DYNAMIC;
}

function usualNumber(name: FormatName): number | null {
  if (name === 'CN') return comfortNoise.payloadType;
  if (isEventName(name)) return name === 'telephone-event/8000' ? TELEPHONE_EVENT_PAYLOAD_TYPE : null;
  return codecs[name].staticPayloadType ?? codecs[name].usualPayloadType ?? null;
}

/** What the numbers stand for once `used` went over the wire: newest last; a number given a new meaning loses the old. */
export function withNumbers(numbers: readonly NamedFormat[], used: readonly NamedFormat[]): readonly NamedFormat[] {
  const kept = numbers.filter((known) => used.every((format) => format.payloadType !== known.payloadType));
  return [...kept, ...used];
}
