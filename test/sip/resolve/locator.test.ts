import { describe, expect, test } from 'vitest';
import { createLocator } from '../../../sip/resolve/locator.js';
import { chooseNaptr } from '../../../sip/resolve/naptr.js';
import { ResolverBench } from '../../support/resolver-bench.js';

/** The zone of RFC 3263 §4.1. */
async function exampleZone(): Promise<ResolverBench> {
  const bench = await ResolverBench.open();
  bench.dns
    .naptr('example.com', 50, 50, 's', 'SIPS+D2T', '_sips._tcp.example.com')
    .naptr('example.com', 90, 50, 's', 'SIP+D2T', '_sip._tcp.example.com')
    .naptr('example.com', 100, 50, 's', 'SIP+D2U', '_sip._udp.example.com')
    .srv('_sip._tcp.example.com', 'server1.example.com', 5060, 0, 1)
    .srv('_sip._tcp.example.com', 'server2.example.com', 5060, 1, 2)
    .srv('_sips._tcp.example.com', 'server1.example.com', 5061)
    .srv('_sip._udp.example.com', 'server3.example.com', 5080)
    .a('server1.example.com', '192.0.2.1')
    .a('server2.example.com', '192.0.2.2')
    .a('server3.example.com', '192.0.2.3');
  return bench;
}

describe('RFC 3263 §4.1 the transport', () => {
  test('RFC 3263 §4.1 NAPTR: of what the domain offers the first that we speak, then its SRV records in order', async () => {
    const bench = await exampleZone();
    expect(await bench.locate('sip:user@example.com')).toEqual(['tcp 192.0.2.1:5060', 'tcp 192.0.2.2:5060']);
    expect(bench.dns.questions().slice(0, 2)).toEqual(['NAPTR example.com', 'SRV _sip._tcp.example.com']);
    expect(await bench.locate('sip:user@example.com', { kinds: ['udp'] })).toEqual(['udp 192.0.2.3:5080']);
  });

  test('RFC 3263 §4.1 a SIP URI keeps SIPS services where we have TLS; a SIPS URI takes no other', async () => {
    const bench = await exampleZone();
    const kinds = ['udp', 'tcp', 'tls'] as const;
    expect(await bench.locate('sip:user@example.com', { kinds })).toEqual(['tls 192.0.2.1:5061']);
    expect(await bench.locate('sips:user@example.com', { kinds })).toEqual(['tls 192.0.2.1:5061']);
    expect(await bench.locate('sips:user@example.com', { kinds: ['udp'], alsoDials: ['tls'] })).toEqual([
      'tls 192.0.2.1:5061',
    ]);
  });

  test('RFC 5922 §7.1 every target carries the domain that was asked for, whatever DNS made of it', async () => {
    const bench = await exampleZone();
    const targets = await bench.targets('sips:user@Example.COM', { kinds: ['tls'] });
    expect(targets).toEqual([{ kind: 'tls', address: '192.0.2.1', port: 5061, serverName: 'example.com' }]);
  });

  test('RFC 7118 §5.3 NAPTR names WebSocket servers too', async () => {
    const bench = await ResolverBench.open();
    bench.dns
      .naptr('example.com', 10, 10, 's', 'SIPS+D2W', '_sips._ws.example.com')
      .srv('_sips._ws.example.com', 'ws.example.com', 443)
      .a('ws.example.com', '192.0.2.8');
    expect(await bench.locate('sip:user@example.com', { kinds: ['wss'] })).toEqual(['wss 192.0.2.8:443']);
    expect(await bench.locate('sips:user@example.com;transport=ws', { kinds: ['wss'] })).toEqual(['wss 192.0.2.8:443']);
  });

  test('RFC 3263 §4.1 `transport` decides, without NAPTR', async () => {
    const bench = await exampleZone();
    expect(await bench.locate('sip:user@example.com;transport=udp')).toEqual(['udp 192.0.2.3:5080']);
    expect(await bench.locate('sip:user@example.com;transport=TCP')).toEqual([
      'tcp 192.0.2.1:5060',
      'tcp 192.0.2.2:5060',
    ]);
    expect(await bench.locate('sips:user@example.com;transport=tcp')).toEqual(['tls 192.0.2.1:5061']);
    expect(bench.dns.questions().some((question) => question.startsWith('NAPTR'))).toBe(false);
    await expect(bench.targets('sip:user@example.com;transport=sctp')).rejects.toMatchObject({ reason: 'unsupported' });
  });

  test('RFC 3263 §4.1 without NAPTR the SRV records of each transport of ours, in our order', async () => {
    const bench = await ResolverBench.open();
    bench.dns
      .srv('_sip._tcp.example.com', 'a.example.com', 5062)
      .srv('_sip._udp.example.com', 'a.example.com', 5064)
      .srv('_sips._tcp.example.com', 'a.example.com', 5066)
      .a('a.example.com', '192.0.2.1');
    const kinds = ['udp', 'tcp', 'tls'] as const;
    expect(await bench.locate('sip:example.com', { kinds })).toEqual(['udp 192.0.2.1:5064', 'tcp 192.0.2.1:5062']);
    expect(await bench.locate('sip:example.com', { kinds, preference: ['tcp', 'udp'] })).toEqual([
      'tcp 192.0.2.1:5062',
      'udp 192.0.2.1:5064',
    ]);
    expect(await bench.locate('sips:example.com', { kinds })).toEqual(['tls 192.0.2.1:5066']);
  });

  test('RFC 3263 §4.1 rules with a regular expression, flag "u", unknown services and higher orders are left out', () => {
    const rule = { order: 10, preference: 10, flags: 's', services: 'SIP+D2U', regexp: '', replacement: 'x.example' };
    const choose = (...records: Parameters<typeof chooseNaptr>[0]) => chooseNaptr(records, () => true, false);
    expect(choose({ ...rule, flags: 'u', regexp: '!.*!sip:a@b!' })).toEqual([]);
    expect(
      choose({ ...rule, flags: '' }, { ...rule, services: 'SIP+D2S' }, { ...rule, services: 'constructor' }),
    ).toEqual([]);
    expect(choose({ ...rule, replacement: '.' })).toEqual([]);
    expect(
      choose(
        { ...rule, order: 20, services: 'SIP+D2T' },
        { ...rule, preference: 20, flags: 'a' },
        { ...rule, services: 'SIPS+D2T' },
      ),
    ).toEqual([
      { kind: 'tls', next: 'srv', name: 'x.example' },
      { kind: 'udp', next: 'address', name: 'x.example' },
    ]);
  });
});

