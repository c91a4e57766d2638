import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as sip from '../../sip/index.js';
import { made, nastyText as some, readValue as value } from '../support/nasty-text.js';

/*
 * RFC 3261 §7.3.1, §25.1: whatever strings an application gives to a function of the door that writes text, either it is
 * refused with an UnwritableError or it reads back as what was given: no line break, quote or separator leaves its place.
 */

const uri = sip.sipUri({ user: 'bob', host: 'b.example' });

/** The message that carries the value between two others, as a peer reads it. */
function carried(name: string, value: string): sip.SipMessage {
  const request = sip.createRequest({
    method: 'INVITE',
    uri,
    from: sip.nameAddr(uri, { tag: '1' }),
    to: sip.nameAddr(uri),
    callId: 'c',
    cseq: { sequence: 1 },
    headers: [
      ['X-Before', 'kept'],
      [name, value],
      ['X-After', 'kept'],
    ],
  });
  request.via = [{ protocol: 'UDP', host: 'h', port: undefined, params: sip.Params.of({ branch: 'z9hG4bK1' }) }];
  const read = sip.parseMessage(sip.serializeMessage(request));
  if (!read.ok) throw new Error(`written, but cannot be read: ${read.fault}`);
  expect([...read.value.headers].map((field) => field.name)).toEqual(['X-Before', name, 'X-After']);
  return read.value;
}

const texts = (params: sip.Params | undefined): unknown => (params === undefined ? undefined : [...params]);
const first = <T>(read: { readonly ok: boolean; readonly value?: readonly T[] }): T | undefined => {
  expect(value(read)).toHaveLength(1);
  return value(read)?.[0];
};

interface Writer {
  /** Its field. */
  readonly name: string;
  readonly write: (a: string, b: string, c: string) => string;
  /** What of the read field has to equal `given`. */
  readonly read: (message: sip.SipMessage) => unknown;
  readonly given: (a: string, b: string, c: string) => unknown;
}

const lower = (text: string): string => text.toLowerCase();

