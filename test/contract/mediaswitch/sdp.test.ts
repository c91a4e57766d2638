import { describe, expect, test } from 'vitest';
import { type GivenSdpJsonBody, givenSdpJson, type SdpJsonBody, sdpJson } from '../../../contract/mediaswitch/sdp.js';
import { type GivenSdpJson, type SdpJson, sdpToJson } from '../../../media/index.js';
import { sdpText } from '../../support/sdp-text.js';

describe('mediaswitch row 14: the schema of a description', () => {
  test('mediaswitch row 14: it takes what sdpToJson makes, unchanged, and its types are those of media/', () => {
    const read = sdpToJson(
      sdpText([
        'm=audio 4000 RTP/AVP 0 101',
        'c=IN IP6 2001:db8::1',
        'a=rtpmap:0 PCMU/8000',
        'a=fmtp:101 0-16',
        'a=x:1',
        'a=x:2',
      ]),
    );
    if (!read.ok) throw new Error(read.fault);
    const body: SdpJsonBody = sdpJson.parse(read.value);
    expect(body).toEqual(read.value);
    const asModel: SdpJson = body;
    expect(asModel).toBe(body);
  });

  test('mediaswitch row 14: a command may leave out what has a usual value, and give a clock rate as a string', () => {
    const media = { media: 'audio', port: 4000, proto: 'RTP/AVP', payloads: [0] };
    const given = {
      o: { username: '-', sessionid: 1, sessionversion: 1, nettype: 'IN', ipver: 4, address: '192.0.2.1' },
      m: [{ ...media, rtpmap: { '0': { encoding: 'PCMU', clock: '8000' } } }],
    };
    const body: GivenSdpJsonBody = givenSdpJson.parse(given);
    const asModel: GivenSdpJson = body;
    expect(asModel).toEqual(given);
    expect(sdpJson.safeParse(given).success).toBe(false);
  });
});
