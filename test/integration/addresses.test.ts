import { networkInterfaces } from 'node:os';
import { afterAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { RealAgent } from '../support/real-agent.js';

const kinds = ['udp', 'tcp'] as const;
const hasIpv6 = Object.values(networkInterfaces()).some((all) => all?.some(({ address }) => address === '::1'));
const agents: RealAgent[] = [];

afterAll(() => Promise.all(agents.map(({ ua }) => ua.close())));

async function agent(name: string, addresses: readonly string[]): Promise<RealAgent> {
  const listens = addresses.flatMap((address) => kinds.map((kind) => ({ kind, address, port: 0 })));
  const started = await RealAgent.start(name, { listens });
  agents.push(started);
  return started;
}

const addresses = ['127.0.0.1', '127.0.0.2', ...(hasIpv6 ? ['::1'] : [])];

describe('RFC 3261 §18.1.1, §8.1.1.8 an agent on several addresses writes the one that the request leaves from', () => {
  test.skipIf(!hasIpv6)('::1 is there', () => expect(addresses).toContain('::1'));

  test.each(addresses.flatMap((address) => kinds.map((kind) => [address, kind] as const)))(
    'a call to %s by %s, ended by either side',
    async (address, kind) => {
      const [alice, bob] = [await agent('alice', addresses), await agent('bob', [address])];
      const host = address.includes(':') ? `[${address}]` : address;
      const { port } = alice.transport.listening.find((one) => one.kind === kind && one.address === address)!;
      for (const ender of [alice, bob]) {
        bob.heard.length = 0;
        const session = alice.call({ ...bob.at(kind), localAddress: address });
        const theirs = await eventually('confirmed', () => bob.heard.includes('confirmed') && bob.sessions.at(-1));
        const [via] = theirs.invite.via;
        expect([via?.protocol, via?.host, via?.port]).toEqual([kind.toUpperCase(), address, port]);
        const params = kind === 'udp' ? '' : `;transport=${kind}`;
        expect(theirs.invite.headers.get('Contact')).toBe(`<sip:alice@${host}:${port}${params}>`);
        expect(theirs.flow.local.address).toBe(address);
        (ender === alice ? session : theirs).end();
        await eventually('over', () => bob.heard.some((word) => word.startsWith('ended')));
        expect(bob.heard).toEqual(['confirmed', ender === alice ? 'ended remote bye' : 'ended local bye']);
      }
    },
  );
});
