import { fault, type Parsed, parsed } from '../../base/errors.js';
import type { SipMessage } from '../message.js';
import { Params } from '../params.js';
import { DIGIT, Scanner } from '../parse/scanner.js';
import { deltaSeconds } from './delta-seconds.js';

/** RFC 4028 §4. */
export interface SessionExpires {
  readonly intervalS: number;
  /** Who refreshes, by the roles of the request that the field belongs to; undefined when nobody is named. */
  readonly refresher: 'uac' | 'uas' | undefined;
}

/** RFC 4028 §4; undefined when absent. Parameters that it does not know are passed over. */
export function sessionExpires(message: SipMessage): Parsed<SessionExpires | undefined, 'bad-number'> {
  return message.headers.cached('session-expires', () => {
    const read = seconds(message, 'session-expires');
    if (!read.ok || read.value === undefined) return read.ok ? parsed(undefined) : read;
    const refresher = read.value.params.get('refresher')?.toLowerCase();
    const named = refresher === 'uac' || refresher === 'uas' ? refresher : undefined;
    return parsed({ intervalS: read.value.valueS, refresher: named });
  });
}

/** RFC 4028 §5: the seconds of Min-SE; undefined when absent. */
export function minSessionExpires(message: SipMessage): Parsed<number | undefined, 'bad-number'> {
  return message.headers.cached('min-se', () => {
    const read = seconds(message, 'min-se');
    return read.ok ? parsed(read.value?.valueS) : read;
  });
}

export function serializeSessionExpires({ intervalS, refresher }: SessionExpires): string {
  return refresher === undefined ? `${intervalS}` : `${intervalS};refresher=${refresher}`;
}

function seconds(
  message: SipMessage,
  name: string,
): Parsed<{ readonly valueS: number; readonly params: Params } | undefined, 'bad-number'> {
  const text = message.headers.get(name);
  if (text === undefined) return parsed(undefined);
  const scanner = new Scanner(text);
  scanner.skipLws();
  const digits = scanner.run(DIGIT);
  const valueS = digits === '' ? undefined : deltaSeconds(digits);
  const params = new Params();
  return valueS !== undefined && scanner.params(params) && scanner.done
    ? parsed({ valueS, params })
    : fault('bad-number', scanner.at);
}
