import { describe, expect, test } from 'vitest';
import {
  answerOffer,
  createOfferAnswer,
  type GivenSdpJson,
  isHold,
  type SdpJson,
  sdpFromJson,
  sdpToJson,
} from '../../../media/index.js';
import { parseSdp } from '../../../media/sdp/parse.js';
import { local } from '../../support/offer-answer-bench.js';
import { linesOf, sdpText } from '../../support/sdp-text.js';

function jsonOf(text: string): SdpJson {
  const read = sdpToJson(text);
  if (!read.ok) throw new Error(read.fault);
  return read.value;
}

function textOf(json: unknown): string {
  const written = sdpFromJson(json as GivenSdpJson);
  if (!written.ok) throw new Error(written.fault);
  return written.value;
}

function faultOf(json: unknown): string {
  const written = sdpFromJson(json as GivenSdpJson);
  return written.ok ? 'none' : `${written.fault} ${written.at}`;
}

/** What the JS library of the original makes of its default codecs (contract 2.4). */
const ofLibrary: GivenSdpJson = {
  v: 0,
  t: { start: 0, stop: 0 },
  o: { username: '-', sessionid: 3, sessionversion: 0, nettype: 'IN', ipver: 4, address: '192.0.2.1' },
  s: ' ',
  c: [{ nettype: 'IN', ipver: 4, address: '192.0.2.1' }],
  m: [
    {
      media: 'audio',
      port: 20518,
      proto: 'RTP/AVP',
      direction: 'sendrecv',
      payloads: [8, 0, 9, 97, 101],
      rtpmap: {
        '8': { encoding: 'PCMA', clock: '8000' },
        '0': { encoding: 'PCMU', clock: '8000' },
        '97': { encoding: 'iLBC', clock: '8000' },
        '101': { encoding: 'telephone-event', clock: '8000' },
      },
      fmtp: { '97': 'mode=20', '101': '0-16' },
    },
  ],
};

