import { describe, expect, test } from 'vitest';
import { defaultParseLimits, type MessageFault, parseMessage } from '../../../sip/parse/message.js';
import { type FramerEvent, StreamFramer } from '../../../sip/parse/stream.js';
import { UaBench } from '../../support/ua-bench.js';
import { wire } from '../../support/wire.js';

const { maxHeaders, maxLineBytes, maxHops, maxUriLength, maxBytes } = defaultParseLimits;
const PARAMS = 64;

interface Shape {
  readonly uri?: string;
  readonly via?: string;
  readonly to?: string;
  readonly lines?: readonly string[];
}

function options({ uri = 'sip:bob@10.0.0.2', via = '', to = '<sip:b@h>', lines = [] }: Shape): string {
  return `
OPTIONS ${uri} SIP/2.0
Via: SIP/2.0/UDP 10.0.0.9;branch=z9hG4bK1${via}
From: <sip:a@h>;tag=1
To: ${to}
Call-ID: c
CSeq: 1 OPTIONS
${lines.join('\n')}`;
}

const times = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join('');
const linesOf = (count: number, text: string): string[] => Array.from({ length: count }, () => text);
/** A URI of that many characters. */
const uriOf = (length: number): string => `sip:${'a'.repeat(length - 'sip:@h'.length)}@h`;
/** A header line of that many octets without its line end. */
const lineOf = (bytes: number): string => `X: ${'a'.repeat(bytes - 4)}`;

/** What is just allowed, what is just too much, its fault, and how a user agent answers that. */
const limits: readonly (readonly [what: string, most: Shape, over: Shape, fault: MessageFault, answer: number])[] = [
  [
    'header fields',
    { lines: linesOf(maxHeaders - 5, 'X: 1') },
    { lines: linesOf(maxHeaders - 4, 'X: 1') },
    'too-many-headers',
    400,
  ],
  ['octets of a line', { lines: [lineOf(maxLineBytes)] }, { lines: [lineOf(maxLineBytes + 2)] }, 'line-too-long', 400],
  [
    'Via values',
    { via: times(maxHops - 1, (i) => `, SIP/2.0/UDP h${i}`) },
    { via: times(maxHops, (i) => `, SIP/2.0/UDP h${i}`) },
    'too-many-hops',
    400,
  ],
  [
    'Route values',
    { lines: [`Route: <sip:h>${times(maxHops - 1, (i) => `, <sip:h${i}>`)}`] },
    { lines: [`Route: <sip:h>${times(maxHops, (i) => `, <sip:h${i}>`)}`] },
    'too-many-hops',
    400,
  ],
  [
    'characters of the Request-URI',
    { uri: uriOf(maxUriLength) },
    { uri: uriOf(maxUriLength + 1) },
    'uri-too-long',
    414,
  ],
  [
    'parameters of the Request-URI',
    { uri: `sip:h${times(PARAMS, (i) => `;p${i}`)}` },
    { uri: `sip:h${times(PARAMS + 1, (i) => `;p${i}`)}` },
    'bad-request-uri',
    400,
  ],
  [
    'parameters of a Via',
    { via: times(PARAMS - 1, (i) => `;p${i}`) },
    { via: times(PARAMS, (i) => `;p${i}`) },
    'bad-via',
    400,
  ],
  [
    'parameters of a To',
    { to: `<sip:b@h>${times(PARAMS, (i) => `;p${i}`)}` },
    { to: `<sip:b@h>${times(PARAMS + 1, (i) => `;p${i}`)}` },
    'bad-to',
    400,
  ],
];

describe('RFC 3261 §21.4.12, §21.4.1 what a peer may make us read', () => {
  test.each(limits)('%s: the most is read, one more is a fault', (_, most, over, fault) => {
    expect(parseMessage(wire(options(most)))).toMatchObject({ ok: true });
    expect(parseMessage(wire(options(over)))).toMatchObject({ ok: false, fault });
  });

  test.each(limits)('%s: a user agent answers one more', async (_what, _most, over, fault, answer) => {
    const bench = new UaBench();
    const bob = await bench.agent('bob', '10.0.0.2');
    const got: string[] = [];
    bench.network.filter = ({ from, data }) => {
      if (from.address === bob.address) got.push(data.toString('utf8', 0, data.indexOf('\r')));
      return true;
    };
    const stranger = await bench.network
      .host('10.0.0.9')
      .bindUdp({ address: '10.0.0.9', port: 5060 }, { onMessage: () => undefined, onError: () => undefined });
    const bytes = wire(options(over));
    stranger.send(bytes, 0, bytes.length, 5060, bob.address);
    await bench.clock.advance(10);
    expect(got).toEqual([
      answer === 414 ? 'SIP/2.0 414 Request-URI Too Long' : `SIP/2.0 ${answer} Bad Request (${fault})`,
    ]);
    await bench.expectNothingLeft();
  });

  /** Head and body of a message on a stream, and what a framer makes of them. */
  const framed = (lengthOf: number, more = ''): FramerEvent[] => {
    const head = wire(`${options({})}Content-Length: ${lengthOf}${more}`);
    const framer = new StreamFramer();
    return [...framer.push(head), ...framer.push(Buffer.alloc(Math.min(lengthOf, maxBytes)))];
  };

  test('RFC 3261 §21.5.7 a body that makes the message too large is 513, told at once, and ends the stream', () => {
    const head = wire(`${options({})}Content-Length: 60000`).length;
    expect(framed(maxBytes - head)).toMatchObject([{ type: 'message' }]);
    const [over, ...rest] = framed(maxBytes - head + 1);
    expect(over).toMatchObject({ type: 'fault', fault: 'too-large', fatal: true, partial: { callId: 'c' } });
    expect(rest).toEqual([]);
  });

  test('RFC 3261 §18.3 a head without an end is given up at the limit, unanswered', () => {
    const framer = new StreamFramer();
    const line = Buffer.from('X: 1\r\n');
    const events: FramerEvent[] = [];
    for (let bytes = 0; bytes <= maxBytes; bytes += line.length) events.push(...framer.push(line));
    expect(events).toEqual([{ type: 'fault', fault: 'too-large', fatal: true }]);
    expect(framer.incomplete).toBe(false);
  });
});
