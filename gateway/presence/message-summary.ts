import type { MessageSummaryBody } from '../../contract/message-summary.js';
import { type MessageCounts, type MessageSummary, parseUri } from '../../sip/index.js';

const classes = ['voice', 'fax', 'pager', 'multimedia', 'text'] as const;

const dialled = new Set(['sip', 'sips', 'tel']);

/** The body of the API as the event package takes it; null when `account` is no URI that a phone could call. */
export function messageSummaryOf(body: MessageSummaryBody): MessageSummary | null {
  const { waiting, account } = body;
  const uri = account == null ? null : parseUri(account);
  if (uri !== null && !(uri.ok && dialled.has(uri.value.scheme))) return null;
  const counts: Partial<Record<(typeof classes)[number], MessageCounts>> = {};
  for (const name of classes) {
    const told = body[name];
    if (told == null) continue;
    const { new: newMessages, old: oldMessages, urgent_new: urgentNew, urgent_old: urgentOld } = told;
    const isUrgent = urgentNew != null || urgentOld != null;
    const urgent = isUrgent ? { urgent: { newMessages: urgentNew ?? 0, oldMessages: urgentOld ?? 0 } } : {};
    counts[name] = { newMessages, oldMessages, ...urgent };
  }
  return { waiting, counts, ...(account == null ? {} : { account }) };
}

/** And back. */
export function viewOfMessages({ waiting, account, counts }: MessageSummary): MessageSummaryBody {
  const view: MessageSummaryBody = { waiting, ...(account === undefined ? {} : { account }) };
  for (const name of classes) {
    const known = counts[name];
    if (known === undefined) continue;
    const { newMessages, oldMessages, urgent } = known;
    const ofUrgent = urgent ? { urgent_new: urgent.newMessages, urgent_old: urgent.oldMessages } : {};
    view[name] = { new: newMessages, old: oldMessages, ...ofUrgent };
  }
  return view;
}
