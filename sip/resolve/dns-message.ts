import { domainToASCII } from 'node:url';
import { type Answer, decode, encode, RECURSION_DESIRED } from 'dns-packet';
import { fault, type Parsed, parsed } from '../../base/errors.js';
import { type Random, randomFraction } from '../../base/random.js';

/** RFC 2782. `target` is lower-case and without its last dot; `.` stays and means that there is no such service. */
export interface SrvRecord {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** RFC 3403 §4.1. `flags` is lower-case, `services` upper-case, `replacement` like `SrvRecord.target`. */
export interface NaptrRecord {
  readonly order: number;
  readonly preference: number;
  readonly flags: string;
  readonly services: string;
  readonly regexp: string;
  readonly replacement: string;
}

/** What a record of each type holds. */
export interface DnsData {
  readonly A: string;
  readonly AAAA: string;
  readonly CNAME: string;
  readonly SRV: SrvRecord;
  readonly NAPTR: NaptrRecord;
}

export type DnsType = keyof DnsData;

export type DnsRecord = {
  readonly [T in DnsType]: {
    readonly name: string;
    readonly type: T;
    readonly ttlS: number;
    readonly data: DnsData[T];
  };
}[DnsType];

export interface DnsQuestion {
  readonly id: number;
  readonly name: string;
  readonly type: DnsType;
}

export interface DnsAnswer {
  /** RFC 1035 §4.1.1: 0 no error, 1 format error, 2 server failure, 3 no such name, … */
  readonly rcode: number;
  /** The answer did not fit a datagram; ask again over TCP. */
  readonly truncated: boolean;
  /** The answer section, types that we do not ask for left out. */
  readonly records: readonly DnsRecord[];
  /** RFC 2308 §5: how long "there is none" may be remembered; null when the answer does not say. */
  readonly negativeTtlS: number | null;
}

/** `malformed`: no DNS message. `foreign`: one, but not the answer to this question. */
export type DnsFault = 'malformed' | 'foreign';

/** RFC 6891 §6.2.5: fits every path without fragments. */
export const EDNS_BYTES = 1232;

const MAX_NAME_BYTES = 253;
const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A host as DNS knows it: lower-case, without its last dot, international names in their ASCII form (RFC 5891).
 * `bad-name` for an empty label, one over 63 bytes, a name over 253 bytes or other characters than those of hosts.
 */
export function dnsName(host: string): Parsed<string, 'bad-name'> {
  const bare = host.endsWith('.') ? host.slice(0, -1) : host;
  // Only for what needs it: the same function reads `10.1` as an IPv4 address.
  const isAscii = /^[\0-\x7f]*$/.test(bare);
  const name = (isAscii ? bare : domainToASCII(bare)).toLowerCase();
  const sound = name !== '' && name.length <= MAX_NAME_BYTES && name.split('.').every((part) => label.test(part));
  return sound ? parsed(name) : fault('bad-name');
}

/** Letters in random case: an answer repeats them, and a forger has to guess them too. */
export function mixCase(name: string, random: Random): string {
  let mixed = '';
  for (const character of name) mixed += randomFraction(random) < 0.5 ? character : character.toUpperCase();
  return mixed;
}

/** RFC 1035 §4.1 with recursion desired; RFC 6891 tells what size of datagram we take, unless `edns` is false. */
export function encodeQuery({ id, name, type }: DnsQuestion, edns: boolean): Buffer {
  return encode({
    type: 'query',
    id,
    flags: RECURSION_DESIRED,
    questions: [{ type, name }],
    additionals: edns ? [optOf(EDNS_BYTES)] : [],
  });
}

function optOf(udpPayloadSize: number): Answer {
  return {
    type: 'OPT',
    name: '.',
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  };
}

/**
 * Reads what came for a question. It is the answer only when id and question are the same, letter by letter; any
 * other message is `foreign`. Never throws.
 */
export function readAnswer(data: Buffer, question: DnsQuestion): Parsed<DnsAnswer, DnsFault> {
  let packet: ReturnType<typeof decode>;
  try {
    packet = decode(data);
  } catch {
    return fault('malformed');
  }
  const [asked, ...more] = packet.questions ?? [];
  const isOurs =
    packet.flag_qr &&
    packet.id === question.id &&
    more.length === 0 &&
    asked?.name === question.name &&
    asked.type === question.type &&
    asked.class === 'IN';
  if (!isOurs) return fault('foreign');
  const rcode = (packet.flags ?? 0) & 0x0f;
  const records = (packet.answers ?? []).map(recordOf).filter((record) => record !== null);
  return parsed({ rcode, truncated: packet.flag_tc, records, negativeTtlS: negativeTtlOf(packet.authorities ?? []) });
}

function recordOf(answer: Answer): DnsRecord | null {
  if (answer.type === 'OPT' || answer.class !== 'IN') return null;
  const common = { name: plain(answer.name), ttlS: ttlOf(answer.ttl) };
  switch (answer.type) {
    case 'A':
    case 'AAAA':
      return { ...common, type: answer.type, data: answer.data };
    case 'CNAME':
      return { ...common, type: 'CNAME', data: plain(answer.data) };
    case 'SRV': {
      const { priority = 0, weight = 0, port, target } = answer.data;
      return { ...common, type: 'SRV', data: { priority, weight, port, target: plain(target) } };
    }
    case 'NAPTR': {
      const { order, preference, flags, services, regexp, replacement } = answer.data;
      const data = {
        order,
        preference,
        flags: flags.toLowerCase(),
        services: services.toUpperCase(),
        regexp,
        replacement: plain(replacement),
      };
      return { ...common, type: 'NAPTR', data };
    }
    default:
      return null;
  }
}

function plain(name: string): string {
  const lower = name.toLowerCase();
  return lower.length > 1 && lower.endsWith('.') ? lower.slice(0, -1) : lower;
}

/** RFC 2181 §8: a value with the top bit set counts as zero. */
function ttlOf(ttl: number | undefined): number {
  return ttl === undefined || ttl >= 0x8000_0000 ? 0 : ttl;
}

function negativeTtlOf(authorities: readonly Answer[]): number | null {
  for (const authority of authorities) {
    if (authority.type === 'SOA') return Math.min(ttlOf(authority.ttl), authority.data.minimum ?? 0);
  }
  return null;
}