/** By the name under which the door has it. */
const writers: Readonly<Record<string, Writer>> = {
  serializeNameAddr: {
    name: 'Contact',
    write: (a, b, c) => sip.serializeNameAddr(sip.nameAddr(uri, { x: a, [b]: '1' }, c)),
    read: (message) => {
      const found = value(sip.contacts(message))?.values;
      return [found?.length, found?.[0]?.displayName, texts(found?.[0]?.params)];
    },
    given: (a, b, c) => [1, c, texts(sip.Params.of({ x: a, [b]: '1' }))],
  },
  serializeReason: {
    name: 'Reason',
    write: (a, b) => sip.serializeReason({ protocol: a, text: b }),
    read: (message) => sip.reason(message),
    given: (a, b) => [{ protocol: a, text: b }],
  },
  serializeWarning: {
    name: 'Warning',
    write: (a, b) => sip.serializeWarning({ code: 399, agent: a, text: b }),
    read: (message) => first(sip.warnings(message)),
    given: (a, b) => ({ code: 399, agent: a, text: b }),
  },
  warningHeader: {
    name: 'Warning',
    write: (a, b) => sip.warningHeader(399, a, b)[1],
    read: (message) => first(sip.warnings(message))?.text,
    given: (_a, b) => b,
  },
  serializeDialogReference: {
    name: 'Replaces',
    write: (a, b, c) => sip.serializeDialogReference({ callId: a, toTag: b, fromTag: c, earlyOnly: false }),
    read: (message) => value(sip.replaces(message)),
    given: (a, b, c) => ({ callId: a, toTag: b, fromTag: c, earlyOnly: false }),
  },
  serializeEvent: {
    name: 'Event',
    write: (a, b) => sip.serializeEvent(sip.eventValue(a, { id: b })),
    read: (message) => {
      const event = value(sip.parseEvent(message));
      return [event?.name, event?.id];
    },
    given: (a, b) => [a, b],
  },
  serializeSubscriptionState: {
    name: 'Subscription-State',
    write: (a, b) =>
      sip.serializeSubscriptionState({ state: a, reason: b, expiresS: undefined, retryAfterS: undefined }),
    read: (message) => {
      const state = value(sip.parseSubscriptionState(message));
      return [state?.state, state?.reason];
    },
    given: (a, b) => [lower(a), lower(b)],
  },
  serializeMediaType: {
    name: 'Content-Type',
    write: (a, b) => sip.serializeMediaType({ type: a, params: sip.Params.of({ x: b }) }),
    read: (message) => {
      const type = value(sip.contentType(message));
      return [type?.type, texts(type?.params)];
    },
    given: (a, b) => [lower(a), [['x', b]]],
  },
  serializeContentDisposition: {
    name: 'Content-Disposition',
    write: (a, b) => sip.serializeContentDisposition({ type: a, params: sip.Params.of({ x: b }) }),
    read: (message) => {
      const found = value(sip.contentDisposition(message));
      return [found?.type, texts(found?.params)];
    },
    given: (a, b) => [lower(a), [['x', b]]],
  },
  serializeContactPreference: {
    name: 'Accept-Contact',
    write: (a, b) => sip.serializeContactPreference({ features: { [a]: b } }),
    read: (message) => texts(first(sip.acceptContacts(message))?.params),
    given: (a, b) => [[a, b]],
  },
  serializeDiversion: {
    name: 'Diversion',
    write: (a, b, c) => sip.serializeDiversion({ uri, displayName: a, reason: b, privacy: c }),
    read: (message) => {
      const found = first(sip.diversions(message));
      return [found?.address.displayName, found?.reason];
    },
    given: (a, b) => [a, lower(b)],
  },
  serializeHistoryEntry: {
    name: 'History-Info',
    write: (a, b, c) =>
      sip.serializeHistoryEntry({ uri, displayName: a, index: [1], reason: [{ protocol: b, text: c }] }),
    read: (message) => {
      const found = first(sip.historyInfo(message));
      return [found?.address.displayName, found?.reason];
    },
    given: (a, b, c) => [a, [{ protocol: b, text: c }]],
  },
  serializeRemotePartyId: {
    name: 'Remote-Party-ID',
    write: (a) => sip.serializeRemotePartyId({ uri, displayName: a, party: 'calling' }),
    read: (message) => first(sip.remotePartyIds(message))?.address.displayName,
    given: (a) => a,
  },
  serializePrivacy: {
    name: 'Privacy',
    write: (a, b) => sip.serializePrivacy([a, b]),
    read: (message) => sip.privacy(message),
    given: (a, b) => [lower(a), lower(b)],
  },
  serializeInReplyTo: {
    name: 'In-Reply-To',
    write: (a, b) => sip.serializeInReplyTo([a, b]),
    read: (message) => value(sip.inReplyTo(message)),
    given: (a, b) => [a, b],
  },
  serializeContentLanguages: {
    name: 'Content-Language',
    write: (a, b) => sip.serializeContentLanguages([a, b]),
    read: (message) => value(sip.contentLanguages(message)),
    given: (a, b) => [lower(a), lower(b)],
  },
  serializeContentId: {
    name: 'Content-ID',
    write: (a) => sip.serializeContentId(a),
    read: (message) => value(sip.contentId(message)),
    given: (a) => a,
  },
  serializeInfo: {
    name: 'Call-Info',
    write: (a, b) => sip.serializeInfo(uri, sip.Params.of({ purpose: a, [b]: null })),
    read: (message) => texts(first(sip.callInfo(message))?.params),
    given: (a, b) => texts(sip.Params.of({ purpose: a, [b]: null })),
  },
  serializeRetryAfter: {
    name: 'Retry-After',
    write: (a) => sip.serializeRetryAfter({ seconds: 5, comment: a }),
    read: (message) => value(sip.retryAfterValue(message))?.comment,
    given: (a) => a,
  },
  serializeUserToUser: {
    name: 'User-to-User',
    write: (a, b, c) => sip.serializeUserToUser({ data: a, purpose: b, content: c }),
    read: (message) => {
      const found = first(sip.userToUser(message));
      return [found?.data, found?.purpose, found?.content];
    },
    given: (a, b, c) => [a, lower(b), c],
  },
  serializeAuthorization: {
    name: 'Authorization',
    write: (a, b, c) =>
      sip.serializeAuthorization({ ...digest, username: a, realm: b, opaque: c, uri: 'sip:h', response: 'r' }),
    read: (message) => {
      const found = value(sip.parseAuthorization(message.headers.get('authorization') ?? ''));
      return [found?.username, found?.realm, found?.opaque, found?.response];
    },
    given: (a, b, c) => [...[a, b, c].map(spaced), 'r'],
  },
  serializeChallenge: {
    name: 'WWW-Authenticate',
    write: (a, b, c) =>
      sip.serializeChallenge({ realm: a, nonce: b, opaque: c, algorithm: 'MD5', qop: ['auth'], stale: false }),
    read: (message) => {
      const found = value(sip.parseChallenge(message.headers.get('www-authenticate') ?? ''));
      return [found?.realm, found?.nonce, found?.opaque, found?.stale];
    },
    given: (a, b, c) => [...[a, b, c].map(spaced), false],
  },
  serializeUriHeaders: {
    name: 'Refer-To',
    write: (a, b) =>
      sip.serializeNameAddr(
        sip.nameAddr(
          sip.withUriHeaders(uri, [
            ['Replaces', a],
            ['Subject', b],
          ]),
        ),
      ),
    read: (message) => {
      const read = value(sip.parseNameAddr(message.headers.get('refer-to') ?? ''));
      return read === undefined || !('headers' in read.uri) ? null : sip.uriHeaders(read.uri);
    },
    given: (a, b) => [
      ['Replaces', wellFormed(a)],
      ['Subject', wellFormed(b)],
    ],
  },
};

