import { isSecure, type TransportKind } from '../transport/transport.js';
import type { NaptrRecord } from './dns-message.js';

/** RFC 3263 §4.1 table, RFC 7118 §5.3. */
const services: Readonly<Record<string, TransportKind>> = {
  'SIP+D2U': 'udp',
  'SIP+D2T': 'tcp',
  'SIPS+D2T': 'tls',
  'SIP+D2W': 'ws',
  'SIPS+D2W': 'wss',
};

export interface NaptrChoice {
  readonly kind: TransportKind;
  /** `srv`: the name has SRV records (flag "s"). `address`: it is a host (flag "a"). */
  readonly next: 'srv' | 'address';
  readonly name: string;
}

/**
 * RFC 3263 §4.1: the ways that a domain offers and we can go, in the order it wants them tried. Of the lowest order
 * that has one we can use, by preference; higher orders are not looked at (RFC 3403 §4.1), so that a domain that
 * wants TLS is not asked for less. Rules with a regular expression, flag "u" and non-terminal ones are left out.
 */
export function chooseNaptr(
  records: readonly NaptrRecord[],
  supports: (kind: TransportKind) => boolean,
  secureOnly: boolean,
): NaptrChoice[] {
  const usable = records.flatMap((record) => {
    const kind = Object.hasOwn(services, record.services) ? services[record.services] : undefined;
    const terminal = record.flags === 's' || record.flags === 'a';
    if (kind === undefined || !terminal || record.regexp !== '' || record.replacement === '.') return [];
    if (!supports(kind) || (secureOnly && !isSecure(kind))) return [];
    return [{ record, kind }];
  });
  const lowest = Math.min(...usable.map(({ record }) => record.order));
  return usable
    .filter(({ record }) => record.order === lowest)
    .sort((a, b) => a.record.preference - b.record.preference)
    .map(({ record, kind }) => ({ kind, next: record.flags === 's' ? 'srv' : 'address', name: record.replacement }));
}
