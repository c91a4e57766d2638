import { expect, test } from 'vitest';
import { createUasDialog } from '../../../sip/dialog/dialog.js';
import { nameAddr } from '../../../sip/header-values.js';
import { targetForUri } from '../../../sip/resolve/uri-target.js';
import type { Flow } from '../../../sip/transport/transport.js';
import { targetInDialog } from '../../../sip/ua/next-hop.js';
import { parseUri } from '../../../sip/uri.js';
import { sampleRequest } from '../../support/sample-request.js';

function uri(text: string) {
  const read = parseUri(text);
  if (!read.ok) throw new Error(text);
  return read.value;
}

function flow(kind: 'udp' | 'tcp', address: string, port: number, isOpen = true): Flow {
  const local = { address: '10.0.0.1', port: 5060 };
  return { kind, local, remote: { address, port }, connectionId: kind === 'udp' ? null : 'c1', isOpen };
}

function dialog(remoteTarget: string, ...routes: string[]) {
  const made = createUasDialog(sampleRequest('INVITE'), 'tag');
  return { ...made, remoteTarget: uri(remoteTarget), routeSet: routes.map((route) => nameAddr(uri(route))) };
}

const isPrivate = (address: string): boolean => address.startsWith('192.168.');
const auto = { nat: 'auto', isPrivate } as const;
const off = { nat: 'off', isPrivate } as const;

test('RFC 3263 §4.1 a URI with an IP literal names its transport and port', () => {
  expect(targetForUri(uri('sip:a@192.0.2.1'))).toEqual({
    kind: 'udp',
    address: '192.0.2.1',
    port: 5060,
    tcpAllowed: true,
  });
  expect(targetForUri(uri('sip:a@192.0.2.1:5070;transport=UDP'))).toEqual({
    kind: 'udp',
    address: '192.0.2.1',
    port: 5070,
  });
  expect(targetForUri(uri('sip:a@[2001:db8::1];transport=tcp'))).toEqual({
    kind: 'tcp',
    address: '2001:db8::1',
    port: 5060,
  });
  expect(targetForUri(uri('sips:a@192.0.2.1'))).toEqual({ kind: 'tls', address: '192.0.2.1', port: 5061 });
  for (const other of ['sip:a@example.com', 'tel:+4912', 'mailto:a@b', 'sip:a@192.0.2.1;transport=sctp']) {
    expect(targetForUri(uri(other))).toBeNull();
  }
});

test('RFC 3261 §12.2.1.1 a phone behind NAT is reached through the flow that its messages come from', () => {
  const from = flow('udp', '198.51.100.7', 31_000);
  expect(targetInDialog(dialog('sip:a@192.168.1.5:5060'), from, auto)).toMatchObject({ port: 31_000, flow: from });
  // A public address that is not where the messages come from.
  expect(targetInDialog(dialog('sip:a@203.0.113.9'), from, auto)).toMatchObject({ port: 31_000, flow: from });
  expect(targetInDialog(dialog('sip:a@203.0.113.9'), from, off)).toMatchObject({ address: '203.0.113.9', port: 5060 });
});

test('RFC 3261 §12.2.1.1 with a route set the first route is the way, NAT or not', () => {
  const from = flow('udp', '198.51.100.7', 31_000);
  const routed = dialog('sip:a@192.168.1.5', 'sip:203.0.113.4:5080;lr');
  expect(targetInDialog(routed, from, auto)).toEqual({
    kind: 'udp',
    address: '203.0.113.4',
    port: 5080,
  });
  // Nothing here looks names up; the neighbour that sent the request is the best guess.
  expect(targetInDialog(dialog('sip:a@192.168.1.5', 'sip:p.example.com;lr'), from, auto)).toMatchObject({ flow: from });
});

test('RFC 3261 §18.1.1 a connection that is gone is replaced, but never by a private address named from outside', () => {
  const outside = flow('tcp', '198.51.100.7', 31_000, false);
  expect(targetInDialog(dialog('sip:a@203.0.113.9;transport=tcp'), outside, auto)).toEqual({
    kind: 'tcp',
    address: '203.0.113.9',
    port: 5060,
  });
  expect(targetInDialog(dialog('sip:a@192.168.1.5;transport=tcp'), outside, auto)).toMatchObject({ flow: outside });
  const inside = flow('tcp', '192.168.1.5', 31_000, false);
  expect(targetInDialog(dialog('sip:a@192.168.1.5;transport=tcp'), inside, auto).flow).toBeUndefined();
  expect(targetInDialog(dialog('sip:a@x.invalid;transport=ws'), inside, auto)).toMatchObject({ flow: inside });
});

test('RFC 3261 §18.1.1 a dialog over UDP stays there however large its requests are, one over TCP may go where it likes', () => {
  const routed = dialog('sip:a@192.168.1.5', 'sip:203.0.113.4:5080;lr');
  const direct = dialog('sip:a@203.0.113.9');
  for (const one of [routed, direct]) {
    expect(targetInDialog(one, flow('udp', '198.51.100.7', 31_000), off)).not.toHaveProperty('tcpAllowed');
    expect(targetInDialog(one, flow('tcp', '198.51.100.7', 31_000), off)).toHaveProperty('tcpAllowed', true);
  }
});
