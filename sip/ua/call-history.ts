import type { HeaderList } from '../build.js';
import {
  childIndex,
  type HistoryEntryParts,
  type HistoryMechanism,
  serializeHistoryEntry,
} from '../headers/history-info.js';
import type { SipResponse } from '../message.js';
import type { Params } from '../params.js';
import type { Uri } from '../uri.js';

/** What a request has been aimed at so far, its present target last: RFC 7044 §5. */
export type CallHistory = readonly HistoryEntryParts[];

/** The history with one more target, the n-th (from 1) that was tried after the last one. */
export function aimedAt(history: CallHistory, uri: Uri, n = 1, mechanism?: HistoryMechanism): CallHistory {
  const last = history.at(-1);
  const index = last === undefined ? [1] : childIndex(last.index, n);
  return [...history, { uri, index, mechanism }];
}

/** Why the last target was left: the redirection's status in its Reason (RFC 7044 §10.2). */
export function leftBy(history: CallHistory, { statusCode, reasonPhrase }: SipResponse): CallHistory {
  const last = history.at(-1);
  if (last === undefined) return history;
  const why = { protocol: 'SIP', cause: statusCode, text: reasonPhrase };
  return [...history.slice(0, -1), { ...last, reason: [...(last.reason ?? []), why] }];
}

/** Which of `rc`, `mp` and `np` a redirecting server put beside its Contact (RFC 7044 §10.4); of the last target. */
export function mechanismIn(contact: Params, history: CallHistory): HistoryMechanism | undefined {
  const of = history.at(-1)?.index;
  const type = (['rc', 'mp', 'np'] as const).find((name) => contact.has(name));
  return type === undefined || of === undefined ? undefined : { type, of };
}

/** `Supported: histinfo` asks who answers to tell his part (RFC 7044 §6.1). */
export function historyHeaders(history: CallHistory): HeaderList {
  return [
    ['Supported', 'histinfo'],
    ...history.map((entry) => ['History-Info', serializeHistoryEntry(entry)] as const),
  ];
}
