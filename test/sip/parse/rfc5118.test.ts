import { expect, test } from 'vitest';
import { parseSdp } from '../../../media/sdp/parse.js';
import { contacts } from '../../../sip/headers.js';
import { parseMessage } from '../../../sip/parse/message.js';
import { StreamFramer } from '../../../sip/parse/stream.js';
import { serializeMessage } from '../../../sip/serialize.js';
import type { SipUri } from '../../../sip/uri.js';
import { ipv6TortureMessages } from '../../fixtures/rfc5118/messages.js';
import { request } from '../../support/sip-messages.js';

const bytesOf = (name: string): Buffer => ipv6TortureMessages.find((message) => message.name === name)!.bytes;
const requestOf = (name: string) => request(bytesOf(name));
const uriOf = (name: string): SipUri => requestOf(name).uri as SipUri;

test.each(ipv6TortureMessages)('RFC 5118 §$section $name: $title', ({ bytes, fault }) => {
  const result = parseMessage(bytes);
  if (!result.ok) {
    expect(result.fault).toBe(fault);
    return;
  }
  expect(fault).toBeNull();
  expect(parseMessage(serializeMessage(result.value))).toEqual(result);
  const framer = new StreamFramer();
  const events = [...bytes].flatMap((byte) => framer.push(Buffer.of(byte)));
  expect(events).toEqual([{ type: 'message', message: result.value }]);
});

test('RFC 5118 §4.1 ipv6-good: references in Request-URI, Via and Contact', () => {
  const register = requestOf('ipv6-good');
  expect(uriOf('ipv6-good')).toMatchObject({ host: '2001:db8::10', port: undefined });
  expect(register.via[0]).toMatchObject({ host: '2001:db8::9:1', port: undefined });
  const read = contacts(register);
  expect(read.ok && (read.value.values[0]!.uri as SipUri).host).toBe('2001:db8::1');
});

test('RFC 5118 §4.3 port-ambiguous is an address without a port, §4.4 port-unambiguous has one', () => {
  expect(uriOf('port-ambiguous')).toMatchObject({ host: '2001:db8::10:5070', port: undefined });
  expect(uriOf('port-unambiguous')).toMatchObject({ host: '2001:db8::10', port: 5070 });
});

test('RFC 5118 §4.5 received with and without brackets', () => {
  expect(requestOf('via-received-param-with-delim').via[0]?.params.get('received')).toBe('[2001:db8::9:255]');
  expect(requestOf('via-received-param-no-delim').via[0]?.params.get('received')).toBe('2001:db8::9:255');
});

test('RFC 5118 §4.6 ipv6-in-sdp, §4.8 mult-ip-in-sdp, §4.9 ipv4-mapped-ipv6: the bodies are descriptions', () => {
  const connections = ['ipv6-in-sdp', 'mult-ip-in-sdp', 'ipv4-mapped-ipv6'].map((name) => {
    const read = parseSdp(requestOf(name).body.toString());
    return read.ok ? read.value.media.map(({ connection }) => `${connection?.family} ${connection?.address}`) : read;
  });
  expect(connections).toEqual([
    ['6 2001:db8::20', '6 2001:db8::20'],
    ['4 192.0.2.1', '6 2001:db8::1'],
    ['6 ::ffff:192.0.2.2', '6 ::ffff:192.0.2.2'],
  ]);
});

test('RFC 5118 §4.7 mult-ip-in-header: Vias of both families keep their order', () => {
  expect(requestOf('mult-ip-in-header').via.map(({ protocol, host, port }) => [protocol, host, port])).toEqual([
    ['UDP', '2001:db8::9:1', 6050],
    ['UDP', '192.0.2.1', undefined],
    ['TCP', '2001:db8::9:255', undefined],
  ]);
});

test('RFC 5118 §4.9 ipv4-mapped-ipv6: mapped addresses in Via and Contact', () => {
  const invite = requestOf('ipv4-mapped-ipv6');
  expect(invite.via[0]).toMatchObject({ host: '::ffff:192.0.2.10', port: 19823 });
  const read = contacts(invite);
  expect(read.ok && (read.value.values[0]!.uri as SipUri).host).toBe('::ffff:192.0.2.2');
});

test('RFC 5118 §4.10 the third colon of the old grammar is tolerated', () => {
  expect(uriOf('ipv6-bug-abnf-3-colons').host).toBe('2001:db8:::192.0.2.1');
  expect(uriOf('ipv6-correct-abnf-2-colons').host).toBe('2001:db8::192.0.2.1');
});
