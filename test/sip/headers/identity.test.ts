import { describe, expect, test } from 'vitest';
import { serializeNameAddr } from '../../../sip/header-values.js';
import { diversionCount, diversions, serializeDiversion } from '../../../sip/headers/diversion.js';
import { childIndex, historyInfo, serializeHistoryEntry } from '../../../sip/headers/history-info.js';
import {
  assertedIdentities,
  preferredIdentities,
  privacy,
  remotePartyIds,
  serializePrivacy,
  serializeRemotePartyId,
} from '../../../sip/headers/identity.js';
import { identityTokens, passportOf } from '../../../sip/headers/identity-token.js';
import { parseUri, serializeUri, sipUri } from '../../../sip/uri.js';
import { requestWith, responseWith, valueIn } from '../../support/message-with.js';

test('RFC 3325 §9.1 P-Asserted-Identity: a sip and a tel URI, over lines or commas', () => {
  const message = requestWith(
    'P-Asserted-Identity: "Cullen Jennings" <sip:fluffy@cisco.com>\nP-Asserted-Identity: tel:+14085264000',
  );
  const read = valueIn(assertedIdentities(message));
  expect(read.map(({ displayName, uri }) => [displayName, serializeUri(uri)])).toEqual([
    ['Cullen Jennings', 'sip:fluffy@cisco.com'],
    [undefined, 'tel:+14085264000'],
  ]);
  expect(assertedIdentities(message)).toBe(assertedIdentities(message));
  expect(valueIn(assertedIdentities(requestWith('X: y')))).toEqual([]);
  expect(assertedIdentities(requestWith('P-Asserted-Identity: <sip:>'))).toMatchObject({
    ok: false,
    fault: 'bad-value',
  });
});

test('RFC 3325 §9.2 P-Preferred-Identity', () => {
  const read = valueIn(preferredIdentities(requestWith('P-Preferred-Identity: "C" <sip:fluffy@cisco.com>')));
  expect(read.map(serializeNameAddr)).toEqual(['"C" <sip:fluffy@cisco.com>']);
});

describe('Remote-Party-ID of draft-ietf-sip-privacy-04', () => {
  test('party, screen and privacy, with their defaults; unknown parameters stay', () => {
    const [full, bare] = valueIn(
      remotePartyIds(
        requestWith(
          'Remote-Party-ID: "John Doe" <sip:jdoe@foo.com>;party=called;screen=yes;privacy=full;x=1, <sip:b@foo.com>',
        ),
      ),
    );
    expect(full).toMatchObject({ party: 'called', screen: 'yes', privacy: ['full'] });
    expect(full?.address.params.get('x')).toBe('1');
    expect(bare).toMatchObject({ party: 'calling', screen: 'no', privacy: [] });
    const inResponse = valueIn(remotePartyIds(responseWith('Remote-Party-ID: <sip:b@foo.com>;privacy=name-uri')));
    expect(inResponse[0]).toMatchObject({ party: 'called', privacy: ['name', 'uri'] });
  });

  test('written', () => {
    const uri = sipUri({ user: 'jdoe', host: 'foo.com' });
    expect(serializeRemotePartyId({ uri, displayName: 'J "D"', party: 'calling', screen: 'yes', privacy: 'off' })).toBe(
      '"J \\"D\\"" <sip:jdoe@foo.com>;party=calling;screen=yes;privacy=off',
    );
  });
});

test('RFC 3323 §4.2 Privacy: values between semicolons, `id` of RFC 3325 §9.3 and `history` of RFC 7044 §10.1 too', () => {
  expect(privacy(requestWith('Privacy: ID; header ;critical\nPrivacy: history'))).toEqual([
    'id',
    'header',
    'critical',
    'history',
  ]);
  expect(privacy(requestWith('X: y'))).toEqual([]);
  expect(serializePrivacy(['id', 'critical'])).toBe('id;critical');
  expect(() => serializePrivacy(['id;none'])).toThrow('token');
});

describe('RFC 5806 §4 Diversion', () => {
  test('reason and counter, the latest first', () => {
    const read = valueIn(
      diversions(
        requestWith(`Diversion: <tel:+19195551002>;reason=no-answer;counter=2;privacy=full;screen=yes
Diversion: "Bob" <sip:bob@example.com>;Reason="user-busy", <sip:carol@example.com>`),
      ),
    );
    expect(read.map(({ reason, counter }) => [reason, counter])).toEqual([
      ['no-answer', 2],
      ['user-busy', 1],
      ['unknown', 1],
    ]);
    expect(read[0]).toMatchObject({ privacy: 'full', screen: 'yes', limit: undefined });
    expect(diversionCount(read)).toBe(4);
  });

  test('written and read back', () => {
    const uri = sipUri({ user: 'bob', host: 'example.com' });
    const text = serializeDiversion({ uri, displayName: 'Bob', reason: 'unconditional', counter: 3, limit: 5 });
    expect(text).toBe('"Bob" <sip:bob@example.com>;reason=unconditional;counter=3;limit=5');
    expect(valueIn(diversions(requestWith(`Diversion: ${text}`)))[0]).toMatchObject({
      reason: 'unconditional',
      counter: 3,
      limit: 5,
    });
  });
});

