import fc from 'fast-check';
import { parseAuthorization, parseChallenges } from '../../sip/auth/digest.js';
import { leafParts, sessionBody, understandsBody, wholePart } from '../../sip/bodies/body-parts.js';
import { createResponse } from '../../sip/build.js';
import { detachNameAddr } from '../../sip/header-values.js';
import * as accept from '../../sip/headers/accept.js';
import { authenticationInfo } from '../../sip/headers/authentication-info.js';
import { acceptContacts, rejectContacts, requestDisposition } from '../../sip/headers/caller-preferences.js';
import { matchContacts } from '../../sip/headers/contact-matching.js';
import { contentDisposition } from '../../sip/headers/content-disposition.js';
import { date } from '../../sip/headers/date.js';
import { diversions } from '../../sip/headers/diversion.js';
import { parseEvent, parseSubscriptionState } from '../../sip/headers/event.js';
import { historyInfo } from '../../sip/headers/history-info.js';
import { assertedIdentities, preferredIdentities, privacy, remotePartyIds } from '../../sip/headers/identity.js';
import { identityTokens, passportOf } from '../../sip/headers/identity-token.js';
import * as information from '../../sip/headers/information.js';
import { reason } from '../../sip/headers/reason.js';
import { join, replaces } from '../../sip/headers/replaces.js';
import { retryAfterValue } from '../../sip/headers/retry-after.js';
import { minSessionExpires, sessionExpires } from '../../sip/headers/session-expires.js';
import { userToUser, userToUserBytes } from '../../sip/headers/user-to-user.js';
import { warnings } from '../../sip/headers/warning.js';
import * as headers from '../../sip/headers.js';
import { imUri } from '../../sip/im-uri.js';
import type { SipMessage } from '../../sip/message.js';
import { parseMessage } from '../../sip/parse/message.js';
import { type FramerEvent, StreamFramer } from '../../sip/parse/stream.js';
import { serializeMessage } from '../../sip/serialize.js';
import { sipToTel, telNumber } from '../../sip/tel-uri.js';
import { mergeKey, serverKey, statelessTag } from '../../sip/transaction/keys.js';
import { malformedAnswer } from '../../sip/transport/malformed.js';
import { noteSource } from '../../sip/transport/via.js';
import { serializeUri, type Uri, uriEquals } from '../../sip/uri.js';
import { uriHeaders } from '../../sip/uri-headers.js';
import { tortureMessages } from '../fixtures/rfc4475/messages.js';
import { ipv6TortureMessages } from '../fixtures/rfc5118/messages.js';
import { anyMessage } from '../support/sip-arbitraries.js';
import { type FuzzTarget, must } from './target.js';

/** What is written may be longer than what was read. */
const wide = { maxBytes: 1e6, maxHeaders: 1e4, maxLineBytes: 1e6, maxHops: 1e4, maxUriLength: 1e6 };
const source = { address: '192.0.2.9', port: 5060 };

/** Messages of the RFCs, and such as our own types can say. */
function messageSeeds(): Buffer[] {
  const drawn = fc.sample(anyMessage, { numRuns: 40, seed: 4475 }).map((each) => serializeMessage(each));
  return [...[...tortureMessages, ...ipv6TortureMessages].map(({ bytes }) => bytes), ...drawn];
}

/** Everything in sip/headers that reads a message. */
const readers: readonly ((message: SipMessage) => unknown)[] = [
  headers.contacts,
  headers.recordRoutes,
  headers.paths,
  headers.expires,
  headers.minExpires,
  headers.retryAfter,
  headers.contentType,
  ...['Require', 'Supported', 'Allow', 'Accept', 'Content-Encoding', 'Allow-Events'].map(
    (name) => (message: SipMessage) => headers.tokens(message, name),
  ),
  accept.acceptedTypes,
  accept.acceptedEncodings,
  accept.acceptedLanguages,
  ...[authenticationInfo, acceptContacts, rejectContacts, requestDisposition, contentDisposition, date, diversions],
  ...[
    parseEvent,
    parseSubscriptionState,
    historyInfo,
    assertedIdentities,
    preferredIdentities,
    privacy,
    remotePartyIds,
  ],
  ...[
    information.alertInfo,
    information.callInfo,
    information.errorInfo,
    information.geolocation,
    information.inReplyTo,
  ],
  ...[information.priority, information.mimeVersion, information.contentLanguages, information.contentId],
  ...[information.timestamp, information.accessNetworkInfo, reason, join, replaces, retryAfterValue],
  ...[minSessionExpires, sessionExpires, warnings, wholePart, leafParts, sessionBody],
  (message) => understandsBody(message, ['application/sdp']),
  (message) => {
    const read = identityTokens(message);
    return read.ok && read.value.map(passportOf);
  },
  (message) => {
    const read = userToUser(message);
    return read.ok && read.value.map(userToUserBytes);
  },
  (message) => {
    for (const { value } of message.headers) {
      parseAuthorization(value);
      parseChallenges(value);
    }
  },
];