describe('RFC 3263 §4.2 port and address', () => {
  test('RFC 3263 §4.2 a numeric host needs no DNS', async () => {
    const bench = await ResolverBench.open();
    expect(await bench.locate('sip:user@192.0.2.9')).toEqual(['udp 192.0.2.9:5060']);
    expect(await bench.locate('sips:user@192.0.2.9', { kinds: ['tls'] })).toEqual(['tls 192.0.2.9:5061']);
    expect(await bench.locate('sip:user@[2001:db8::9]:5099;transport=tcp')).toEqual(['tcp 2001:db8::9:5099']);
    expect(bench.dns.asked).toEqual([]);
  });

  test('RFC 3263 §4.2 an explicit port means addresses only', async () => {
    const bench = await exampleZone();
    bench.dns.a('example.com', '192.0.2.50');
    expect(await bench.targets('sip:user@example.com:5070')).toEqual([
      { kind: 'udp', address: '192.0.2.50', port: 5070, tcpAllowed: true, serverName: 'example.com' },
    ]);
    expect(bench.dns.questions()).toEqual(['A example.com']);
  });

  test('RFC 3263 §4.2 without NAPTR and SRV the host itself, at the default port', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a('pbx.example', '192.0.2.1').a('pbx.example', '192.0.2.2');
    expect(await bench.locate('sip:pbx.example')).toEqual(['udp 192.0.2.1:5060', 'udp 192.0.2.2:5060']);
    expect(await bench.locate('sip:pbx.example', { kinds: ['tcp'] })).toEqual([
      'tcp 192.0.2.1:5060',
      'tcp 192.0.2.2:5060',
    ]);
    expect(await bench.locate('sips:pbx.example', { kinds: ['tls'] })).toEqual([
      'tls 192.0.2.1:5061',
      'tls 192.0.2.2:5061',
    ]);
  });

  test('RFC 2782 a target of "." says that there is no such service, also not at the host itself', async () => {
    const bench = await ResolverBench.open();
    bench.dns.srv('_sip._udp.example.com', '.', 0).a('example.com', '192.0.2.1');
    expect(await bench.locate('sip:example.com', { kinds: ['udp'] })).toEqual([]);
  });

  test('RFC 7984 §3 addresses of the families that we listen on, in the order of our listeners', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a('pbx.example', '192.0.2.1').a('pbx.example', '2001:db8::1');
    const both = [
      { kind: 'udp', address: '2001:db8::99', port: 5060 },
      { kind: 'udp', address: '10.0.0.1', port: 5060 },
    ] as const;
    expect(await bench.locate('sip:pbx.example', { transport: { listening: both } })).toEqual([
      'udp 2001:db8::1:5060',
      'udp 192.0.2.1:5060',
    ]);
    expect(await bench.locate('sip:pbx.example')).toEqual(['udp 192.0.2.1:5060']);
  });

  test('what the hosts file says of a name overrules its services in DNS', async () => {
    const bench = await exampleZone();
    bench.files.write('/etc/hosts', '192.0.2.77 example.com');
    expect(await bench.locate('sip:user@example.com')).toEqual(['udp 192.0.2.77:5060']);
    expect(bench.dns.asked).toEqual([]);
  });

  test('the same address is one target, and there are never more than 24', async () => {
    const bench = await ResolverBench.open();
    for (let i = 1; i <= 40; i += 1) bench.dns.a('many.example', `192.0.2.${i}`).a('many.example', `192.0.2.${i}`);
    expect(await bench.locate('sip:many.example:5060')).toHaveLength(24);
  });
});

