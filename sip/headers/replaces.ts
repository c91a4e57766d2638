import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { Scanner } from '../parse/scanner.js';
import { checkCallId, checkToken, UnwritableError } from './writable.js';

/**
 * The dialog that an INVITE is to take the place of (Replaces, RFC 3891 §6.1) or to join (Join, RFC 3911 §7.1), seen
 * from the user agent that gets the INVITE: `toTag` is its own.
 */
export interface DialogReference {
  readonly callId: string;
  readonly toTag: string;
  readonly fromTag: string;
  /** RFC 3891 §3: only while it is early. */
  readonly earlyOnly: boolean;
}

/** RFC 3891 §6.1; undefined when absent. More than one is a fault (§3). */
export function replaces(message: SipMessage): Parsed<DialogReference | undefined, 'bad-reference'> {
  return message.headers.cached('replaces', () => readOnly(message.headers.all('replaces')));
}

/** RFC 3911 §7.1; undefined when absent. More than one is a fault (§4). */
export function join(message: SipMessage): Parsed<DialogReference | undefined, 'bad-reference'> {
  return message.headers.cached('join', () => readOnly(message.headers.all('join')));
}

/** The value of either field; the one of Refer-To's URI headers too. */
export function parseDialogReference(text: string): Parsed<DialogReference, 'bad-reference'> {
  const end = text.indexOf(';');
  const callId = (end < 0 ? text : text.slice(0, end)).trim();
  const scanner = new Scanner(end < 0 ? '' : text.slice(end));
  const params = new Params();
  if (!/^[^\s,;]+$/.test(callId) || !scanner.params(params) || !scanner.done) return fault('bad-reference', scanner.at);
  const toTag = params.get('to-tag');
  const fromTag = params.get('from-tag');
  if (!toTag || !fromTag) return fault('bad-reference');
  return parsed({ callId, toTag, fromTag, earlyOnly: params.has('early-only') });
}

/** Throws an UnwritableError for a Call-ID or tag that would read as another dialog's. */
export function serializeDialogReference({ callId, toTag, fromTag, earlyOnly }: DialogReference): string {
  checkCallId(callId);
  if (/[,;]/.test(callId)) throw new UnwritableError('Call-ID', 'must not have a comma or semicolon here');
  checkToken('to-tag', toTag);
  checkToken('from-tag', fromTag);
  return `${callId};to-tag=${toTag};from-tag=${fromTag}${earlyOnly ? ';early-only' : ''}`;
}

/**
 * The reference by which the peer of a dialog of ours finds it: what an attended transfer puts into its Refer-To.
 * @param dialogId  the `dialogId` of a session's progress or answer
 */
export function referenceForPeer(dialogId: string, earlyOnly = false): DialogReference {
  const [callId = '', localTag = '', remoteTag = ''] = dialogId.split(' ');
  return { callId, toTag: remoteTag, fromTag: localTag, earlyOnly };
}

function readOnly(values: readonly string[]): Parsed<DialogReference | undefined, 'bad-reference'> {
  const [value, ...more] = values;
  if (value === undefined) return parsed(undefined);
  return more.length > 0 ? fault('bad-reference') : parseDialogReference(value);
}
