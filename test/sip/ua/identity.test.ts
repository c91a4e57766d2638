import { describe, expect, test } from 'vitest';
import { nameAddr, serializeNameAddr } from '../../../sip/header-values.js';
import {
  anonymousFrom,
  assertedIdentity,
  concealIdentity,
  dropIdentityClaims,
  identityHeaders,
} from '../../../sip/ua/identity.js';
import { parseUri, serializeUri, sipUri } from '../../../sip/uri.js';
import { requestWith, responseWith, valueIn } from '../../support/message-with.js';

const claims = `P-Asserted-Identity: tel:+14085264000, "Cullen" <sip:fluffy@cisco.com>
Remote-Party-ID: <sip:rpid@h>;party=calling`;
const who = (message: Parameters<typeof assertedIdentity>[0], trusted: boolean) => {
  const { source, address, isPrivate } = assertedIdentity(message, { trusted });
  return [source, serializeUri(address.uri), isPrivate];
};

describe('RFC 3325 §5 who calls', () => {
  test('a trusted peer’s assertion comes before its Remote-Party-ID and the From', () => {
    expect(who(requestWith(claims), true)).toEqual(['asserted', 'sip:fluffy@cisco.com', false]);
    expect(assertedIdentity(requestWith(claims), { trusted: true }).others.map(serializeNameAddr)).toEqual([
      '<tel:+14085264000>',
    ]);
    expect(who(requestWith('Remote-Party-ID: <sip:rpid@h>;privacy=full'), true)).toEqual([
      'remote-party-id',
      'sip:rpid@h',
      true,
    ]);
    expect(who(requestWith('Remote-Party-ID: <sip:rpid@h>;party=called'), true)[0]).toBe('from');
    expect(who(requestWith('P-Asserted-Identity: <sip:>'), true)).toEqual(['from', 'sip:a@example.com', false]);
  });

  test('of another peer only the From counts', () => {
    expect(who(requestWith(`${claims}\nPrivacy: id`), false)).toEqual(['from', 'sip:a@example.com', true]);
  });

  test('of a response it is who answers', () => {
    expect(who(responseWith(claims), true)).toEqual(['asserted', 'sip:fluffy@cisco.com', false]);
    expect(who(responseWith('X: y'), true)).toEqual(['from', 'sip:b@example.com', false]);
  });
});

describe('RFC 3325 §7 what we tell', () => {
  const address = nameAddr(sipUri({ user: 'fluffy', host: 'cisco.com' }), {}, 'Cullen');
  const others = [nameAddr(valueIn(parseUri('tel:+14085264000')))];

  test('a trusted peer learns who calls, also when the From does not say', () => {
    expect(identityHeaders({ address, others }, { trusted: true })).toEqual({
      from: address,
      headers: [
        ['P-Asserted-Identity', '"Cullen" <sip:fluffy@cisco.com>'],
        ['P-Asserted-Identity', '<tel:+14085264000>'],
      ],
    });
    const hidden = identityHeaders({ address, isPrivate: true, remotePartyId: true }, { trusted: true });
    expect(serializeNameAddr(hidden.from)).toBe('"Anonymous" <sip:anonymous@anonymous.invalid>');
    expect(hidden.headers).toEqual([
      ['P-Asserted-Identity', '"Cullen" <sip:fluffy@cisco.com>'],
      ['Remote-Party-ID', '"Cullen" <sip:fluffy@cisco.com>;party=calling;screen=yes;privacy=full'],
      ['Privacy', 'id'],
    ]);
  });

  test('another peer sees the From alone', () => {
    expect(identityHeaders({ address, remotePartyId: true }, { trusted: false })).toEqual({
      from: address,
      headers: [],
    });
    expect(identityHeaders({ address, isPrivate: true }, { trusted: false })).toEqual({
      from: anonymousFrom(),
      headers: [['Privacy', 'id']],
    });
  });
});

describe('RFC 3325 §5 at the edge of a trust domain', () => {
  const names = (message: ReturnType<typeof requestWith>) =>
    [...message.headers].map(({ name, value }) => [name, value]);

  test('what an untrusted peer claims goes no further', () => {
    const message = requestWith(`${claims}\nP-Preferred-Identity: <sip:x@h>\nSubject: kept`);
    dropIdentityClaims(message);
    expect(names(message)).toEqual([['Subject', 'kept']]);
  });

  test('what is private is not seen outside, and the wish is fulfilled', () => {
    const message = requestWith(`${claims}\nPrivacy: id;critical\nSubject: kept`);
    concealIdentity(message);
    expect(names(message)).toEqual([['Subject', 'kept']]);
    const more = requestWith(`${claims}\nPrivacy: id;header`);
    concealIdentity(more);
    expect(names(more)).toEqual([['Privacy', 'header']]);
    const silent = requestWith(claims);
    concealIdentity(silent);
    expect(names(silent)).toEqual([]);
    const open = requestWith(`P-Asserted-Identity: <sip:a@h>\nPrivacy: none`);
    concealIdentity(open);
    expect(names(open)).toEqual([
      ['P-Asserted-Identity', '<sip:a@h>'],
      ['Privacy', 'none'],
    ]);
  });
});