const digest = { nonce: 'n', algorithm: 'MD5', qop: undefined, nc: undefined, cnonce: undefined } as const;

/** Credentials are a peer's secret: what cannot stand in quotes is a blank, and does not verify. */
function spaced(text: string): string {
  return text.replace(/[\r\n]+/g, ' ');
}

/** Escapes are of UTF-8, which half a character is not. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString();
}

/** No string goes into them: numbers, words of a fixed list, parts that were checked. */
const withoutStrings = [
  ...[
    'serializeCSeq',
    'serializeRequestDisposition',
    'serializeSipDate',
    'serializeSessionExpires',
    'serializeTimestamp',
  ],
  // Bodies and whole messages: below.
  ...['serializeDtmfInfo', 'serializeMultipart', 'serializePart', 'serializeSipFrag', 'serializeMessage'],
  // By the URIs of test/sip/headers/writable.test.ts, and by the transport layer's own check of a sent-by.
  ...['serializeUri', 'serializeVia'],
];

describe('RFC 3261 §25.1 whatever strings an application gives, they read back or were refused', () => {
  test('every function of the door that writes a field is here', () => {
    const named = Object.keys(sip).filter((name) => /^serialize|^warningHeader$/.test(name));
    expect([...Object.keys(writers), ...withoutStrings].sort()).toEqual(named.sort());
  });

  test.each(Object.keys(writers))('%s', (name) => {
    const { write, read, given, name: field } = writers[name]!;
    let written = 0;
    fc.assert(
      fc.property(some, some, some, (a, b, c) => {
        const text = made(() => write(a, b, c));
        const message = text === null ? null : made(() => carried(field, text));
        if (message === null) return;
        written += 1;
        expect(read(message)).toEqual(given(a, b, c));
      }),
      { numRuns: 1500 },
    );
    expect(written).toBeGreaterThan(20);
  });
});
