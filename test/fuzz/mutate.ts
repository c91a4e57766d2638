import type { Random } from '../../base/random.js';

const MAX_BYTES = 66_000;

/** Words of the languages that the targets read, and what breaks readers of them. */
const words = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\r\n\r\n',
    '\r\n ',
    ' ',
    '\t',
    '\0',
    ',',
    ';',
    ':',
    '=',
    '"',
    '\\',
    '\\"',
    '<',
    '>',
    '@',
    '?',
    '&',
  ],
  ...[
    '%00',
    '%',
    '%zz',
    '[',
    ']',
    '[::1]',
    '::',
    '*',
    '/',
    '-',
    '--',
    '.',
    '\u00e9',
    '\u{1f600}',
    '\ufeff',
    '\x80',
    '\xff',
  ],
  ...[
    'SIP/2.0',
    'SIP/2.0/UDP ',
    'sip:',
    'sips:',
    'tel:+1',
    'urn:',
    'INVITE',
    'ACK',
    'CANCEL',
    'REGISTER',
    'NOTIFY',
    'z9hG4bK',
  ],
  ...[
    'Via: ',
    'v: ',
    'From: ',
    'To: ',
    't: ',
    'Call-ID: ',
    'CSeq: ',
    'Content-Length: ',
    'l: ',
    'Max-Forwards: ',
    'Contact: ',
  ],
  ...[
    'Route: ',
    'Record-Route: ',
    'Require: ',
    'Content-Type: ',
    'Event: ',
    'Expires: ',
    'Replaces: ',
    'Session-Expires: ',
  ],
  ...[
    'Authorization: Digest ',
    'Reason: ',
    'Warning: 399 h "x"',
    'Date: Sat, 13 Nov 2010 23:29:00 GMT',
    'Identity: a;info=<b>',
  ],
  ...['Subscription-State: active', 'History-Info: <sip:a>;index=1.1', 'Diversion: <sip:a>;reason=x', 'Privacy: id'],
  ...[
    'Accept-Contact: *;audio',
    'Timestamp: 1.5 .2',
    'Retry-After: 1 (x)',
    'Min-SE: 90',
    'Path: <sip:p;lr>',
    'User-to-User: 00;encoding=hex',
  ],
  ...[
    ';tag=',
    ';branch=',
    ';rport',
    ';lr',
    ';received=',
    ';q=0.5',
    ';expires=',
    ';+sip.instance="<u>"',
    ';boundary=b',
    ';handling=optional',
  ],
  ...[
    'v=0\r\n',
    'o=- 1 1 IN IP4 h\r\n',
    's=-\r\n',
    'c=IN IP4 1.2.3.4\r\n',
    't=0 0\r\n',
    'm=audio 9 RTP/AVP 0\r\n',
    'a=rtpmap:0 PCMU/8000\r\n',
  ],
  ...['a=ptime:20\r\n', 'a=sendonly\r\n', 'a=rtcp:9\r\n', 'a=rtcp-mux\r\n', 'IN IP6 ::1', 'telephone-event/8000'],
  ...[
    '<?xml version="1.0"?>',
    '<![CDATA[',
    ']]>',
    '<!--',
    '-->',
    '&amp;',
    '&#x0;',
    '&#10;',
    '<a xmlns="x">',
    '</a>',
    '<a/>',
    ' xmlns:p="q"',
    'p:',
  ],
  ...[
    '--b\r\n',
    '--b--',
    'Content-Disposition: session',
    'Content-Transfer-Encoding: base64',
    'multipart/mixed;boundary=b',
  ],
  ...[
    '0',
    '1',
    '-1',
    '255',
    '256',
    '65535',
    '65536',
    '2147483647',
    '2147483648',
    '4294967295',
    '4294967296',
    '1e9',
    'NaN',
    '0x10',
  ],
].map((word) => Buffer.from(word, word.length === 1 && word >= '\x80' ? 'latin1' : 'utf8'));

type Mutator = (data: Buffer, random: Random, other: Buffer) => Buffer;

const below = (random: Random, limit: number): number => (limit <= 0 ? 0 : random.uint32() % limit);

function replaced(data: Buffer, from: number, to: number, by: Uint8Array): Buffer {
  return Buffer.concat([data.subarray(0, from), by, data.subarray(to)]);
}

/** A piece, short more often than long. */
function piece(data: Buffer, random: Random): readonly [from: number, to: number] {
  const from = below(random, data.length + 1);
  const most = below(random, 4) === 0 ? data.length - from : Math.min(16, data.length - from);
  return [from, from + below(random, most + 1)];
}

function lines(data: Buffer): string[] {
  return data.toString('latin1').split('\n');
}

const mutators: readonly Mutator[] = [
  function flipBit(data, random) {
    const copy = Buffer.from(data);
    const at = below(random, data.length);
    if (data.length > 0) copy[at] = copy[at]! ^ (1 << below(random, 8));
    return copy;
  },
  function setByte(data, random) {
    const copy = Buffer.from(data);
    if (data.length > 0) copy[below(random, data.length)] = below(random, 256);
    return copy;
  },
  function insertWord(data, random) {
    const at = below(random, data.length + 1);
    return replaced(data, at, at, words[below(random, words.length)]!);
  },
  function replaceByWord(data, random) {
    return replaced(data, ...piece(data, random), words[below(random, words.length)]!);
  },
  function cut(data, random) {
    return replaced(data, ...piece(data, random), Buffer.alloc(0));
  },
  function truncate(data, random) {
    return data.subarray(0, below(random, data.length + 1));
  },
  function repeat(data, random) {
    const [from, to] = piece(data, random);
    const times = 1 << below(random, below(random, 8) === 0 ? 13 : 5);
    const most = Math.floor(MAX_BYTES / Math.max(1, to - from));
    const copies = Array.from({ length: Math.min(times, most) }, () => data.subarray(from, to));
    return replaced(data, to, to, Buffer.concat(copies));
  },
  function splice(data, random, other) {
    return replaced(data, ...piece(data, random), other.subarray(...piece(other, random)));
  },
  function cross(data, random, other) {
    return Buffer.concat([
      data.subarray(0, below(random, data.length + 1)),
      other.subarray(below(random, other.length + 1)),
    ]);
  },
  function otherNumber(data, random) {
    const numbers = [...data.toString('latin1').matchAll(/\d+/g)];
    const found = numbers[below(random, numbers.length)];
    if (found === undefined) return data;
    const value = [0, 1, Number(found[0]) + 1, Number(found[0]) - 1, 2 ** below(random, 53)][below(random, 5)]!;
    return replaced(data, found.index, found.index + found[0].length, Buffer.from(String(value)));
  },
  function moveLine(data, random) {
    const all = lines(data);
    const [line = ''] = all.splice(below(random, all.length), 1);
    all.splice(below(random, all.length + 1), 0, line);
    return Buffer.from(all.join('\n'), 'latin1');
  },
  function borrowLine(data, random, other) {
    const all = lines(data);
    const theirs = lines(other);
    all.splice(below(random, all.length + 1), below(random, 2), theirs[below(random, theirs.length)] ?? '');
    return Buffer.from(all.join('\n'), 'latin1');
  },
];

/** A changed copy: one to eight mutations, the second parent lends pieces of itself. */
export function mutate(data: Buffer, other: Buffer, random: Random): Buffer {
  let current = data;
  for (let left = 1 + below(random, 1 << below(random, 4)); left > 0; left -= 1) {
    current = mutators[below(random, mutators.length)]!(current, random, other);
  }
  return current.length > MAX_BYTES ? current.subarray(0, MAX_BYTES) : current;
}
