import type { HeaderList } from '../build.js';
import type { NameAddr } from '../header-values.js';
import { writeAddress } from '../headers/written.js';
import type { SipResponse } from '../message.js';
import type { Uri } from '../uri.js';
import { checkWritten } from './checked-options.js';
import type { UaContext } from './context.js';
import { DigestClient } from './digest-client.js';
import { ReferCarrier } from './refer-carrier.js';
import { Transfer } from './transfer.js';
import type { CredentialsSource, OutOfDialogRequest, Session } from './types.js';

interface ReferCommon {
  /** Whom to refer to; its URI may name a `method` and carry headers (`withUriHeaders` for Replaces). */
  readonly referTo: NameAddr;
  /** RFC 3892 §3: who refers. */
  readonly referredBy?: NameAddr | undefined;
  /** RFC 4488: false asks for no NOTIFYs; the recipient may send them all the same. True unless told. */
  readonly notify?: boolean | undefined;
  readonly headers?: HeaderList | undefined;
  readonly credentials?: CredentialsSource | undefined;
  /** How long to wait for the final news after the REFER was taken; 120 000 unless told. */
  readonly timeoutMs?: number | undefined;
}

/** In the dialog of a session: the transfer of a call. */
export interface SessionRefer extends ReferCommon {
  readonly session: Session;
}

/** Outside dialogs. */
export interface FreeRefer extends ReferCommon {
  readonly session?: undefined;
  readonly uri: Uri;
  readonly target?: OutOfDialogRequest['target'];
  readonly sendTo?: OutOfDialogRequest['sendTo'];
  readonly route?: OutOfDialogRequest['route'];
  /** The tag is added. */
  readonly from: NameAddr;
  readonly to?: NameAddr | undefined;
  readonly contactUser?: string | undefined;
}

export type ReferOptions = SessionRefer | FreeRefer;

/**
 * What came of a REFER, exactly one of them.
 * `succeeded`, `failed`: the recipient said so in its final news. `refused`: the final response to the REFER; a 408 or
 * 503 may be made here, and a 481 without a response means that the session has no dialog. `accepted`: taken, and nothing more will be told (Refer-Sub: false). `unknown`: it was taken,
 * and what came of it was never said: no NOTIFY within Timer N (`no-notify`), no final one within `timeoutMs`
 * (`timeout`), the subscription ended before it (`no-final`), the session ended and nothing came after it
 * (`session-ended`), or the user agent was closed (`closed`).
 */
export type ReferResult =
  | { readonly outcome: 'succeeded' | 'failed'; readonly statusCode: number; readonly reasonPhrase: string }
  | { readonly outcome: 'refused'; readonly statusCode: number; readonly response: SipResponse | null }
  | { readonly outcome: 'accepted' }
  | {
      readonly outcome: 'unknown';
      readonly cause: 'no-notify' | 'timeout' | 'no-final' | 'session-ended' | 'closed';
      /** The last provisional status that was told. */
      readonly statusCode: number | undefined;
    };

export interface ReferHandlers {
  /** The REFER was taken: 2xx. */
  onAccepted?(response: SipResponse): void;
  /** News on the way: 100, 180, … */
  onProgress?(statusCode: number, reasonPhrase: string): void;
}

/** A REFER of ours. A session that was transferred is not ended by it: end it when `result` says so. */
export interface SentRefer {
  readonly state: 'referring' | 'accepted' | 'ended';
  /** Never rejects. */
  readonly result: Promise<ReferResult>;
}

/**
 * Sends a REFER and follows its implicit subscription to the end: RFC 3515 §2.4, §4. Throws an UnwritableError for a
 * Refer-To that cannot be written. The Subscriber of the user agent, not used by it, is what makes Allow name NOTIFY.
 */
export function refer(context: UaContext, options: ReferOptions, handlers: ReferHandlers = {}): SentRefer {
  const { referTo, referredBy, notify = true, headers = [], credentials, timeoutMs = 120_000 } = options;
  const sent: HeaderList = [
    ['Refer-To', writeAddress('Refer-To', referTo)],
    ...(referredBy === undefined ? [] : [['Referred-By', writeAddress('Referred-By', referredBy)] as const]),
    ...(notify
      ? []
      : ([
          ['Refer-Sub', 'false'],
          ['Supported', 'norefersub'],
        ] as const)),
    ...headers,
  ];
  checkWritten({ ...(options.session === undefined ? options : {}), headers: sent });
  const digest = credentials === undefined ? null : new DigestClient(credentials, context.random);
  const transfer = new Transfer({ context, digest, headers: sent, timeoutMs, handlers });
  if (options.session !== undefined) transfer.startIn(options.session.dialog);
  else transfer.startFree(new ReferCarrier(context, options));
  return transfer;
}
