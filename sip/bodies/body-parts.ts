import { type Parsed, parsed } from '../../base/errors.js';
import type { MediaType } from '../headers/media-type.js';
import type { SipMessage } from '../message.js';
import { type BodyPart, isMultipart, type MultipartFault, parseMultipart, partOf } from './multipart.js';

const NO_PARTS: readonly BodyPart[] = [];

/**
 * The body of a message as parts: those of a multipart, or the one that any other body is; none when it is empty
 * (RFC 5621 §3). Read once for each body.
 */
export function bodyParts(message: SipMessage): Parsed<readonly BodyPart[], MultipartFault> {
  const { headers, body } = message;
  if (body.length === 0) return parsed(NO_PARTS);
  const read = headers.cached('body parts', () => ({ body, parts: readBody(message) }));
  // The body may have been replaced since, by whoever writes the message.
  return read.body === body ? read.parts : readBody(message);
}

function readBody({ headers, body }: SipMessage): Parsed<readonly BodyPart[], MultipartFault> {
  const whole = partOf(headers, body, body);
  if (!whole.ok) return whole;
  return isMultipart(whole.value.contentType) ? parseMultipart(body, whole.value.contentType) : parsed([whole.value]);
}

/** What a search may look at: of a multipart/signed only what is signed (RFC 1847 §2.1). */
function insides(part: BodyPart): readonly BodyPart[] {
  return part.contentType.type === 'multipart/signed' ? part.parts.slice(0, 1) : part.parts;
}

function* leaves(parts: readonly BodyPart[], whole: MediaType | null): Generator<BodyPart> {
  // RFC 2046 §5.1.4: the best of alternatives stands last.
  const ordered = whole?.type === 'multipart/alternative' ? [...parts].reverse() : parts;
  for (const part of ordered) {
    if (isMultipart(part.contentType)) yield* leaves(insides(part), part.contentType);
    else yield part;
  }
}

/** Every part that is no multipart itself, the preferred alternatives first. Empty when the body cannot be read. */
export function leafParts(message: SipMessage): readonly BodyPart[] {
  const whole = wholePart(message);
  if (!whole.ok) return NO_PARTS;
  const { contentType } = whole.value;
  if (!isMultipart(contentType)) return whole.value.body.length === 0 ? NO_PARTS : [whole.value];
  return [...leaves(insides(whole.value), contentType)];
}

/** The body as one part, those of a multipart inside it. */
export function wholePart(message: SipMessage): Parsed<BodyPart, MultipartFault> {
  const whole = partOf(message.headers, message.body, message.body);
  if (!whole.ok || !isMultipart(whole.value.contentType)) return whole;
  const parts = bodyParts(message);
  return parts.ok ? parsed({ ...whole.value, parts: parts.value }) : parts;
}

/** The first part of that type (`type/subtype`, lower-case), at any depth. */
export function findPart(message: SipMessage, type: string): BodyPart | undefined {
  return leafParts(message).find(({ contentType }) => contentType.type === type);
}

/**
 * The session description of a message, or null: the body itself, or the part of a multipart whose disposition is
 * `session` (RFC 5621 §3.1, RFC 3261 §13.2.1). Whoever reads an offer or answer out of a message asks here.
 */
export function sessionBody(message: SipMessage): Buffer | null {
  const { headers, body } = message;
  if (body.length === 0) return null;
  const written = headers.get('content-type');
  // A body of another type has been refused before, or was sent in a response, where nobody can refuse it.
  if (written === undefined || !/^\s*multipart\//i.test(written)) return body;
  const part = leafParts(message).find(
    ({ contentType, disposition }) => contentType.type === 'application/sdp' && disposition.type === 'session',
  );
  return part === undefined || part.body.length === 0 ? null : part.body;
}

/**
 * Whether every part of the body that has to be understood is (RFC 5621 §8, RFC 3261 §20.11): if not, the request gets
 * 415. Of alternatives one that is understood is enough. `accepted`: types, lower-case.
 */
export function understandsBody(message: SipMessage, accepted: readonly string[]): Parsed<boolean, MultipartFault> {
  const whole = wholePart(message);
  return whole.ok ? parsed(isUnderstood(whole.value, accepted)) : whole;
}

function isUnderstood(part: BodyPart, accepted: readonly string[]): boolean {
  const { type } = part.contentType;
  if (!isMultipart(part.contentType)) return accepted.includes(type) && !isEncoded(part);
  if (type === 'multipart/alternative') return part.parts.some((one) => isUnderstood(one, accepted));
  return insides(part).every((one) => one.disposition.handling === 'optional' || isUnderstood(one, accepted));
}

/** RFC 3261 §20.12: no content coding is known here. */
function isEncoded({ headers }: BodyPart): boolean {
  const encoding = headers.get('content-encoding');
  return encoding !== undefined && encoding.toLowerCase() !== 'identity';
}
