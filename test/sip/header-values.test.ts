import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  detachNameAddr,
  type NameAddr,
  nameAddr,
  parseCSeq,
  parseNameAddr,
  parseNameAddrList,
  parseVia,
  parseViaList,
  serializeCSeq,
  serializeNameAddr,
  serializeVia,
  splitList,
  tagOf,
  withTag,
} from '../../sip/header-values.js';
import { Params } from '../../sip/params.js';
import { type SipUri, serializeUri, sipUri } from '../../sip/uri.js';
import { anyCSeq, anyNameAddr, anyVia } from '../support/sip-arbitraries.js';

function read(text: string): NameAddr {
  const result = parseNameAddr(text);
  if (!result.ok) throw new Error(`${result.fault} at ${result.at}: ${text}`);
  return result.value;
}

describe('RFC 3261 §20.10 name-addr and addr-spec', () => {
  test.each<[string, string | undefined, string, [string, string | null][]]>([
    [
      '"Mr. Watson" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600',
      'Mr. Watson',
      'sip:watson@worcester.bell-telephone.com',
      [
        ['q', '0.7'],
        ['expires', '3600'],
      ],
    ],
    [
      '"A. G. Bell" <sip:agb@bell-telephone.com> ;tag=a48s',
      'A. G. Bell',
      'sip:agb@bell-telephone.com',
      [['tag', 'a48s']],
    ],
    [
      'sip:+12125551212@server.phone2net.com;tag=887s',
      undefined,
      'sip:+12125551212@server.phone2net.com',
      [['tag', '887s']],
    ],
    ['Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8', 'Anonymous', 'sip:c8oqz84zk7z@privacy.org', [['tag', 'hyh8']]],
    ['<sip:bigbox3.site3.atlanta.com;lr>', undefined, 'sip:bigbox3.site3.atlanta.com;lr', []],
    ['"" <sip:a@b>', '', 'sip:a@b', []],
    ["Renée O'Hara <sip:a@b>", "Renée O'Hara", 'sip:a@b', []],
    ['"<sip:x@y>, \\"z\\"" <sip:a@b>', '<sip:x@y>, "z"', 'sip:a@b', []],
    [' sip:a@b ; x = "y;z" ', undefined, 'sip:a@b', [['x', 'y;z']]],
    [
      '<tel:+1-201-555-0123;phone-context=a.b>;tag=1',
      undefined,
      'tel:+1-201-555-0123;phone-context=a.b',
      [['tag', '1']],
    ],
    ['<sip:u@[2001:db8::1]:5070>', undefined, 'sip:u@[2001:db8::1]:5070', []],
    [
      '<sip:a@b>;+sip.instance="<urn:uuid:f81d4fae>";reg-id=1',
      undefined,
      'sip:a@b',
      [
        ['+sip.instance', '<urn:uuid:f81d4fae>'],
        ['reg-id', '1'],
      ],
    ],
    ['<sip:a@b>;tag=ab/c=@:d==', undefined, 'sip:a@b', [['tag', 'ab/c=@:d==']]],
  ])('%s', (text, displayName, uri, params) => {
    const value = read(text);
    expect(value.displayName).toBe(displayName);
    expect(serializeUri(value.uri)).toBe(uri);
    expect([...value.params]).toEqual(params);
    expect(read(serializeNameAddr(value))).toEqual(value);
  });

  test.each([
    '',
    '<>',
    '<sip:a@b',
    'sip:a@b>',
    '"x <sip:a@b>',
    '"x" sip:a@b',
    'a, b <sip:a@b>',
    'a "b" <sip:a@b>',
    '< sip:a@b >',
    'sip:a@b?Route=x',
    '<sip:a@b>;',
    '<sip:a@b>;;x',
    '<sip:a@b>;x=',
    '<sip:a@b>;x="y',
    '<sip:a@b>;tag=1;Tag=2',
    '<sip:a@b> x',
    '<sip:a@b>, <sip:c@d>',
    '*',
  ])('%j is refused', (text) => {
    expect(parseNameAddr(text)).toMatchObject({ ok: false, fault: 'bad-name-addr' });
  });

  test('lists split at commas outside quotes and brackets', () => {
    const list = parseNameAddrList('"a, b" <sip:x,y@h>;p="1,2" , <sip:c@d>,sip:e@f;q=0.1');
    expect(list.ok && list.value.map(({ uri }) => serializeUri(uri))).toEqual(['sip:x,y@h', 'sip:c@d', 'sip:e@f']);
    expect(parseNameAddrList('<sip:a@b>,')).toMatchObject({ ok: false });
    expect(parseNameAddrList('<sip:a@b>,,<sip:c@d>')).toMatchObject({ ok: false });
  });

  test('the form that is written: brackets always, names quoted, feature parameters quoted', () => {
    const value = nameAddr(
      sipUri({ user: 'bob', host: 'b.com' }),
      { tag: '1', '+audio': 'x', text: 'a b', lr: null },
      'Bob "B" \\',
    );
    expect(serializeNameAddr(value)).toBe('"Bob \\"B\\" \\\\" <sip:bob@b.com>;tag=1;+audio="x";text="a b";lr');
  });

  test('a line break in a name or a value cannot add a header field', () => {
    const value = nameAddr(sipUri({ host: 'h' }), { x: 'a\r\nEvil: 1' }, 'b\nEvil: 2');
    expect(serializeNameAddr(value)).toBe('"b Evil: 2" <sip:h>;x="a Evil: 1"');
  });

  test('tags: absent, empty, set on a copy', () => {
    const plain = nameAddr(sipUri({ host: 'h' }));
    expect(tagOf(plain)).toBeUndefined();
    expect(tagOf(nameAddr(plain.uri, { tag: '' }))).toBeUndefined();
    expect(tagOf(withTag(plain, 't'))).toBe('t');
    expect(plain.params.size).toBe(0);
  });
});