describe('RFC 7044 §5 History-Info', () => {
  test('index, mechanism, and the Reason and Privacy in the URI', () => {
    // Of the example in §11.1.
    const read = valueIn(
      historyInfo(
        requestWith(`History-Info: <sip:bob@example.com>;index=1
History-Info: <sip:bob@192.0.2.4?Reason=SIP%3Bcause%3D302>;index=1.1;rc=1, <sip:office@example.com>;index=1.2;mp=1
History-Info: <sip:office@192.0.2.5?Privacy=history&Reason=Q.850%3Bcause%3D16%3Btext%3D%22a%2Cb%22>;index=1.2.1;np=1.2;x`),
      ),
    );
    expect(read.map(({ index, mechanism }) => [index, mechanism])).toEqual([
      [[1], undefined],
      [[1, 1], { type: 'rc', of: [1] }],
      [[1, 2], { type: 'mp', of: [1] }],
      [[1, 2, 1], { type: 'np', of: [1, 2] }],
    ]);
    expect(read[1]?.reason).toEqual([{ protocol: 'SIP', cause: 302 }]);
    expect(read[3]).toMatchObject({ reason: [{ protocol: 'Q.850', cause: 16, text: 'a,b' }], privacy: ['history'] });
    expect(read[3]?.address.params.has('x')).toBe(true);
  });

  test('a value without an index, or with one that is none, is a fault', () => {
    for (const value of ['<sip:a@b>', '<sip:a@b>;index=', '<sip:a@b>;index=1.x', '<sip:a@b>;index=1;rc=x']) {
      expect(historyInfo(requestWith(`History-Info: ${value}`))).toMatchObject({ ok: false, fault: 'bad-value' });
    }
    const deep = Array.from({ length: 40 }, () => 1).join('.');
    expect(historyInfo(requestWith(`History-Info: <sip:a@b>;index=${deep}`)).ok).toBe(false);
  });

  test('written and read back; a tel URI carries no headers', () => {
    const entry = {
      uri: sipUri({ user: 'bob', host: 'example.com', headers: 'Subject=x' }),
      index: childIndex([1], 2),
      mechanism: { type: 'rc' as const, of: [1] },
      reason: [{ protocol: 'SIP', cause: 486, text: 'Busy & "here"' }],
      privacy: ['history'],
    };
    const text = serializeHistoryEntry(entry);
    const [read] = valueIn(historyInfo(requestWith(`History-Info: ${text}`)));
    expect(read).toMatchObject({
      index: [1, 2],
      mechanism: entry.mechanism,
      reason: entry.reason,
      privacy: ['history'],
    });
    expect(serializeUri(read!.address.uri)).toContain('Subject=x');
    const tel = valueIn(parseUri('tel:+1234'));
    expect(serializeHistoryEntry({ ...entry, uri: tel })).toBe('<tel:+1234>;index=1.2;rc=1');
  });
});

describe('RFC 8224 §4 Identity', () => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const token = `${part({ alg: 'ES256', ppt: 'shaken' })}.${part({ orig: { tn: '12155551212' } })}.c2ln`;

  test('token, info, alg and ppt; each line is one value', () => {
    const lines = `Identity: ${token};info=<https://cert.example.org/passport.cer;v=1>;alg=ES256;ppt="shaken";x=y\ny: ..c2ln`;
    const [full, compact] = valueIn(identityTokens(requestWith(lines)));
    expect(full).toMatchObject({
      token,
      info: 'https://cert.example.org/passport.cer;v=1',
      alg: 'ES256',
      ppt: 'shaken',
    });
    expect([...(full?.params ?? [])]).toEqual([['x', 'y']]);
    expect(compact).toMatchObject({ token: '..c2ln', info: undefined });
    expect(valueIn(passportOf(full!)).payload).toEqual({ orig: { tn: '12155551212' } });
    expect(passportOf(compact!)).toMatchObject({ ok: false, fault: 'compact' });
    expect(passportOf({ token: 'bm8.bm8.bm8' })).toMatchObject({ ok: false, fault: 'bad-value' });
  });

  test('what is no token is a fault', () => {
    for (const value of ['', 'a.b', 'a b.c.d', 'a.b.c x', 'a.b.c;=']) {
      expect(identityTokens(requestWith(`Identity: ${value}`))).toMatchObject({ ok: false, fault: 'bad-value' });
    }
  });
});
