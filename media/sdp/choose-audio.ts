import { codecs } from '../codec/codec.js';
import { type AudioSecurity, answeredSecurity, neededTransport } from './crypto-lines.js';
import { mostTelling } from './faults.js';
import {
  eventClockRateHz,
  eventNamesFor,
  type FormatName,
  isCodec,
  isEventName,
  type NamedFormat,
  namedFormats,
} from './format-names.js';
import { willCheck } from './ice-lines.js';
import type { LocalMedia } from './local-media.js';
import { type AudioFault, audioFault } from './negotiate.js';
import type { MediaDescription, SessionDescription } from './parse.js';

/** An m-line of the peer's offer that carries the call, or why none does. */
export type ChosenAudio =
  | {
      readonly ok: true;
      readonly index: number;
      readonly audio: MediaDescription;
      readonly formats: readonly NamedFormat[];
      readonly security: AudioSecurity;
    }
  | { readonly ok: false; readonly fault: AudioFault; readonly detail?: string };

/**
 * The first audio line that can carry the call, the one that carries it now before all others.
 * @param current  index of that one; -1 before there is one
 */
export function chooseAudio(
  { current, security }: { readonly current: number; readonly security: AudioSecurity | null },
  offer: SessionDescription,
  local: LocalMedia,
): ChosenAudio {
  const order = [...offer.media.keys()].sort((a, b) => Number(b === current) - Number(a === current));
  const faults = new Map<AudioFault, string | undefined>();
  for (const index of order) {
    const audio = offer.media[index]!;
    const formats = answeredFormats(audio, local);
    const checks = willCheck(audio, local.iceRandom);
    const fault = audioFault(audio, local.address, checks) ?? (hasCodec(formats) ? null : 'no-common-codec');
    const choice = fault === null ? answeredSecurity(audio, security, { ...local, checks }) : null;
    if (choice?.ok === true) return { ok: true, index, audio, formats, security: choice.security };
    if (fault !== null) faults.set(fault, fault === 'bad-transport' ? neededTransport(local.srtp) : undefined);
    else if (choice !== null) faults.set(choice.fault, choice.detail);
  }
  const fault = mostTelling.find((each) => faults.has(each)) ?? 'no-audio';
  const detail = faults.get(fault);
  return detail === undefined ? { ok: false, fault } : { ok: false, fault, detail };
}

export function hasCodec(formats: readonly NamedFormat[]): boolean {
  return formats.some(({ name }) => isCodec(name));
}

function supports(local: LocalMedia, name: FormatName): boolean {
  if (isCodec(name)) return local.codecs.includes(name);
  return name === 'CN' || local.telephoneEvent;
}

/** The offer's formats that we have, under the offer's numbers. */
function answeredFormats(audio: MediaDescription, local: LocalMedia): NamedFormat[] {
  const known = namedFormats(audio).filter((format) => supports(local, format.name));
  // An event at a clock rate that none of the codecs has (RFC 4733 §2.1) is of no use; only 8000 is used with all of them.
  const clocks = new Set([8000, ...known.map(({ name }) => (isCodec(name) ? codecs[name].clockRateHz : 8000))]);
  const common = known.filter(({ name }) => !isEventName(name) || clocks.has(eventClockRateHz(name)));
  if (local.answerOrder !== 'local') return common;
  const ranked: readonly FormatName[] = [...namesOf(local), 'CN'];
  return common.sort((a, b) => ranked.indexOf(a.name) - ranked.indexOf(b.name));
}

/** What we can offer, in our order. */
export function namesOf(local: LocalMedia): FormatName[] {
  return local.telephoneEvent ? [...local.codecs, ...eventNamesFor(local.codecs)] : [...local.codecs];
}
