import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type GivenSdpJson, isHold, sdpFromJson, sdpToJson } from '../../../media/index.js';
import { parseSdp } from '../../../media/sdp/parse.js';
import { nastyText, readValue } from '../../support/nasty-text.js';
import { linesOf, sdpText } from '../../support/sdp-text.js';

const number = fc.integer({ min: 0, max: 127 });
const attribute = fc.oneof(
  fc.tuple(number, fc.constantFrom('PCMU/8000', 'opus/48000/2', 'iLBC/8000')).map(([pt, map]) => `rtpmap:${pt} ${map}`),
  fc.tuple(number, fc.constantFrom('mode=20', '0-16', 'x; y=1')).map(([pt, value]) => `fmtp:${pt} ${value}`),
  fc.constantFrom('sendrecv', 'sendonly', 'recvonly', 'inactive', 'ptime:20', 'ptime:30', 'maxptime:60', 'ptime:x'),
  fc.constantFrom(
    'rtcp-mux',
    'rtcp:9000',
    'mid:0',
    'setup:actpass',
    'fingerprint:sha-256 AB:CD:EF',
    'port:9',
    '__proto__:1',
  ),
  fc.constantFrom(
    'crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
    'crypto:2 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz',
    'ice-ufrag:8hhY',
    'ice-pwd:asd88fgpdd777uzjYhagZg',
    'candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host',
  ),
);
const connection = fc.constantFrom(
  'IN IP4 192.0.2.7',
  'IN IP4 0.0.0.0',
  'IN IP6 2001:db8::7',
  'IN IP4 233.252.0.1/127',
);
const section = fc
  .record({
    m: fc.constantFrom(
      'audio 4000 RTP/AVP 0 8 96',
      'video 0 RTP/SAVP 97',
      'application 9 UDP/DTLS/SCTP webrtc-datachannel',
    ),
    extra: fc.subarray(['i=title', 'b=AS:64', 'b=TIAS:9', 'k=prompt']),
    c: fc.array(connection, { maxLength: 1 }),
    attributes: fc.array(attribute, { maxLength: 12 }),
  })
  .map(({ m, extra, c, attributes }) => [
    `m=${m}`,
    ...extra.filter((line) => line.startsWith('i')),
    ...c.map((value) => `c=${value}`),
    ...extra.filter((line) => !line.startsWith('i')),
    ...attributes.map((value) => `a=${value}`),
  ]);
const texts = fc
  .record({
    sections: fc.array(section, { maxLength: 4 }),
    attributes: fc.array(attribute, { maxLength: 4 }),
    connection: fc.option(connection, { nil: null }),
    user: fc.constantFrom('alice', '-', 'two words'),
    version: fc.nat(),
  })
  .map(({ sections, attributes, ...options }) =>
    sdpText([...attributes.map((value) => `a=${value}`), ...sections.flat()], options),
  );

/** Any JSON at all, more often one that looks like a description. */
const nasty = fc.oneof(
  nastyText,
  fc.integer(),
  fc.double(),
  fc.constantFrom(null, true, '', 'audio', '8000'),
  fc.jsonValue(),
);
const nastyMedia = fc.dictionary(
  fc.oneof(
    fc.constantFrom(
      'media',
      'port',
      'proto',
      'payloads',
      'rtpmap',
      'fmtp',
      'ptime',
      'c',
      'b',
      'k',
      'others',
      'direction',
    ),
    nastyText,
  ),
  nasty,
  { maxKeys: 6 },
);
const plainMedia = { media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [0] };
const nastyJson = fc
  .record(
    {
      v: nasty,
      o: fc.record({ username: nasty, sessionid: nasty, nettype: nasty, address: nasty }, { requiredKeys: [] }),
      s: nasty,
      i: nasty,
      e: fc.array(nastyText, { maxLength: 2 }),
      c: fc.array(fc.record({ address: nasty }), { maxLength: 2 }),
      k: fc.record({ method: nasty, key: nasty }),
      a: nastyMedia,
      m: fc.array(
        fc.oneof(
          nastyMedia,
          nastyMedia.map((media) => ({ ...media, ...plainMedia })),
          fc.dictionary(nastyText, nastyText).map((media) => ({ ...media, ...plainMedia })),
        ),
        { maxLength: 3 },
      ),
    },
    { requiredKeys: ['m'] },
  )
  .chain((json) =>
    fc.constantFrom(json, { ...json, o: { address: '192.0.2.1' } }, { m: json.m, o: { address: '192.0.2.1' } }),
  );

describe('mediaswitch row 14: between text and JSON nothing is lost', () => {
  test('mediaswitch row 14: text to JSON to text means the same to our parser', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const json = readValue(sdpToJson(text))!;
        const back = readValue(sdpFromJson(json))!;
        // The order of attributes of several kinds has no meaning; the parser keeps that of each kind.
        expect(readValue(parseSdp(back))).toEqual(readValue(parseSdp(text)));
        for (const type of ['o', 'c', 'b', 'i', 'k', 'm', 't'])
          expect(linesOf(back, type)).toEqual(linesOf(text, type));
        expect(readValue(sdpToJson(back))).toEqual(json);
      }),
    );
  });

  test('mediaswitch row 14: every text that one of the two readers understands, the other does as well', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          texts,
          nastyText.map((value) => sdpText([value])),
        ),
        (text) => {
          if (parseSdp(text).ok) expect(sdpToJson(text.replaceAll('\0', '')).ok).toBe(true);
        },
      ),
    );
  });

  test('mediaswitch row 14: no JSON makes the writer throw, and none puts in a line of its own', () => {
    let written = 0;
    fc.assert(
      fc.property(nastyJson, (given) => {
        const text = readValue(sdpFromJson(given as unknown as GivenSdpJson));
        if (text === undefined) return;
        written += 1;
        const lines = text.split('\r\n');
        expect(lines.pop()).toBe('');
        for (const line of lines) expect(line).toMatch(/^[vosiuepcbtrkam]=[^\r\n\0]*$/);
        expect(linesOf(text, 'm')).toHaveLength(given.m.length);
        const json = readValue(sdpToJson(text));
        expect(json).toBeDefined();
        const again = readValue(sdpFromJson(json!))!;
        expect(readValue(sdpToJson(again))).toEqual(json);
        isHold(json!);
      }),
      { numRuns: 2000 },
    );
    expect(written).toBeGreaterThan(100);
  });
});