function readUri(uri: Uri): void {
  must(uriEquals(uri, uri), 'a URI equals itself');
  if (uri.scheme === 'tel') telNumber(uri);
  sipToTel(uri);
  imUri(uri);
  uriHeaders(uri);
}

/** Whatever a message says, every reader returns. */
export function readAll(message: SipMessage): void {
  for (const read of readers) read(message);
  for (const address of [message.from, message.to]) {
    readUri(address.uri);
    must(serializeUri(detachNameAddr(address).uri) === serializeUri(address.uri), 'a detached address is the same');
  }
  if (message.kind !== 'request') return;
  readUri(message.uri);
  const named = headers.contacts(message);
  if (named.ok) matchContacts(message, named.value.values);
}

/** Never throws; what it takes can be written, and reads back as the same; every field of it can be read. */
const message: FuzzTarget = {
  name: 'message',
  seeds: messageSeeds,
  run(data) {
    const result = parseMessage(data);
    if (!result.ok) {
      const readable = result.partial ?? result.remains;
      if (readable === undefined) return;
      const answer = malformedAnswer(result.fault, readable, source);
      const bytes = answer.kind === 'bytes' ? answer.data : serializeMessage(answer.response);
      const lines = bytes.toString().split('\r\n');
      must(
        lines.slice(1, -2).every((line) => /^(?:Via|From|To|Call-ID|CSeq|Content-Length): [^\r\n]*$/s.test(line)),
        `an answer has the five fields alone: ${lines.join('|')}`,
      );
      return;
    }
    const written = serializeMessage(result.value);
    const again = parseMessage(written, wide);
    must(again.ok, `what was read can be written and read: ${again.ok ? '' : again.fault}`);
    if (again.ok) must(serializeMessage(again.value).equals(written), 'and is the same then');
    readAll(result.value);
    if (result.value.kind === 'response') return;
    const { value } = result;
    must(
      statelessTag(serverKey(value), 1).length === 16 && serverKey(value) !== '' && mergeKey(value) !== '',
      'it has its keys',
    );
    noteSource(value, source);
    const answer = parseMessage(
      serializeMessage(createResponse(value, 200, { toTag: 't', copyRecordRoute: true })),
      wide,
    );
    must(answer.ok && answer.value.callId === value.callId, 'it can be answered');
  },
};

/** What the events say. Line ends at the end do not count: a third of a ping may still be a ping. */
function signs(events: readonly FramerEvent[]): string[] {
  const all = events.flatMap((event) => {
    if (event.type === 'message') return [serializeMessage(event.message).toString('latin1')];
    // What is one ping in one chunk may be two answers in two.
    if (event.type === 'keep-alive-request') return ['pong', 'pong'];
    if (event.type === 'keep-alive-response') return ['pong'];
    // Which of two limits is passed first is a matter of chunks.
    const fault = event.fault === 'line-too-long' ? 'too-large' : event.fault;
    return [`${fault} ${event.fatal} ${event.partial?.callId} ${event.remains?.method}`];
  });
  while (all.at(-1) === 'pong') all.pop();
  return all;
}

/** Never throws, holds no more than one message, and does not care how the bytes are cut. */
const stream: FuzzTarget = {
  name: 'stream',
  seeds: () => {
    const seeds = messageSeeds();
    const ping = Buffer.from('\r\n\r\n');
    return [...seeds, ...seeds.slice(0, 20).map((seed, i) => Buffer.concat([seed, ping, seeds[i + 1]!]))];
  },
  run(data) {
    const whole = new StreamFramer();
    const once = signs(whole.push(Buffer.from(data)));
    const step = 1 + ((data[0] ?? 0) % 97);
    const framer = new StreamFramer();
    const cut: FramerEvent[] = [];
    for (let at = 0; at < data.length; at += step) cut.push(...framer.push(Buffer.from(data.subarray(at, at + step))));
    const pieces = signs(cut);
    must(once.join('\n') === pieces.join('\n'), `in pieces of ${step}: ${once.join('|')} and ${pieces.join('|')}`);
    must(whole.incomplete === framer.incomplete || once.length === 0, 'both wait for more, or none');
  },
};

export const messageTargets: readonly FuzzTarget[] = [message, stream];