describe('what goes wrong', () => {
  test('RFC 3263 §4.1 a name server that is silent about NAPTR does not hide the rest', async () => {
    const bench = await ResolverBench.open();
    bench.dns.mute = ({ type }) => type === 'NAPTR';
    bench.dns.srv('_sip._udp.example.com', 'a.example.com', 5064).a('a.example.com', '192.0.2.1');
    expect(await bench.locate('sip:example.com')).toEqual(['udp 192.0.2.1:5064']);
    expect(bench.clock.nowMs()).toBeLessThan(4000);
  });

  test('the whole search has 4 s', async () => {
    const bench = await ResolverBench.open();
    bench.dns.mute = () => true;
    await expect(bench.targets('sip:example.com')).rejects.toMatchObject({ reason: 'timeout', host: 'example.com' });
    expect(bench.clock.nowMs()).toBeLessThanOrEqual(4010);
  });

  test('a domain that names nothing for us is an empty list; what is no name, or given up, is an error', async () => {
    const bench = await ResolverBench.open();
    expect(await bench.locate('sip:nowhere.example')).toEqual([]);
    await expect(bench.targets(`sip:${'a'.repeat(64)}.example`)).rejects.toMatchObject({ reason: 'bad-name' });
    const { clock, random, resolver } = bench;
    const transport = { listening: [{ kind: 'udp', address: '10.0.0.1', port: 5060 }] } as const;
    const locator = createLocator({ clock, random, resolver, transport });
    const leaving = new AbortController();
    bench.dns.delayMs = 500;
    const sentBy = { kind: 'udp', host: 'slow.example' } as const;
    const locating = locator.locateSentBy!(sentBy, { signal: leaving.signal });
    leaving.abort();
    await expect(bench.while(locating)).rejects.toMatchObject({ reason: 'aborted' });
    await bench.clock.advance(5000);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('RFC 3263 §5 responses', () => {
  test('RFC 3263 §5 the sent-by is asked for by address when it has a port, else by SRV of its transport', async () => {
    const bench = await exampleZone();
    bench.dns.a('example.com', '192.0.2.50');
    const { clock, random, resolver } = bench;
    const transport = { listening: [{ kind: 'tcp', address: '10.0.0.1', port: 5060 }] } as const;
    const locator = createLocator({ clock, random, resolver, transport });
    const at = async (sentBy: { kind: 'tcp' | 'tls'; host: string; port?: number }) =>
      (await bench.while(locator.locateSentBy!(sentBy))).map(({ kind, address, port }) => `${kind} ${address}:${port}`);
    expect(await at({ kind: 'tcp', host: 'example.com', port: 5062 })).toEqual(['tcp 192.0.2.50:5062']);
    expect(await at({ kind: 'tcp', host: 'example.com' })).toEqual(['tcp 192.0.2.1:5060', 'tcp 192.0.2.2:5060']);
    expect(await at({ kind: 'tls', host: '192.0.2.4' })).toEqual(['tls 192.0.2.4:5061']);
  });
});

test('RFC 3861 §3.1 the servers of a service by its SRV name, in their order; none is none', async () => {
  const bench = await exampleZone();
  bench.dns
    .srv('_im._sip.example.com', 'server2.example.com', 5070, 1, 0)
    .srv('_im._sip.example.com', 'server1.example.com', 5062, 0, 0);
  const { clock, random, resolver } = bench;
  const transport = { listening: [{ kind: 'udp', address: '10.0.0.1', port: 5060 }] as const };
  const locator = createLocator({ clock, random, resolver, transport });
  const find = (name: string) => bench.while(locator.locateService!({ name, host: 'example.com' }));
  expect(await find('_im._sip.example.com')).toEqual([
    { kind: 'udp', address: '192.0.2.1', port: 5062, serverName: 'example.com', tcpAllowed: true },
    { kind: 'udp', address: '192.0.2.2', port: 5070, serverName: 'example.com', tcpAllowed: true },
  ]);
  expect(await find('_pres._sip.example.com')).toEqual([]);
});
