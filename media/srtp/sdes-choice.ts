import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { Random } from '../../base/random.js';
import { MasterKey } from './master-key.js';
import { type SrtpProfile, type SrtpProfileName, srtpProfiles } from './profiles.js';
import { type CryptoAttribute, type CryptoFault, parseCrypto } from './sdes.js';

/** Both directions of a stream, as agreed upon: one profile, a key of each side's own. */
export interface AgreedCrypto {
  /** The line of ours: what we send with. */
  readonly send: CryptoAttribute;
  /** The line of the peer: what it sends with. */
  readonly receive: CryptoAttribute;
}

/** `no-crypto`: no line at all. Else the fault of the first line, or what is wrong between the lines. */
export type CryptoChoiceFault = CryptoFault | 'no-crypto' | 'not-ours' | 'several-answers' | 'not-offered';

/** Lines of one media section that are looked at; those beyond are passed over. */
const MAX_LINES = 32;

/** One line for each profile, with keys of their own, in that order of preference: RFC 4568 §5.1.1 and §7.1.1. */
export function offerCrypto(profiles: readonly SrtpProfileName[], random: Random): CryptoAttribute[] {
  return profiles.map((name, index) => ownLine(srtpProfiles[name], name, index + 1, random));
}

/**
 * Chooses one of the lines of an offer: RFC 4568 §5.1.2 and §7.1.2, the first that we can use, as the peer lists them by
 * preference. Lines that cannot be read, or repeat a tag, are passed over.
 * @param values   of the `a=crypto` attributes, in order
 * @param profiles which of ours may be used
 * @param before   what was agreed on until now: a peer that offers its key again gets ours again, and no counter
 *                 is set back; one with a new key gets a new one, because it may begin anew in both directions
 */
export function answerCrypto(
  values: readonly string[],
  profiles: readonly SrtpProfileName[],
  options: { readonly random: Random; readonly before?: AgreedCrypto | null },
): Parsed<AgreedCrypto, CryptoChoiceFault> {
  const tags = new Set<number>();
  let refusal: CryptoChoiceFault | null = null;
  for (const value of values.slice(0, MAX_LINES)) {
    const read = parseCrypto(value);
    if (!read.ok) {
      refusal ??= read.fault;
      continue;
    }
    const receive = read.value;
    const isUsable = profiles.includes(receive.profile.name) && !tags.has(receive.tag);
    tags.add(receive.tag);
    if (isUsable) return parsed({ receive, send: answerLine(receive, options.random, options.before ?? null) });
    refusal ??= 'not-ours';
  }
  return fault(refusal ?? 'no-crypto');
}

/**
 * Reads the answer to `offered`: RFC 4568 §5.1.3 and §7.1.3. It has one line, with a tag of the offer and the suite of
 * that line. Anything else is no agreement.
 */
export function acceptCrypto(
  offered: readonly CryptoAttribute[],
  values: readonly string[],
): Parsed<AgreedCrypto, CryptoChoiceFault> {
  if (values.length === 0) return fault('no-crypto');
  if (values.length > 1) return fault('several-answers');
  const read = parseCrypto(values[0]!);
  if (!read.ok) return read;
  const receive = read.value;
  const send = offered.find((line) => line.tag === receive.tag && line.profile === receive.profile);
  return send === undefined ? fault('not-offered') : parsed({ send, receive });
}

function answerLine(receive: CryptoAttribute, random: Random, before: AgreedCrypto | null): CryptoAttribute {
  const { tag, suite, profile } = receive;
  const isSame = before !== null && before.receive.profile === profile && before.receive.key.equals(receive.key);
  return isSame ? { ...before.send, tag, suite } : ownLine(profile, suite, tag, random);
}

function ownLine(profile: SrtpProfile, suite: string, tag: number, random: Random): CryptoAttribute {
  const key = new MasterKey(random.bytes(profile.keyBytes + profile.saltBytes));
  return { tag, profile, suite, key, lifetimePackets: null };
}