describe('RFC 3261 §20.42 Via', () => {
  test('every part is read, with IPv6 and a bare rport', () => {
    const via = parseVia(
      'SIP / 2.0 / udp [2001:DB8::9:1]:5070 ;branch=z9hG4bK1;rport;received=2001:db8::9:255;x="a b"',
    );
    expect(via).toMatchObject({ ok: true, value: { protocol: 'UDP', host: '2001:db8::9:1', port: 5070 } });
    expect(via.ok && [...via.value.params]).toEqual([
      ['branch', 'z9hG4bK1'],
      ['rport', null],
      ['received', '2001:db8::9:255'],
      ['x', 'a b'],
    ]);
    expect(via.ok && serializeVia(via.value)).toBe(
      'SIP/2.0/UDP [2001:db8::9:1]:5070;branch=z9hG4bK1;rport;received=2001:db8::9:255;x="a b"',
    );
  });

  test('RFC 5118 §4.5 received with brackets is taken too', () => {
    const via = parseVia('SIP/2.0/UDP h;received=[2001:db8::9:255]');
    expect(via.ok && via.value.params.get('received')).toBe('[2001:db8::9:255]');
  });

  test('a branch that is no token is given back unchanged', () => {
    const text = 'SIP/2.0/UDP h;branch=z9hG4bKab/c+d==';
    const via = parseVia(text);
    expect(via.ok && serializeVia(via.value)).toBe(text);
  });

  test('a list keeps its order', () => {
    const list = parseViaList('SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b:1 ,SIP/2.0/WSS c.invalid');
    expect(list.ok && list.value.map(({ protocol, host }) => `${protocol} ${host}`)).toEqual([
      'UDP a',
      'TCP b',
      'WSS c.invalid',
    ]);
  });

  test.each([
    '',
    'SIP/2.0 h',
    'SIP/2.0/UDP',
    'SIP/2.0/UDPh',
    'SIP/2.0/UDP h:x',
    'SIP/2.0/UDP h:70000',
    'SIP/2.0/UDP h;',
    'SIP/2.0/UDP [::1',
    'SIP/2.0/UDP h x',
    'SIP/2.0/UDP h,',
  ])('%j is refused', (text) => {
    expect(parseViaList(text)).toMatchObject({ ok: false, fault: 'bad-via' });
  });
});

describe('RFC 3261 §20.16 CSeq', () => {
  test('number and method', () => {
    expect(parseCSeq('4711 INVITE')).toEqual({ ok: true, value: { sequence: 4711, method: 'INVITE' } });
    expect(parseCSeq(' 0009 \t x-1 ')).toEqual({ ok: true, value: { sequence: 9, method: 'x-1' } });
    expect(parseCSeq('2147483647 ACK')).toMatchObject({ ok: true });
  });

  test.each([
    '',
    '1',
    'INVITE',
    '1INVITE',
    '-1 INVITE',
    '1.5 INVITE',
    '2147483648 ACK',
    '1 IN VITE',
    '1 INVITE;x',
    '1e3 ACK',
  ])('%j is refused', (text) => {
    expect(parseCSeq(text)).toMatchObject({ ok: false, fault: 'bad-cseq' });
  });
});

describe('properties', () => {
  test('parse(serialize(value)) equals the value', () => {
    fc.assert(
      fc.property(anyNameAddr, anyVia, anyCSeq, (address, via, cseq) => {
        expect(parseNameAddr(serializeNameAddr(address))).toEqual({ ok: true, value: address });
        expect(parseVia(serializeVia(via))).toEqual({ ok: true, value: via });
        expect(parseCSeq(serializeCSeq(cseq))).toEqual({ ok: true, value: cseq });
        expect(detachNameAddr(address)).toEqual(address);
      }),
    );
  });

  test('no text makes a reader throw', () => {
    const piece = fc.constantFrom(
      '<sip:',
      'a@b',
      '>',
      '"',
      '\\',
      ';',
      '=',
      ',',
      ':',
      '[',
      ']',
      'SIP/2.0/UDP ',
      '1 ',
      ' ',
      '\t',
      '\0',
      'é',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.array(piece).map((all) => all.join('')),
        ),
        (text) => {
          parseNameAddrList(text);
          parseViaList(text);
          parseCSeq(text);
          splitList(text);
        },
      ),
      { numRuns: 1000 },
    );
  });
});

test('equality in these tests sees into parameters', () => {
  expect(Params.of({ a: '1' })).not.toEqual(Params.of({ a: '2' }));
  expect(nameAddr(sipUri({ host: 'h', params: { a: null } }) as SipUri)).not.toEqual(nameAddr(sipUri({ host: 'h' })));
});

test('splitList trims, drops empty parts, and leaves quotes and brackets whole', () => {
  expect(splitList(' a , "b, \\", c" ,, <sip:x,y>;z, ')).toEqual(['a', '"b, \\", c"', '<sip:x,y>;z']);
  expect(splitList('')).toEqual([]);
});
