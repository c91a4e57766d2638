import type { SipMessage } from '../message.js';
import { decodeEscapes, escaped, type OtherUri, type Uri } from '../uri.js';
import { leafParts } from './body-parts.js';
import type { BodyPart } from './multipart.js';

const unsafe = /[^A-Za-z0-9\-_.!~*'()@$+]/;

/** The `cid:` URI of a Content-ID (without its brackets): RFC 2392 §2. */
export function cidUri(contentId: string): OtherUri {
  return { scheme: 'other', name: 'cid', rest: escaped(contentId, unsafe) };
}

/** The Content-ID that a `cid:` URI names; null for another URI. */
export function contentIdOf(uri: Uri): string | null {
  return uri.scheme === 'other' && uri.name === 'cid' ? decodeEscapes(uri.rest) : null;
}

/** The part that a `cid:` URI names (RFC 8262 §3: it may be the whole body); undefined when it is not there. */
export function partOfCid(message: SipMessage, uri: Uri): BodyPart | undefined {
  const id = contentIdOf(uri);
  return id === null ? undefined : leafParts(message).find(({ headers }) => headers.get('content-id') === `<${id}>`);
}
