import { describe, expect, test } from 'vitest';
import { serializeVia } from '../../../sip/header-values.js';
import { defaultPort, noteSource, responsePort, viaFor } from '../../../sip/transport/via.js';
import { sampleRequest } from '../../support/sample-request.js';

const source = { address: '192.0.2.7', port: 40_000 };

describe('what a server notes in the top Via', () => {
  test('RFC 3581 §4 rport asked for is filled, and received added even when sent-by is the source', () => {
    const request = sampleRequest('OPTIONS', { sentBy: { host: '192.0.2.7', port: 5060 } });
    noteSource(request, source);
    expect(serializeVia(request.via[0]!)).toBe(
      'SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKsample;rport=40000;received=192.0.2.7',
    );
  });

  test('RFC 3261 §18.2.1 received is added when sent-by names another host', () => {
    const request = sampleRequest('OPTIONS', { sentBy: { host: 'phone.example.com' }, rport: false });
    noteSource(request, source);
    expect(serializeVia(request.via[0]!)).toBe('SIP/2.0/UDP phone.example.com;branch=z9hG4bKsample;received=192.0.2.7');
  });

  test('RFC 3261 §18.2.1 nothing is added when sent-by is the source; what the peer claimed goes', () => {
    const request = sampleRequest('OPTIONS', { sentBy: { host: '192.0.2.7' }, rport: false });
    request.via[0]!.params.set('received', '198.51.100.1');
    noteSource(request, source);
    expect(serializeVia(request.via[0]!)).toBe('SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKsample');
  });

  test('a port that the peer claimed in rport is overwritten', () => {
    const request = sampleRequest('OPTIONS', { sentBy: { host: '192.0.2.7' } });
    request.via[0]!.params.set('rport', '9');
    noteSource(request, source);
    expect(request.via[0]!.params.get('rport')).toBe('40000');
  });
});

test.each([
  [
    'RFC 3581 §4 to the source port when rport was asked for',
    { sentBy: { host: 'a', port: 5070 }, rport: true },
    40_000,
  ],
  ['RFC 3261 §18.2.2 to the sent-by port otherwise', { sentBy: { host: 'a', port: 5070 }, rport: false }, 5070],
  ['RFC 3261 §18.2.2 to 5060 when sent-by has none', { sentBy: { host: 'a' }, rport: false }, 5060],
])('a UDP response goes %s', (_what, options, port) => {
  expect(responsePort(sampleRequest('OPTIONS', options).via[0], source)).toBe(port);
});

test('RFC 3261 §18.1.1 our Via keeps its parameters and names transport and sent-by of the flow', () => {
  const [top] = sampleRequest('OPTIONS', { sentBy: { host: 'nowhere' }, rport: false }).via;
  const via = viaFor(top!, { kind: 'tcp' }, { host: '2001:db8::1', port: 5060 });
  expect(serializeVia(via)).toBe('SIP/2.0/TCP [2001:db8::1]:5060;branch=z9hG4bKsample;rport');
});

test('RFC 3261 §19.1.2 RFC 7118 §5.3 default ports', () => {
  expect((['udp', 'tcp', 'tls', 'ws', 'wss'] as const).map(defaultPort)).toEqual([5060, 5060, 5061, 80, 443]);
});
