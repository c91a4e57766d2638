import { type Parsed, parsed } from '../../base/errors.js';
import type { NameAddr } from '../header-values.js';
import type { SipMessage } from '../message.js';
import type { Uri } from '../uri.js';
import { addressesOf, paramsOf, type ValueFault } from './field-list.js';
import { writeNameAddr } from './written.js';

/** RFC 5806 §4: one diversion of the call; the latest stands first. */
export interface Diversion {
  /** Who diverted; its parameters hold what is below and the extensions. */
  readonly address: NameAddr;
  /** `user-busy`, `no-answer`, `unconditional`, `deflection`, …, lower-case; `unknown` unless told. */
  readonly reason: string;
  /** How many diversions this value stands for; 1 unless told (RFC 5806 §4.1). */
  readonly counter: number;
  /** How many diversions are allowed; undefined unless told. */
  readonly limit: number | undefined;
  readonly privacy: string | undefined;
  readonly screen: string | undefined;
}

export function diversions(message: SipMessage): Parsed<readonly Diversion[], ValueFault> {
  return message.headers.cached('diversions', () => {
    const read = addressesOf(message, 'diversion');
    return read.ok ? parsed(read.value.map(diversion)) : read;
  });
}

function diversion(address: NameAddr): Diversion {
  const { params } = address;
  return {
    address,
    reason: (params.get('reason') ?? 'unknown').toLowerCase(),
    counter: count(params.get('counter')) ?? 1,
    limit: count(params.get('limit')),
    privacy: params.get('privacy') ?? undefined,
    screen: params.get('screen') ?? undefined,
  };
}

/** RFC 5806 §3: one or two digits. */
function count(text: string | null | undefined): number | undefined {
  return typeof text === 'string' && /^\d{1,2}$/.test(text) ? Number(text) : undefined;
}

/** How often the call was diverted: the sum of the counters, for a limit on loops (RFC 5806 §4.1). */
export function diversionCount(list: readonly Diversion[]): number {
  return list.reduce((sum, { counter }) => sum + counter, 0);
}

export interface DiversionParts {
  readonly uri: Uri;
  readonly displayName?: string | undefined;
  readonly reason: string;
  readonly counter?: number | undefined;
  readonly limit?: number | undefined;
  readonly privacy?: string | undefined;
  readonly screen?: string | undefined;
}

export function serializeDiversion({ uri, displayName, reason, counter, limit, privacy, screen }: DiversionParts) {
  return writeNameAddr({ displayName, uri, params: paramsOf({ reason, counter, limit, privacy, screen }) });
}
