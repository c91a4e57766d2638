import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { EventDocument, EventPackage } from './package.js';

/** RFC 3842 §5.2: counts of one message context class; `urgent` are among the others. */
export interface MessageCounts {
  readonly newMessages: number;
  readonly oldMessages: number;
  readonly urgent?: { readonly newMessages: number; readonly oldMessages: number } | undefined;
}

/** RFC 3458 §6.2: the classes that have a line of their own. */
export type MessageClass = 'voice' | 'fax' | 'pager' | 'multimedia' | 'text' | 'none';

/** The state of a mailbox. */
export interface MessageSummary {
  readonly waiting: boolean;
  /** URI of the account, where a mailbox has several. */
  readonly account?: string | undefined;
  readonly counts: Readonly<Partial<Record<MessageClass, MessageCounts>>>;
  /** Optional descriptions of new messages: one list of header fields (name, value) each. */
  readonly messages?: readonly (readonly (readonly [name: string, value: string])[])[] | undefined;
}

const lineNames: Readonly<Record<MessageClass, string>> = {
  voice: 'Voice-Message',
  fax: 'Fax-Message',
  pager: 'Pager-Message',
  multimedia: 'Multimedia-Message',
  text: 'Text-Message',
  none: 'None',
};
const classes = Object.keys(lineNames) as MessageClass[];
const classOf = new Map(classes.map((name) => [lineNames[name].toLowerCase(), name]));

const MAX_BYTES = 16 * 1024;
const MAX_LINES = 400;

/** Message waiting: RFC 3842. Every NOTIFY carries the whole state. */
export const messageSummaryPackage: EventPackage<MessageSummary> = {
  name: 'message-summary',
  contentType: 'application/simple-message-summary',
  defaultExpiresS: 3600,
  minIntervalMs: 1000,

  serialize(state) {
    const lines = [`Messages-Waiting: ${state.waiting ? 'yes' : 'no'}`];
    if (state.account !== undefined) lines.push(`Message-Account: ${clean(state.account)}`);
    for (const name of classes) {
      const counts = state.counts[name];
      if (counts !== undefined) lines.push(`${lineNames[name]}: ${countsText(counts)}`);
    }
    for (const message of state.messages ?? []) {
      lines.push('', ...message.map(([name, value]) => `${clean(name)}: ${clean(value)}`));
    }
    return Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8');
  },

  parse(body): Parsed<EventDocument<MessageSummary>, 'bad-body'> {
    if (body.length > MAX_BYTES) return fault('bad-body', MAX_BYTES);
    const lines = body
      .toString('utf8')
      .replace(/\r?\n[ \t]+/g, ' ')
      .split(/\r?\n/);
    if (lines.length > MAX_LINES) return fault('bad-body');
    const [summary = [], ...messages] = blocksOf(lines);
    const waiting = /^(yes|no)$/i.exec(fieldOf(summary, 'messages-waiting') ?? '')?.[1]?.toLowerCase();
    if (waiting === undefined) return fault('bad-body');
    const counts: Partial<Record<MessageClass, MessageCounts>> = {};
    for (const [name, value] of summary) {
      const known = classOf.get(name.toLowerCase());
      if (known === undefined) continue;
      const read = readCounts(value);
      if (read === null) return fault('bad-body');
      counts[known] = read;
    }
    const account = fieldOf(summary, 'message-account');
    const state: MessageSummary = {
      waiting: waiting === 'yes',
      counts,
      ...(account === undefined ? {} : { account }),
      ...(messages.length === 0 ? {} : { messages }),
    };
    return parsed({ state, full: true });
  },

  blank: () => ({ waiting: false, counts: {} }),
};

type Fields = (readonly [name: string, value: string])[];

/** Header fields between empty lines; what is no header field is passed over (the syntax of RFC 3842 §5.2 is open). */
function blocksOf(lines: readonly string[]): Fields[] {
  const blocks: Fields[] = [];
  let open: Fields | null = null;
  for (const line of lines) {
    if (line.trim() === '') {
      open = null;
      continue;
    }
    const field = /^([!-9;-~]+)[ \t]*:[ \t]*(.*?)[ \t]*$/.exec(line);
    if (field === null) continue;
    if (open === null) {
      open = [];
      blocks.push(open);
    }
    open.push([field[1] ?? '', field[2] ?? '']);
  }
  return blocks;
}

function fieldOf(fields: Fields, key: string): string | undefined {
  return fields.find(([name]) => name.toLowerCase() === key)?.[1];
}

function countsText({ newMessages, oldMessages, urgent }: MessageCounts): string {
  const all = `${newMessages}/${oldMessages}`;
  return urgent === undefined ? all : `${all} (${urgent.newMessages}/${urgent.oldMessages})`;
}

function readCounts(text: string): MessageCounts | null {
  const read = /^(\d{1,9})[ \t]*\/[ \t]*(\d{1,9})(?:[ \t]*\([ \t]*(\d{1,9})[ \t]*\/[ \t]*(\d{1,9})[ \t]*\))?$/.exec(
    text,
  );
  if (read === null) return null;
  const [, newMessages, oldMessages, urgentNew, urgentOld] = read;
  const counts = { newMessages: Number(newMessages), oldMessages: Number(oldMessages) };
  if (urgentNew === undefined) return counts;
  return { ...counts, urgent: { newMessages: Number(urgentNew), oldMessages: Number(urgentOld) } };
}

/** A line break in a value would begin a field of its own. */
function clean(text: string): string {
  return text.replace(/[\r\n\0]+/g, ' ');
}
