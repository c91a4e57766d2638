import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createRealClock } from '../../base/clock.js';
import { silentLogger } from '../../base/log.js';
import { createRealNetwork } from '../../base/network.js';
import { createRealRandom } from '../../base/random.js';
import {
  createLocator,
  createResolver,
  nameAddr,
  parseUri,
  type Resolver,
  type SessionEnd,
  type SipUri,
  type Target,
  TransportLayer,
  UserAgent,
} from '../../sip/index.js';
import { Dnsmasq } from '../support/dnsmasq.js';

const HOST = '127.0.0.1';
const clock = createRealClock();
const random = createRealRandom();
const network = createRealNetwork();
const log = silentLogger;

let dns: Dnsmasq;
let resolver: Resolver;
const open: { close(): Promise<void> }[] = [];

/** A port that nobody listens on, and one of a server that answers every INVITE with 486. */
let deadPort: number;
let livePort: number;
let invited = 0;

function uri(text: string): SipUri {
  const read = parseUri(text);
  if (!read.ok || (read.value.scheme !== 'sip' && read.value.scheme !== 'sips')) throw new Error(text);
  return read.value;
}

async function agent(options: { readonly resolver?: Resolver } = {}) {
  const listens = (['udp', 'tcp'] as const).map((kind) => ({ kind, address: HOST, port: 0 }));
  const transport = new TransportLayer({ clock, random, network, log, isLocalNet: () => true, listens });
  const locator =
    options.resolver === undefined
      ? undefined
      : createLocator({ clock, random, resolver: options.resolver, transport });
  const userAgent = new UserAgent({
    ...{ clock, random, log, transport, locator, userAgent: 'test', nat: 'auto' },
    isPrivate: () => true,
    failover: { inviteSilenceMs: 1500, silenceMs: 1500 },
  });
  await userAgent.start();
  open.push(userAgent);
  return { userAgent, transport, locator };
}

beforeAll(async () => {
  const live = await agent();
  live.userAgent.onInvite((session) => {
    invited += 1;
    session.reject(486);
    return { onEnded: () => undefined };
  });
  livePort = live.transport.listening.find(({ kind }) => kind === 'udp')!.port;
  const probe = await network.bindUdp(
    { address: HOST, port: 0 },
    { onMessage: () => undefined, onError: () => undefined },
  );
  deadPort = probe.local.port;
  const many = Array.from(
    { length: 60 },
    (_, index) => `--srv-host=_sip._udp.many.test,many.test,${6000 + index},${index}`,
  );
  dns = await Dnsmasq.start([
    '--host-record=a.test,192.0.2.1,2001:db8::1,60',
    '--host-record=b.test,192.0.2.2',
    '--host-record=here.test,127.0.0.1',
    '--host-record=many.test,192.0.2.9',
    '--cname=alias.test,a.test',
    '--naptr-record=sip.test,10,20,S,SIP+D2T,,_sip._tcp.sip.test',
    '--naptr-record=sip.test,20,10,S,SIP+D2U,,_sip._udp.sip.test',
    '--srv-host=_sip._tcp.sip.test,b.test,5062,20,0',
    '--srv-host=_sip._tcp.sip.test,a.test,5061,10,0',
    `--srv-host=_sip._udp.trunk.test,here.test,${deadPort},10,0`,
    `--srv-host=_sip._udp.trunk.test,here.test,${livePort},20,0`,
    ...many,
  ]);
  // The dead one keeps its port, and never answers.
  open.push(probe);
  resolver = createResolver({ clock, random, network, log, servers: [dns.address], hostsFile: null });
});

afterEach(() => {
  invited = 0;
});

afterAll(async () => {
  resolver?.close();
  await Promise.all(open.map((each) => each.close()));
  await dns?.stop();
});

describe('against dnsmasq', () => {
  test('RFC 1035 §4.2.1 addresses of both families, an alias, a name that does not exist', async () => {
    expect(await resolver.addresses('a.test', [4, 6])).toEqual(['192.0.2.1', '2001:db8::1']);
    expect(await resolver.query('alias.test', 'A')).toEqual(['192.0.2.1']);
    expect(await resolver.addresses('nobody.test', [4, 6])).toEqual([]);
    expect(resolver.counters).toMatchObject({ foreign: 0, malformed: 0, timeouts: 0 });
  });

  test('RFC 3263 §4.1 NAPTR, SRV and addresses lead to the servers of a domain', async () => {
    const { locator } = await agent({ resolver });
    const found = await locator!.locate(uri('sip:user@sip.test'));
    expect(found.map(({ kind, address, port }) => `${kind} ${address}:${port}`)).toEqual([
      'tcp 192.0.2.1:5061',
      'tcp 192.0.2.2:5062',
    ]);
    expect(found.every(({ serverName }) => serverName === 'sip.test')).toBe(true);
  });

  test('RFC 7766 §5 an answer that is too large for a datagram comes over TCP', async () => {
    const before = resolver.counters.sentByTcp;
    const records = await resolver.query('_sip._udp.many.test', 'SRV');
    expect(records).toHaveLength(60);
    expect(resolver.counters.sentByTcp).toBe(before + 1);
  });

  test('RFC 3263 §4.3 a call goes on to the second server of a domain whose first is dead', async () => {
    const { userAgent } = await agent({ resolver });
    const to = uri('sip:bob@trunk.test');
    const end = await new Promise<SessionEnd>((resolve) => {
      userAgent.invite(
        {
          branches: [{ requestUri: to }],
          from: nameAddr(uri('sip:alice@here.test')),
          to: nameAddr(to),
          contactUser: 'alice',
          body: Buffer.from('v=0'),
        },
        { onEnded: resolve },
      );
    });
    expect(end).toMatchObject({ cause: 'rejected', statusCode: 486 });
    expect(invited).toBe(1);
    expect(userAgent.failoverCounters).toMatchObject({ failovers: 1, failed: 1 });
    const servers = await userAgent.locate(to);
    expect(servers.map(({ port }: Target) => port)).toEqual([livePort, deadPort]);
  });
});
