import { deepEqual, equal, ok } from 'node:assert/strict';
import { isHold, type SdpJson, sdpFromJson, sdpToJson } from '../../media/index.js';
import type { Check } from './run.js';

function text(...lines: readonly string[]): string {
  return `${lines.join('\r\n')}\r\n`;
}

const multicast = text(
  'v=0',
  'o=jdoe 2890844526 2890842807 IN IP4 198.51.100.5',
  's=A lecture',
  'c=IN IP4 233.252.0.17/127',
  't=2873397496 2873404696',
  'a=recvonly',
  'm=audio 49170 RTP/AVP 0',
  'm=video 51372 RTP/AVP 99',
  'a=rtpmap:99 h263-1998/90000',
);

const withIce = text(
  'v=0',
  'o=- 4611731400430051336 2 IN IP4 203.0.113.9',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'm=audio 54400 UDP/TLS/RTP/SAVPF 111 0',
  'c=IN IP4 203.0.113.9',
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=ice-ufrag:F7gI',
  'a=ice-pwd:x9cml/YzichV2+XlhiMu8g',
  'a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24',
  'a=candidate:1 1 UDP 2130706431 192.0.2.7 54400 typ host',
  'a=candidate:2 1 UDP 1694498815 203.0.113.9 54400 typ srflx raddr 192.0.2.7 rport 54400',
  'a=mid:0',
  'm=video 54402 UDP/TLS/RTP/SAVPF 96',
  'c=IN IP4 203.0.113.9',
  'a=rtpmap:96 VP8/90000',
  'a=mid:1',
);

const ipv6 = text(
  'v=0',
  'o=alice 1 1 IN IP6 2001:db8::1',
  's=-',
  'c=IN IP6 2001:db8::1',
  't=0 0',
  'm=audio 4000 RTP/AVP 8 101',
  'a=rtpmap:8 PCMA/8000',
  'a=rtpmap:101 telephone-event/8000',
  'a=fmtp:101 0-16',
  'a=ptime:20',
  'a=sendonly',
);

const payloads = [0, 8, 9, 18, 4, 2, 3, 97, 98, 99, 100, 102, 103, 104, 101];
const phone = text(
  'v=0',
  'o=- 8000 8000 IN IP4 192.0.2.33',
  's=call',
  'c=IN IP4 192.0.2.33',
  't=0 0',
  `m=audio 16384 RTP/AVP ${payloads.join(' ')}`,
  ...payloads.map((payload) => `a=rtpmap:${payload} X-${payload}/8000`),
);

function jsonOf(body: string): SdpJson {
  const read = sdpToJson(body);
  ok(read.ok, 'it could not be read');
  return read.value;
}

/** Reads it, writes it, reads that: the same every time. */
function survives(body: string): SdpJson {
  const json = jsonOf(body);
  const written = sdpFromJson(json);
  ok(written.ok, 'it could not be written');
  deepEqual(jsonOf(written.value), json);
  deepEqual(written.value.split('\r\n').sort(), body.split('\r\n').sort());
  return json;
}

/** Contract 1.6. */
export const sdpChecks: readonly Check[] = [
  {
    name: 'SDP and JSON: IPv4 multicast',
    run: () => {
      const { c, t, a, m } = survives(multicast);
      deepEqual(c, [{ nettype: 'IN', ipver: 4, address: '233.252.0.17/127' }]);
      deepEqual(t, { start: 2873397496, stop: 2873404696 });
      equal(a?.direction, 'recvonly');
      deepEqual(m[1]?.rtpmap, { '99': { encoding: 'h263-1998', clock: 90000 } });
    },
  },
  {
    name: 'SDP and JSON: audio and video with ICE',
    run: () => {
      const { o, c, m } = survives(withIce);
      equal(o.sessionid, '4611731400430051336');
      equal(c.length, 2);
      equal(m[0]?.fingerprint, 'sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24');
      ok(Array.isArray(m[0]?.candidate) && m[0].candidate.length === 2, 'a candidate is missing');
      equal(m[1]?.mid, '1');
    },
  },
  {
    name: 'SDP and JSON: IPv6, and a call on hold',
    run: () => {
      const json = survives(ipv6);
      deepEqual([json.o.ipver, json.c[0]?.address, json.m[0]?.ptime], [6, '2001:db8::1', 20]);
      equal(isHold(json), true);
    },
  },
  {
    name: 'SDP and JSON: a phone that offers 15 payloads',
    run: () => {
      const json = survives(phone);
      deepEqual(json.m[0]?.payloads, payloads);
      equal(Object.keys(json.m[0]?.rtpmap ?? {}).length, 15);
      equal(isHold(json), false);
    },
  },
  {
    name: 'SDP from JSON: a clock rate that is a string, and a value with a line end',
    run: () => {
      const o = {
        username: '-',
        sessionid: 1,
        sessionversion: 1,
        nettype: 'IN',
        ipver: 4,
        address: '192.0.2.1',
      } as const;
      const media = { media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [0] };
      const written = sdpFromJson({ o, m: [{ ...media, rtpmap: { '0': { encoding: 'PCMU', clock: '8000' } } }] });
      ok(written.ok && written.value.includes('a=rtpmap:0 PCMU/8000\r\n'), 'the clock rate is missing');
      equal(sdpFromJson({ o, s: 'x\r\na=evil', m: [] }).ok, false);
    },
  },
];