describe('mediaswitch row 14: a description as JSON', () => {
  test('mediaswitch row 14: every line of the session and of an m-line has its key', () => {
    const text = [
      'v=0',
      'o=jdoe 2890844526 2890842807 IN IP4 10.47.16.5',
      's=SDP Seminar',
      'i=A Seminar on the session description protocol',
      'u=http://www.example.com/seminars/sdp.pdf',
      'e=j.doe@example.com (Jane Doe)',
      'p=+1 617 555-6011',
      'c=IN IP4 233.252.0.17/127',
      'b=CT:128',
      't=2873397496 2873404696',
      'r=7d 1h 0 25h',
      'k=clear:a:b',
      'a=recvonly',
      'm=audio 49170/2 RTP/AVP 0 101',
      'i=the voice',
      'b=AS:64',
      'b=TIAS:50000',
      'a=rtpmap:0 PCMU/8000/2',
      'a=rtpmap:101 telephone-event/8000',
      'a=fmtp:101 0-15',
      'a=ptime:20',
      'a=maxptime:60',
      'a=framerate:29.97',
      'a=quality:10',
      'a=rtcp-mux',
      'a=lang:en',
    ].join('\r\n');
    expect(jsonOf(`${text}\r\n`)).toEqual({
      v: 0,
      o: {
        username: 'jdoe',
        sessionid: 2890844526,
        sessionversion: 2890842807,
        nettype: 'IN',
        ipver: 4,
        address: '10.47.16.5',
      },
      s: 'SDP Seminar',
      i: 'A Seminar on the session description protocol',
      u: 'http://www.example.com/seminars/sdp.pdf',
      e: 'j.doe@example.com (Jane Doe)',
      p: '+1 617 555-6011',
      c: [{ nettype: 'IN', ipver: 4, address: '233.252.0.17/127' }],
      b: { bwtype: 'CT', bandwidth: 128 },
      t: { start: 2873397496, stop: 2873404696 },
      r: { interval: 604800, duration: 3600, offsets: [0, 90000] },
      k: { method: 'clear', key: 'a:b' },
      a: { direction: 'recvonly' },
      m: [
        {
          media: 'audio',
          port: 49170,
          numports: 2,
          proto: 'RTP/AVP',
          payloads: [0, 101],
          i: 'the voice',
          b: [
            { bwtype: 'AS', bandwidth: 64 },
            { bwtype: 'TIAS', bandwidth: 50000 },
          ],
          rtpmap: {
            '0': { encoding: 'PCMU', clock: 8000, params: '2' },
            '101': { encoding: 'telephone-event', clock: 8000 },
          },
          fmtp: { '101': '0-15' },
          ptime: 20,
          maxptime: 60,
          framerate: 29.97,
          quality: 10,
          'rtcp-mux': '',
          lang: 'en',
        },
      ],
    });
  });

  test('mediaswitch row 14: lines are written in the order v o s i u e p c b t r k a m', () => {
    const written = textOf({
      m: [{ media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [0] }],
      a: { tool: 'x', direction: 'sendrecv' },
      k: { method: 'prompt' },
      r: { interval: 604800, duration: 3600, offsets: [0, 90000] },
      t: { start: 1, stop: 2 },
      b: { bwtype: 'AS', bandwidth: 64 },
      c: [{ nettype: 'IN', ipver: 4, address: '192.0.2.1' }],
      p: '+1 617',
      e: ['a@example.com', 'b@example.com'],
      u: 'http://example.com',
      i: 'info',
      s: 'name',
      o: { username: 'u', sessionid: 1, sessionversion: 2, nettype: 'IN', ipver: 4, address: '192.0.2.1' },
      v: 0,
    });
    expect(written).toBe(
      [
        'v=0',
        'o=u 1 2 IN IP4 192.0.2.1',
        's=name',
        'i=info',
        'u=http://example.com',
        'e=a@example.com',
        'e=b@example.com',
        'p=+1 617',
        'c=IN IP4 192.0.2.1',
        'b=AS:64',
        't=1 2',
        'r=604800 3600 0 90000',
        'k=prompt',
        'a=sendrecv',
        'a=tool:x',
        'm=audio 4000 RTP/AVP 0',
        '',
      ].join('\r\n'),
    );
  });

  test('mediaswitch row 14: a clock rate is read as a number or a string, and written into JSON as a number', () => {
    for (const clock of [8000, '8000']) {
      const media = { media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [0] };
      const written = textOf({ ...ofLibrary, m: [{ ...media, rtpmap: { '0': { encoding: 'PCMU', clock } } }] });
      expect(linesOf(written, 'a')).toEqual(['rtpmap:0 PCMU/8000']);
      expect(jsonOf(written).m[0]?.rtpmap).toEqual({ '0': { encoding: 'PCMU', clock: 8000 } });
    }
  });

  test('mediaswitch row 14: the form of the JS library, 722 without rtpmap, is an offer that we answer with all its codecs', () => {
    const offer = textOf(ofLibrary);
    expect(linesOf(offer, 'm')).toEqual(['audio 20518 RTP/AVP 8 0 9 97 101']);
    expect(linesOf(offer, 'a').slice(0, 2)).toEqual(['rtpmap:8 PCMA/8000', 'rtpmap:0 PCMU/8000']);
    const state = createOfferAnswer({ sessionId: '77', username: '-' });
    const answer = answerOffer(state, offer, { ...local, codecs: ['g722', 'ilbc', 'pcma', 'pcmu'] });
    expect(answer.ok && answer.media.send?.codec).toBe('pcma');
    const back = jsonOf(answer.ok ? answer.sdp : '');
    expect(back.m[0]?.payloads).toEqual([8, 0, 9, 97, 101]);
    expect(back.m[0]?.rtpmap?.['9']).toEqual({ encoding: 'G722', clock: 8000 });
    expect(back.m[0]?.fmtp).toEqual({ '97': 'mode=20', '101': '0-16' });
  });

  test('mediaswitch row 14: a c-line of an m-line is appended to the top array, and comes back where it was', () => {
    const text = sdpText([
      'm=audio 4000 RTP/AVP 0',
      'm=audio 4002 RTP/AVP 0',
      'c=IN IP6 2001:db8::7',
      'm=audio 4004 RTP/AVP 0',
      'c=IN IP4 192.0.2.1',
    ]);
    const json = jsonOf(text);
    expect(json.c.map(({ ipver, address }) => [ipver, address])).toEqual([
      [4, '192.0.2.1'],
      [6, '2001:db8::7'],
      [4, '192.0.2.1'],
    ]);
    expect(linesOf(textOf(json), 'c')).toEqual(['IN IP4 192.0.2.1', 'IN IP6 2001:db8::7', 'IN IP4 192.0.2.1']);
    const none = sdpText(['m=audio 4000 RTP/AVP 0', 'c=IN IP4 192.0.2.7'], { connection: null });
    expect(textOf(jsonOf(none))).toMatch(/m=audio 4000 RTP\/AVP 0\r\nc=IN IP4 192\.0\.2\.7\r\n$/);
    expect(jsonOf(none).c).toHaveLength(1);
  });

  test('mediaswitch row 14: big ids of the o-line are kept, as strings where a number would not be exact', () => {
    const json = jsonOf(sdpText([]).replace('2890844526 1', '18446744073709551615 4294967297'));
    expect(json.o).toMatchObject({ sessionid: '18446744073709551615', sessionversion: 4294967297 });
    expect(linesOf(textOf(json), 'o')).toEqual(['alice 18446744073709551615 4294967297 IN IP4 192.0.2.1']);
  });

  test('mediaswitch row 14: attributes with colons, and repeated ones, are all kept', () => {
    const attributes = [
      'ice-ufrag:8hhY',
      'fingerprint:sha-256 19:E2:1C:3B:4B:9F:81:E6',
      'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:32',
      'candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host',
      'candidate:2 1 UDP 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998',
    ];
    const json = jsonOf(sdpText(['m=audio 4000 RTP/AVP 0', ...attributes.map((value) => `a=${value}`)]));
    expect(json.m[0]).toMatchObject({
      fingerprint: 'sha-256 19:E2:1C:3B:4B:9F:81:E6',
      crypto: attributes[2]!.slice('crypto:'.length),
      candidate: attributes.slice(3).map((value) => value.slice('candidate:'.length)),
    });
    expect(linesOf(textOf(json), 'a')).toEqual(attributes);
  });

  test('mediaswitch row 14: an attribute that is called like a key, or does not fit its key, is kept aside', () => {
    const lines = ['port:9', 'media:x', '__proto__:y', 'rtpmap:z', 'others:w', 'rtpmap:0 PCMA/8000', 'ptime:soon'];
    const text = sdpText(['m=audio 4000 RTP/AVP 0', 'a=rtpmap:0 PCMU/8000', ...lines.map((line) => `a=${line}`)]);
    const json = jsonOf(text);
    expect(json.m[0]).toMatchObject({ port: 4000, media: 'audio', others: lines });
    expect(Object.getPrototypeOf(json.m[0])).toBe(Object.prototype);
    expect(linesOf(textOf(json), 'a')).toEqual(['rtpmap:0 PCMU/8000', ...lines]);
  });

  test('mediaswitch row 14: payloads that are no numbers stay what they are', () => {
    const json = jsonOf(sdpText(['m=application 9 UDP/DTLS/SCTP webrtc-datachannel', 'a=sctp-port:5000']));
    expect(json.m[0]).toEqual({
      media: 'application',
      port: 9,
      proto: 'UDP/DTLS/SCTP',
      payloads: ['webrtc-datachannel'],
      'sctp-port': '5000',
    });
    expect(linesOf(textOf(json), 'm')).toEqual(['application 9 UDP/DTLS/SCTP webrtc-datachannel']);
  });

  test('mediaswitch row 14: what cannot be read is a fault, as in the parser', () => {
    const fault = (text: string): string => {
      const read = sdpToJson(text);
      return read.ok ? 'none' : read.fault;
    };
    expect(fault('')).toBe('no-version');
    expect(fault('v=0\r\ns=-\r\n')).toBe('bad-origin');
    expect(fault(sdpText([], { connection: 'IN IP9 x' }))).toBe('bad-connection');
    expect(fault(sdpText(['m=audio 70000 RTP/AVP 0']))).toBe('bad-media');
    expect(fault(sdpText(Array.from({ length: 65 }, () => 'm=audio 4000 RTP/AVP 0')))).toBe('too-many-media');
    expect(fault(`${sdpText([])}a=${'x'.repeat(70_000)}`)).toBe('too-long');
    expect(fault(`${sdpText([])}a=x\0y`)).toBe('bad-line');
    expect(sdpToJson(new TextEncoder().encode(sdpText([]))).ok).toBe(true);
    expect(parseSdp(sdpText([])).ok).toBe(true);
  });
});

