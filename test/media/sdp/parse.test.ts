import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type MediaDescription, maxSdpBytes, parseSdp } from '../../../media/sdp/parse.js';
import { sdpText } from '../../support/sdp-text.js';

function mediaOf(text: string): readonly MediaDescription[] {
  const read = parseSdp(text);
  if (!read.ok) throw new Error(read.fault);
  return read.value.media;
}

function faultOf(text: string): string {
  const read = parseSdp(text);
  return read.ok ? 'none' : read.fault;
}

describe('RFC 8866 reading a description', () => {
  test('RFC 8866 §5 the parts that RTP audio needs', () => {
    const [audio] = mediaOf(
      sdpText([
        'm=audio 49170 RTP/AVP 0 96 101',
        'a=rtpmap:0 PCMU/8000',
        'a=rtpmap:96 opus/48000/2',
        'a=rtpmap:101 telephone-event/8000',
        'a=fmtp:101 0-15',
        'a=rtcp:53020',
        'a=rtcp-mux',
        'a=ptime:30',
        'a=maxptime:60',
        'a=sendonly',
      ]),
    );
    expect(audio).toMatchObject({
      type: 'audio',
      port: 49170,
      protocol: 'RTP/AVP',
      formats: ['0', '96', '101'],
      connection: { family: 4, address: '192.0.2.1' },
      direction: 'sendonly',
      rtcpPort: 53020,
      rtcpMux: true,
      ptimeMs: 30,
      maxptimeMs: 60,
    });
    expect(audio?.rtpmaps.get(96)).toEqual({ encodingName: 'opus', clockRateHz: 48000, channels: 2 });
    expect(audio?.rtpmaps.get(101)).toEqual({ encodingName: 'telephone-event', clockRateHz: 8000, channels: 1 });
  });

  test('RFC 8866 §5.7 a c-line of the media goes before that of the session', () => {
    const media = mediaOf(
      sdpText(['m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/AVP 0', 'c=IN IP6 2001:db8::7', 'm=audio 4004 RTP/AVP 0']),
    );
    expect(media.map((line) => line.connection?.address)).toEqual(['192.0.2.1', '2001:db8::7', '192.0.2.1']);
    expect(media[1]?.connection?.family).toBe(6);
  });

  test('RFC 8866 §6.7 a direction or ptime of the session holds where the media has none', () => {
    const text = sdpText(['m=audio 4000 RTP/AVP 0', 'm=audio 4002 RTP/AVP 0', 'a=recvonly', 'a=ptime:40']);
    const media = mediaOf(text.replace('t=0 0\r\n', 't=0 0\r\na=inactive\r\na=ptime:10\r\n'));
    expect(media.map((line) => [line.direction, line.ptimeMs])).toEqual([
      ['inactive', 10],
      ['recvonly', 40],
    ]);
  });

  test('RFC 8866 §9 bare LF, bare CR and blanks at the end of a line are taken', () => {
    const text = sdpText(['m=audio 4000 RTP/AVP 8', 'a=sendonly  ']);
    for (const end of ['\n', '\r', '\r\n\r\n']) {
      expect(mediaOf(text.replaceAll('\r\n', end))[0]).toMatchObject({ port: 4000, direction: 'sendonly' });
    }
  });

  test('RFC 8866 §5.14 a number of ports, and of multicast a TTL, is read past', () => {
    const [audio] = mediaOf(sdpText(['m=audio 49170/2 RTP/AVP 0', 'c=IN IP4 233.252.0.1/127/3']));
    expect(audio).toMatchObject({ port: 49170, connection: { address: '233.252.0.1' } });
  });

  test('RFC 8866 §5.9 the first t-line is kept, one that is no pair of numbers is not', () => {
    const read = parseSdp(sdpText([]).replace('t=0 0', 't=2873397496 2873404696\r\nt=1 2'));
    expect(read.ok && read.value.timing).toBe('2873397496 2873404696');
    const odd = parseSdp(sdpText([]).replace('t=0 0', 't=now then'));
    expect(odd.ok && odd.value.timing).toBe('0 0');
  });

  test('RFC 8866 §5.2 a session id of 64 bits keeps its digits', () => {
    const read = parseSdp(sdpText([]).replace('2890844526 1', '18446744073709551615 18446744073709551614'));
    expect(read.ok && [read.value.sessionId, read.value.sessionVersion]).toEqual([
      '18446744073709551615',
      '18446744073709551614',
    ]);
  });

  test('an origin whose user name has blanks is taken', () => {
    const read = parseSdp(sdpText([], { user: 'Front desk 2' }));
    expect(read.ok && read.value.sessionId).toBe('2890844526');
  });

  test('attributes with values out of range or without meaning count as absent', () => {
    const [audio] = mediaOf(
      sdpText([
        'm=audio 4000 RTP/AVP 0 300 x',
        'a=rtpmap:300 PCMU/8000',
        'a=rtpmap:96',
        'a=rtpmap:97 PCMU/none',
        'a=rtpmap:98 PCMU',
        'a=ptime:0',
        'a=maxptime:-5',
        'a=rtcp:99999',
        'a=sendrecv:odd',
        'a=candidate:1 1 UDP 1 192.0.2.1 4000 typ host',
      ]),
    );
    expect(audio).toMatchObject({ ptimeMs: null, maxptimeMs: null, rtcpPort: null, direction: 'sendrecv' });
    expect(audio?.rtpmaps.size).toBe(0);
  });

  test.each([
    ['too-long', 'a'.repeat(maxSdpBytes + 1)],
    ['too-long', sdpText(Array.from({ length: 3000 }, () => 'a=x'))],
    ['no-version', ''],
    ['no-version', 'o=- 1 1 IN IP4 192.0.2.1\r\nv=0\r\n'],
    ['no-version', 'v=1\r\no=- 1 1 IN IP4 192.0.2.1\r\n'],
    ['bad-line', 'v=0\r\nINVITE sip:a@b SIP/2.0\r\n'],
    ['bad-origin', 'v=0\r\ns=-\r\n'],
    ['bad-origin', 'v=0\r\no=- one 1 IN IP4 192.0.2.1\r\n'],
    ['bad-connection', sdpText([], { connection: 'IN IP5 a' })],
    ['bad-connection', sdpText(['m=audio 1 RTP/AVP 0', 'c=ATM NSAP x'])],
    ['bad-media', sdpText(['m=audio'])],
    ['bad-media', sdpText(['m=audio 70000 RTP/AVP 0'])],
    ['bad-media', sdpText(['m=audio 4000 RTP/AVP'])],
    ['too-many-media', sdpText(Array.from({ length: 65 }, () => 'm=audio 4000 RTP/AVP 0'))],
  ])('%s', (fault, text) => {
    expect(faultOf(text)).toBe(fault);
  });

  test('no text makes the parser throw', () => {
    const words = fc.constantFrom('v=0', 'o=', 'm=audio', 'a=rtpmap:', 'a=rtcp:', ' ', '\r\n', '/', '-1', '__proto__');
    const pieces = fc.array(fc.oneof(words, fc.string(), fc.string({ unit: 'binary' })), { maxLength: 40 });
    fc.assert(
      fc.property(pieces, (parts) => {
        expect(typeof parseSdp(parts.join('')).ok).toBe('boolean');
      }),
    );
  });

  test('no change of one piece of a good description makes the parser throw', () => {
    const good = sdpText(['m=audio 49170 RTP/AVP 0 101', 'a=rtpmap:101 telephone-event/8000', 'a=ptime:20']);
    const edit = fc.record({
      at: fc.nat({ max: good.length }),
      cut: fc.nat({ max: 20 }),
      put: fc.string({ maxLength: 20 }),
    });
    fc.assert(
      fc.property(edit, ({ at, cut, put }) => {
        expect(typeof parseSdp(good.slice(0, at) + put + good.slice(at + cut)).ok).toBe('boolean');
      }),
    );
  });
});
