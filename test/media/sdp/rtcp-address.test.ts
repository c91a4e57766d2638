import { expect, test } from 'vitest';
import { answered, phone } from '../../support/offer-answer-bench.js';
import { sdpText } from '../../support/sdp-text.js';

test.each([
  ['another address', 'a=rtcp:53020 IN IP4 192.0.2.9', '192.0.2.9'],
  ['that of the c-line', 'a=rtcp:53020 IN IP4 192.0.2.1', undefined],
  ['another family', 'a=rtcp:53020 IN IP6 2001:db8::1', undefined],
  ['a name', 'a=rtcp:53020 IN IP4 rtcp.example.com', undefined],
  ['the null address', 'a=rtcp:53020 IN IP4 0.0.0.0', undefined],
  ['a multicast address', 'a=rtcp:53020 IN IP4 224.2.1.1', undefined],
  ['a private address that a gateway forgot', 'a=rtcp:53020 IN IP4 192.168.1.5', undefined],
])('RFC 3605 §2.1 the address of a=rtcp: %s', (_name, attribute, address) => {
  const { remote } = answered(sdpText([...phone, attribute]).replace(/c=.*/, 'c=IN IP4 192.0.2.1')).media;
  expect(remote?.rtcpPort).toBe(53020);
  expect(remote?.rtcpAddress).toBe(address);
});

test('RFC 5761 §5.1.1 with rtcp-mux nothing but the RTP address counts', () => {
  const { remote } = answered(sdpText([...phone, 'a=rtcp-mux', 'a=rtcp:53020 IN IP4 192.0.2.9'])).media;
  expect(remote).toEqual({ address: '192.0.2.1', rtpPort: 4000, rtcpPort: 4000 });
});