describe('mediaswitch row 14: JSON that cannot become a description', () => {
  test.each([
    ['null', null, 'not-an-object 0'],
    ['a text', 'v=0', 'not-an-object 0'],
    ['no origin', { m: [] }, 'bad-origin 0'],
    ['a blank in the address', { o: { address: 'a b' }, m: [] }, 'bad-origin 0'],
    ['a negative id', { o: { address: 'h', sessionid: -1 }, m: [] }, 'bad-origin 0'],
    ['an m-line that is none', { o: { address: 'h' }, m: [null] }, 'bad-media 1'],
    [
      'no payloads',
      { o: { address: 'h' }, m: [{ media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [] }] },
      'bad-media 1',
    ],
    [
      'a port that is none',
      { o: { address: 'h' }, m: [{ media: 'audio', port: 70000, proto: 'RTP/AVP', payloads: [0] }] },
      'bad-media 1',
    ],
    ['a connection that is a text', { o: { address: 'h' }, c: ['IN'], m: [] }, 'bad-connection 0'],
    ['a bandwidth without a value', { o: { address: 'h' }, b: { bwtype: 'AS' }, m: [] }, 'bad-bandwidth 0'],
    ['a time that is a text', { o: { address: 'h' }, t: 'now', m: [] }, 'bad-time 0'],
    ['a key without a method', { o: { address: 'h' }, k: {}, m: [] }, 'bad-key 0'],
    ['an unknown direction', { o: { address: 'h' }, a: { direction: 'up' }, m: [] }, 'bad-attribute 0'],
    ['an object as an attribute', { o: { address: 'h' }, a: { x: { y: 1 } }, m: [] }, 'bad-attribute 0'],
    ['a long text', { o: { address: 'h' }, i: 'x'.repeat(70_000), m: [] }, 'too-long 0'],
    ['many lines', { o: { address: 'h' }, e: Array.from({ length: 3000 }, () => 'x'), m: [] }, 'too-long 0'],
    ['many m-lines', { o: { address: 'h' }, m: Array.from({ length: 65 }, () => ({})) }, 'too-many-media 0'],
  ])('mediaswitch row 14: %s', (_, json, expected) => {
    expect(faultOf(json)).toBe(expected);
  });

  test('mediaswitch row 14: what is missing gets its usual value', () => {
    expect(textOf({ o: { address: '2001:db8::1' }, m: [] })).toBe(
      'v=0\r\no=- 0 0 IN IP6 2001:db8::1\r\ns=-\r\nt=0 0\r\n',
    );
  });
});

