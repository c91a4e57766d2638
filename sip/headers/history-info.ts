import { fault, type Parsed, parsed } from '../../base/errors.js';
import { type NameAddr, splitList } from '../header-values.js';
import type { SipMessage } from '../message.js';
import type { Params } from '../params.js';
import type { SipUri, Uri } from '../uri.js';
import { serializeUriHeaders, uriHeaders } from '../uri-headers.js';
import { addressesOf, paramsOf, type ValueFault } from './field-list.js';
import { type ReasonValue, readReason, serializeReason } from './reason.js';
import { writeNameAddr } from './written.js';

/** How a target came about (RFC 7044 §5): `rc` same user, `mp` another user, `np` no change; `of` the entry before. */
export interface HistoryMechanism {
  readonly type: 'rc' | 'mp' | 'np';
  readonly of: readonly number[];
}

/** One target that the request was sent to: RFC 7044 §5. */
export interface HistoryEntry {
  /** Its parameters hold index and mechanism too, and the extensions. */
  readonly address: NameAddr;
  /** `1.2.1` as numbers. */
  readonly index: readonly number[];
  readonly mechanism: HistoryMechanism | undefined;
  /** The Reason in the URI: why the target was left. */
  readonly reason: readonly ReasonValue[];
  /** The Privacy in the URI, lower-case; `history` or `none`. */
  readonly privacy: readonly string[];
}

/** Levels of forking and retargeting in an index; deeper is a fault. */
const MAX_LEVELS = 32;

/** RFC 7044 §5, in the order of their indexes as sent. A value without an index is a fault. */
export function historyInfo(message: SipMessage): Parsed<readonly HistoryEntry[], ValueFault> {
  return message.headers.cached('history info', () => {
    const read = addressesOf(message, 'history-info');
    if (!read.ok) return read;
    const entries: HistoryEntry[] = [];
    for (const address of read.value) {
      const entry = historyEntry(address);
      if (entry === null) return fault('bad-value', entries.length);
      entries.push(entry);
    }
    return parsed(entries);
  });
}

function historyEntry(address: NameAddr): HistoryEntry | null {
  const index = readIndex(address.params.get('index'));
  const mechanism = readMechanism(address.params);
  if (index === null || mechanism === null) return null;
  const embedded = uriHeaders(address.uri);
  const values = (name: string) => embedded.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  return {
    address,
    index,
    mechanism,
    reason: values('reason')
      .flatMap(splitList)
      .flatMap((text) => readReason(text) ?? []),
    privacy: values('privacy').flatMap((text) => text.toLowerCase().split(/[\s;,]+/)),
  };
}

function readIndex(text: string | null | undefined): number[] | null {
  if (typeof text !== 'string' || !/^\d{1,6}(?:\.\d{1,6})*$/.test(text)) return null;
  const levels = text.split('.').map(Number);
  return levels.length <= MAX_LEVELS ? levels : null;
}

function readMechanism(params: Params): HistoryMechanism | undefined | null {
  for (const type of ['rc', 'mp', 'np'] as const) {
    if (!params.has(type)) continue;
    const of = readIndex(params.get(type));
    return of === null ? null : { type, of };
  }
  return undefined;
}

export interface HistoryEntryParts {
  readonly uri: Uri;
  readonly displayName?: string | undefined;
  readonly index: readonly number[];
  readonly mechanism?: HistoryMechanism | undefined;
  /** Only a sip or sips URI can hold them; with another they are left out. */
  readonly reason?: readonly ReasonValue[] | undefined;
  readonly privacy?: readonly string[] | undefined;
}

export function serializeHistoryEntry(entry: HistoryEntryParts): string {
  const { displayName, index, mechanism } = entry;
  const params = paramsOf({
    index: index.join('.'),
    ...(mechanism === undefined ? {} : { [mechanism.type]: mechanism.of.join('.') }),
  });
  const { uri } = entry;
  const isSip = uri.scheme === 'sip' || uri.scheme === 'sips';
  return writeNameAddr({ displayName, uri: isSip ? embed(uri, entry) : uri, params });
}

function embed(uri: SipUri, { reason = [], privacy = [] }: HistoryEntryParts): SipUri {
  const others = uriHeaders(uri).filter(([name]) => !/^(?:reason|privacy)$/i.test(name));
  const headers = [
    ...others,
    ...reason.map((value) => ['Reason', serializeReason(value)] as const),
    ...(privacy.length === 0 ? [] : [['Privacy', privacy.join(';')] as const]),
  ];
  return { ...uri, headers: serializeUriHeaders(headers) };
}

/** RFC 7044 §10.3: the index of the n-th target (from 1) that was tried from the entry. */
export function childIndex(parent: readonly number[], n: number): number[] {
  return [...parent, n];
}
