import { describe, expect, test } from 'vitest';
import { silentLogger } from '../../../base/log.js';
import type { Network } from '../../../base/network.js';
import { serializeVia } from '../../../sip/header-values.js';
import type { SipRequest } from '../../../sip/message.js';
import { type Listen, TransportLayer } from '../../../sip/transport/layer.js';
import { tlsTransport } from '../../../sip/transport/tls.js';
import { TlsCertificates } from '../../../sip/transport/tls-certificates.js';
import { defaultPort } from '../../../sip/transport/via.js';
import { ownContact } from '../../../sip/ua/own-contact.js';
import { ManualClock } from '../../support/manual-clock.js';
import { sampleRequest } from '../../support/sample-request.js';
import { createSeededRandom } from '../../support/seeded-random.js';
import { VirtualNetwork } from '../../support/virtual-network.js';
import { virtualCertificate } from '../../support/virtual-tls.js';

const OURS: [string, ...string[]] = ['10.0.0.2', '192.168.1.2', '2001:db8::2'];
const kinds = ['udp', 'tcp', 'tls'] as const;

/** A host with two IPv4 addresses and one of IPv6, on an interface each, and a peer that listens at `peer`. */
async function hosts(peer: string, listens: readonly Listen[], publicIp?: string) {
  const clock = new ManualClock();
  const random = createSeededRandom();
  const network = new VirtualNetwork({ clock, random });
  const subjectAltName = [peer, ...OURS].map((address) => `IP Address:${address}`).join(', ');
  const certificates = new TlsCertificates([virtualCertificate({ subjectAltName })]);
  const layer = (host: Network, at: readonly Listen[]) =>
    new TransportLayer({
      clock,
      random,
      network: host,
      log: silentLogger,
      isLocalNet: (address) => !address.startsWith('203.'),
      publicIp,
      listens: at,
      transports: [tlsTransport({ certificates, ca: ['root'] })],
    });
  const heard: SipRequest[] = [];
  const ours = layer(network.host(...OURS), listens);
  const theirs = layer(
    network.host(peer),
    kinds.map((kind) => ({ kind, address: peer, port: defaultPort(kind) })),
  );
  await ours.start({ onRequest: () => undefined, onResponse: () => undefined });
  await theirs.start({ onRequest: (request) => heard.push(request), onResponse: () => undefined });
  return { clock, ours, heard };
}

const everywhere = kinds.flatMap((kind) =>
  ['0.0.0.0', '::'].map((address): Listen => ({ kind, address, port: defaultPort(kind) })),
);

describe('RFC 3261 §18.1.1 §8.1.1.8 Via and Contact name the address that leads to the peer', () => {
  test.each(
    kinds.flatMap((kind) => [
      [kind, '10.0.0.1', '10.0.0.2', '10.0.0.2'] as const,
      [kind, '192.168.1.9', '192.168.1.2', '192.168.1.2'] as const,
      [kind, '2001:db8::9', '[2001:db8::2]', '[2001:db8::2]'] as const,
      [kind, '203.0.113.9', '198.51.100.1', '198.51.100.1'] as const,
    ]),
  )('%s to %s is from %s', async (kind, peer, via, contact) => {
    const { clock, ours, heard } = await hosts(peer, everywhere, '198.51.100.1');
    const port = defaultPort(kind);
    const target = { kind, address: peer, port };
    const before = ownContact(ours, 'a', target, false);
    ours.sendRequest(sampleRequest('OPTIONS', { sentBy: { host: '' } }), target, {
      onSent: () => undefined,
      onError: (error) => expect.unreachable(error.message),
    });
    await clock.advance(20);
    expect(serializeVia(heard[0]!.via[0]!)).toContain(` ${via}:${port};`);
    expect(before).toContain(`sip:a@${contact}:${port}`);
    const flow = ours.findFlow(target)!;
    expect(ownContact(ours, 'a', flow, false)).toBe(before);
  });
});

test('an interface is listened on by its name, for every kind', async () => {
  const { ours } = await hosts(
    '10.0.0.1',
    kinds.map((kind) => ({ kind, address: 'veth1', port: defaultPort(kind) })),
  );
  expect(ours.listening).toEqual([
    { kind: 'udp', address: '192.168.1.2', port: 5060 },
    { kind: 'tcp', address: '192.168.1.2', port: 5060 },
    { kind: 'tls', address: '192.168.1.2', port: 5061 },
  ]);
});