describe('mediaswitch row 16: hold', () => {
  const line = 'm=audio 4000 RTP/AVP 0';
  test.each([
    ['inactive', [line, 'a=inactive'], {}, true],
    ['sendonly', [line, 'a=sendonly'], {}, true],
    ['recvonly', [line, 'a=recvonly'], {}, false],
    ['nothing said', [line], {}, false],
    ['c=0.0.0.0 of the session', [line], { connection: 'IN IP4 0.0.0.0' }, true],
    ['c=0.0.0.0 of the m-line', [line, 'c=IN IP4 0.0.0.0'], {}, true],
    [
      'c=0.0.0.0 of the session, another of the m-line',
      [line, 'c=IN IP4 192.0.2.7'],
      { connection: 'IN IP4 0.0.0.0' },
      false,
    ],
    ['one of two m-lines inactive', [line, 'm=video 4002 RTP/AVP 96', 'a=inactive'], {}, true],
    ['a refused m-line inactive', [line, 'm=video 0 RTP/AVP 96', 'a=inactive'], {}, false],
    ['no m-line', [], { connection: 'IN IP4 0.0.0.0' }, false],
  ] as const)('mediaswitch row 16: %s', (_, lines, options, expected) => {
    expect(isHold(jsonOf(sdpText(lines, options)))).toBe(expected);
  });

  test('mediaswitch row 16: a direction of the session holds where the m-line has none', () => {
    const of = (lines: readonly string[]): boolean =>
      isHold(jsonOf(sdpText(lines).replace('t=0 0\r\n', 't=0 0\r\na=sendonly\r\n')));
    expect(of([line])).toBe(true);
    expect(of([line, 'a=sendrecv'])).toBe(false);
  });
});
