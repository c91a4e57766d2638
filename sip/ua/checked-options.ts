import { checkParts, type HeaderList } from '../build.js';
import type { NameAddr } from '../header-values.js';
import { checkCallId, checkedValue, checkMethod, checkNameAddr, checkToken, checkUri } from '../headers/writable.js';
import { writeAddress } from '../headers/written.js';
import type { Uri } from '../uri.js';

/** What an application may put into a request of its own, as far as it becomes text. */
export interface WrittenOptions {
  readonly method?: string | undefined;
  readonly uri?: Uri | undefined;
  readonly from?: NameAddr | undefined;
  readonly to?: NameAddr | undefined;
  readonly route?: readonly NameAddr[] | undefined;
  readonly callId?: string | undefined;
  readonly contact?: string | NameAddr | undefined;
  readonly headers?: HeaderList | undefined;
  readonly contentType?: string | undefined;
  readonly reasonPhrase?: string | undefined;
}

/**
 * Throws an UnwritableError for strings that a message could not carry (RFC 3261 §7.3.1): for what keeps its options and
 * writes them later, from a timer or an answer of the peer, where nobody could catch it. Nothing has changed by then.
 */
export function checkWritten(options: WrittenOptions): void {
  const { method, uri, from, to, route = [], callId, contact, contentType } = options;
  if (method !== undefined) checkMethod(method);
  if (uri !== undefined) checkUri('Request-URI', uri);
  if (from !== undefined) checkNameAddr('From', from);
  if (to !== undefined) checkNameAddr('To', to);
  for (const hop of route) checkNameAddr('Route', hop);
  if (callId !== undefined) checkCallId(callId);
  if (typeof contact === 'string') checkedValue('Contact', contact);
  else if (contact !== undefined) writeAddress('Contact', contact);
  if (contentType !== undefined) checkedValue('Content-Type', contentType);
  checkParts(options);
}

/** The same for words of a comma list: methods, option tags, packages. */
export function checkTokens(field: string, words: readonly string[] | undefined): void {
  for (const word of words ?? []) checkToken(field, word);
}
