import { encode } from 'dns-packet';
import { describe, expect, test } from 'vitest';
import { ResolverBench } from '../../support/resolver-bench.js';

const NAME = 'sip.example.com';

describe('questions and answers', () => {
  test('RFC 1035 §4.2.1 a question goes to the name server by UDP, each from a port and with an id of its own', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1').a(NAME, '192.0.2.2').a('b.example.com', '192.0.2.3');
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await bench.while(bench.resolver.query('b.example.com', 'A'))).toEqual(['192.0.2.3']);
    const [first, second] = bench.dns.asked;
    expect(first!.id).not.toBe(second!.id);
    expect(first!.port).not.toBe(second!.port);
    expect(first!.name).not.toBe(NAME);
    expect(bench.network.openSockets().filter((name) => name.includes('10.0.0.1'))).toEqual([]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('RFC 5452 §9 forged answers are dropped and counted, and the real one is taken', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1');
    const lie = (id: number, name: string): Buffer =>
      encode({
        type: 'response',
        id,
        questions: [{ type: 'A', name }],
        answers: [{ type: 'A', name, ttl: 9999, data: '203.0.113.66' }],
      });
    // A forger who knows the port, but guesses the id or does not know the letters.
    bench.dns.forge = (query) => lie((query.id! + 1) & 0xffff, query.questions![0]!.name);
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    bench.dns.a('c.example.com', '192.0.2.9');
    bench.dns.forge = (query) => lie(query.id!, 'c.example.com');
    expect(await bench.while(bench.resolver.query('c.example.com', 'A'))).toEqual(['192.0.2.9']);
    bench.dns.a('d.example.com', '192.0.2.8');
    bench.dns.forge = () => Buffer.from('no DNS at all');
    expect(await bench.while(bench.resolver.query('d.example.com', 'A'))).toEqual(['192.0.2.8']);
    expect(bench.resolver.counters).toMatchObject({ foreign: 2, malformed: 1 });
  });

  test('RFC 5452 §9.1 an answer from another address than the one asked is dropped', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1');
    const elsewhere = await bench.network
      .host('10.66.0.1')
      .bindUdp({ address: '10.66.0.1', port: 53 }, { onMessage: () => undefined, onError: () => undefined });
    bench.dns.delayMs = 50;
    const asking = bench.resolver.query(NAME, 'A');
    await bench.clock.advance(10);
    const { id, name, port } = bench.dns.asked[0]!;
    const answers = [{ type: 'A' as const, name, ttl: 60, data: '203.0.113.66' }];
    const forged = encode({ type: 'response', id, questions: [{ type: 'A', name }], answers });
    elsewhere.send(forged, 0, forged.length, port, '10.0.0.1');
    expect(await bench.while(asking)).toEqual(['192.0.2.1']);
    expect(bench.resolver.counters.foreign).toBe(1);
  });

  test('a server that does not repeat the case of the name is asked again in lower case', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1');
    bench.dns.repeatsCase = false;
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    expect(bench.dns.asked.at(-1)?.name).toBe(NAME);
  });

  test('RFC 7766 §5 an answer that was cut is asked for again over TCP', async () => {
    const bench = await ResolverBench.open();
    for (let i = 1; i <= 40; i += 1) bench.dns.srv('_sip._udp.example.com', `host${i}.example.com`, 5060, i);
    bench.dns.maxRecords = 10;
    const records = await bench.while(bench.resolver.query('_sip._udp.example.com', 'SRV'));
    expect(records).toHaveLength(40);
    expect(bench.dns.asked.map(({ over }) => over)).toEqual(['udp', 'tcp']);
    expect(bench.resolver.counters).toMatchObject({ truncated: 1, sentByTcp: 1 });
    // The connection's end travels too.
    await bench.clock.advance(10);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('RFC 6891 §7 a server that does not know EDNS is asked without it', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1');
    bench.dns.rcode = () => (bench.dns.asked.length === 1 ? 1 : 0);
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    expect(bench.dns.asked).toHaveLength(2);
  });
});

describe('several servers', () => {
  test('a silent server gives way to the next, which is then asked first', async () => {
    const bench = await ResolverBench.open(2);
    bench.servers[0]!.mute = () => true;
    for (const server of bench.servers) server.a(NAME, '192.0.2.1').a('b.example.com', '192.0.2.2');
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    expect(bench.clock.nowMs()).toBeGreaterThanOrEqual(1000);
    const beforeMs = bench.clock.nowMs();
    expect(await bench.while(bench.resolver.query('b.example.com', 'A'))).toEqual(['192.0.2.2']);
    expect(bench.clock.nowMs() - beforeMs).toBeLessThan(100);
    expect(bench.servers[0]!.asked).toHaveLength(1);
    expect(bench.resolver.counters.timeouts).toBe(1);
  });

  test('a lost datagram is asked for again', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1');
    let lost = 0;
    bench.network.filter = () => {
      lost += 1;
      return lost > 1;
    };
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    expect(bench.resolver.counters).toMatchObject({ sent: 2, timeouts: 1 });
  });

  test('RFC 1035 §4.1.1 a server that cannot tell gives way to the next; when none can, that is the answer', async () => {
    const bench = await ResolverBench.open(2);
    bench.servers[0]!.rcode = () => 2;
    bench.servers[1]!.a(NAME, '192.0.2.1');
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    bench.servers[1]!.rcode = () => 2;
    await expect(bench.while(bench.resolver.query('b.example.com', 'A'))).rejects.toMatchObject({
      code: 'SIP_RESOLVE',
      reason: 'server-failure',
      host: 'b.example.com',
    });
    expect(bench.warnings).toEqual([{ name: 'b.example.com', type: 'A', reason: 'server-failure' }]);
  });

  test('all of them together have 4 s', async () => {
    const bench = await ResolverBench.open(3);
    for (const server of bench.servers) server.mute = () => true;
    await expect(bench.while(bench.resolver.query(NAME, 'A'))).rejects.toMatchObject({ reason: 'timeout' });
    expect(bench.clock.nowMs()).toBeLessThanOrEqual(4010);
    expect(bench.servers.map(({ asked }) => asked.length)).toEqual([2, 2, 2]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('those of resolv.conf are asked unless the application names its own', async () => {
    const bench = await ResolverBench.open(1, { servers: undefined });
    bench.files.write('/etc/resolv.conf', 'nameserver 10.9.0.1\n');
    bench.dns.a(NAME, '192.0.2.1');
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
  });
});

describe('where there is no resolv.conf', () => {
  test('those are asked that the system is set to otherwise', async () => {
    const systemServers = () => [{ address: '10.9.0.1', port: 53 }];
    const bench = await ResolverBench.open(1, { servers: undefined, systemServers });
    bench.dns.a(NAME, '192.0.2.1');
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual(['192.0.2.1']);
    // A resolv.conf that appears later counts for more.
    bench.files.write('/etc/resolv.conf', 'nameserver 10.9.0.77\n');
    await bench.clock.advance(301_000);
    await expect(bench.while(bench.resolver.query(NAME, 'A'))).rejects.toMatchObject({ reason: 'timeout' });
  });
});

describe('aliases', () => {
  test('RFC 1034 §3.6.2 an alias is followed, inside the answer and by another question', async () => {
    const bench = await ResolverBench.open();
    bench.dns.cname('a.example.com', 'b.example.com', 20).cname('b.example.com', 'c.elsewhere');
    bench.dns.a('c.elsewhere', '192.0.2.7', 500);
    expect(await bench.while(bench.resolver.query('a.example.com', 'A'))).toEqual(['192.0.2.7']);
    expect(bench.dns.questions()).toEqual(['A a.example.com', 'A c.elsewhere']);
    await bench.clock.advance(21_000);
    await bench.while(bench.resolver.query('a.example.com', 'A'));
    expect(bench.dns.asked).toHaveLength(4);
  });

  test('RFC 1034 §5.2.2 a circle of aliases ends', async () => {
    const bench = await ResolverBench.open();
    bench.dns.cname('a.elsewhere', 'b.elsewhere').cname('b.elsewhere', 'a.elsewhere');
    await expect(bench.while(bench.resolver.query('a.elsewhere', 'A'))).rejects.toMatchObject({
      reason: 'server-failure',
    });
    expect(bench.dns.asked.length).toBeLessThan(12);
  });
});

describe('the cache', () => {
  test('RFC 1035 §3.2.1 an answer lasts as long as its TTL', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1', 30);
    await bench.while(bench.resolver.query(NAME, 'A'));
    await bench.clock.advance(29_000);
    await bench.while(bench.resolver.query('SIP.Example.Com.', 'A'));
    expect(bench.dns.asked).toHaveLength(1);
    await bench.clock.advance(1000);
    await bench.while(bench.resolver.query(NAME, 'A'));
    expect(bench.dns.asked).toHaveLength(2);
    expect(bench.resolver.counters.answeredByCache).toBe(1);
  });

  test('RFC 2308 §5 that there is nothing lasts as the SOA says, and not at all without one', async () => {
    const bench = await ResolverBench.open();
    bench.dns.negativeTtlS = 10;
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual([]);
    expect(await bench.while(bench.resolver.query(NAME, 'A'))).toEqual([]);
    expect(bench.dns.asked).toHaveLength(1);
    await bench.clock.advance(10_000);
    bench.dns.negativeTtlS = null;
    await bench.while(bench.resolver.query(NAME, 'A'));
    await bench.while(bench.resolver.query(NAME, 'A'));
    expect(bench.dns.asked).toHaveLength(3);
  });

  test('RFC 9520 §3.2 a failure is remembered for a second', async () => {
    const bench = await ResolverBench.open();
    bench.dns.rcode = () => 2;
    await bench.while(bench.resolver.query(NAME, 'A').catch(() => undefined));
    const asked = bench.dns.asked.length;
    await expect(bench.while(bench.resolver.query(NAME, 'A'))).rejects.toMatchObject({ reason: 'server-failure' });
    expect(bench.dns.asked).toHaveLength(asked);
  });

  test('equal questions at the same time are one; of many different ones the last are refused', async () => {
    const bench = await ResolverBench.open(1, { maxPending: 2 });
    bench.dns.a(NAME, '192.0.2.1');
    const both = Promise.all([bench.resolver.query(NAME, 'A'), bench.resolver.query(NAME, 'A')]);
    expect(await bench.while(both)).toEqual([['192.0.2.1'], ['192.0.2.1']]);
    expect(bench.dns.asked).toHaveLength(1);
    const three = ['a.test', 'b.test', 'c.test'].map((name) =>
      bench.resolver.query(name, 'A').catch((error: { reason: string }) => error.reason),
    );
    expect(await bench.while(Promise.all(three))).toEqual([[], [], 'busy']);
    expect(bench.resolver.counters).toMatchObject({ joined: 1, busy: 1 });
  });

  test('a full cache drops what was used longest ago, counted', async () => {
    const bench = await ResolverBench.open(1, { maxEntries: 2 });
    for (const name of ['a.test', 'b.test', 'c.test']) bench.dns.a(name, '192.0.2.1');
    const ask = (name: string) => bench.while(bench.resolver.query(name, 'A'));
    await ask('a.test');
    await ask('b.test');
    await ask('a.test');
    await ask('c.test');
    expect(bench.resolver.counters.evicted).toBe(1);
    await ask('a.test');
    expect(bench.dns.asked).toHaveLength(3);
    await ask('b.test');
    expect(bench.dns.asked).toHaveLength(4);
  });
});

describe('addresses and ends', () => {
  test('the hosts file is asked before any name server', async () => {
    const bench = await ResolverBench.open();
    bench.files.write('/etc/hosts', '192.0.2.5 pbx.example\n2001:db8::5 pbx.example\n');
    expect(await bench.while(bench.resolver.addresses('PBX.example', [6, 4]))).toEqual(['2001:db8::5', '192.0.2.5']);
    expect(await bench.while(bench.resolver.addresses('pbx.example', [4]))).toEqual(['192.0.2.5']);
    expect(await bench.resolver.isListed('pbx.example')).toBe(true);
    expect(bench.dns.asked).toEqual([]);
    expect(bench.resolver.counters.answeredByHosts).toBe(2);
  });

  test('RFC 7984 §3 both families are asked for; one that cannot be had does not hide the other', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1').a(NAME, '2001:db8::1');
    expect(await bench.while(bench.resolver.addresses(NAME, [6, 4]))).toEqual(['2001:db8::1', '192.0.2.1']);
    bench.dns.a('b.example.com', '192.0.2.2');
    bench.dns.rcode = ({ type }) => (type === 'AAAA' ? 2 : 0);
    expect(await bench.while(bench.resolver.addresses('b.example.com', [6, 4]))).toEqual(['192.0.2.2']);
  });

  test('RFC 6761 §6 localhost is this machine and .invalid nobody, without a question', async () => {
    const bench = await ResolverBench.open();
    expect(await bench.while(bench.resolver.addresses('localhost', [4, 6]))).toEqual(['127.0.0.1', '::1']);
    expect(await bench.while(bench.resolver.addresses('df7jal23ls0d.invalid', [4, 6]))).toEqual([]);
    expect(await bench.while(bench.resolver.addresses('192.0.2.9', [4]))).toEqual(['192.0.2.9']);
    expect(bench.dns.asked).toEqual([]);
  });

  test('who gives up is let go; the answer still fills the cache', async () => {
    const bench = await ResolverBench.open();
    bench.dns.a(NAME, '192.0.2.1');
    bench.dns.delayMs = 100;
    const leaving = new AbortController();
    const asking = bench.resolver.query(NAME, 'A', leaving.signal);
    await bench.clock.advance(10);
    leaving.abort();
    await expect(asking).rejects.toMatchObject({ reason: 'aborted' });
    await bench.clock.advance(200);
    expect(await bench.resolver.query(NAME, 'A')).toEqual(['192.0.2.1']);
    expect(bench.dns.asked).toHaveLength(1);
  });

  test('close ends what is under way and leaves no socket and no timer', async () => {
    const bench = await ResolverBench.open();
    bench.dns.mute = () => true;
    const asking = bench.resolver.query(NAME, 'A');
    await bench.clock.advance(10);
    bench.resolver.close();
    await expect(bench.while(asking)).rejects.toMatchObject({ reason: 'closed' });
    await expect(bench.resolver.query(NAME, 'A')).rejects.toMatchObject({ reason: 'closed' });
    expect(bench.clock.pendingTimers).toBe(0);
    expect(bench.network.openSockets().filter((name) => name.includes('10.0.0.1'))).toEqual([]);
  });

  test('RFC 1035 §2.3.4 what is no name is told without a question', async () => {
    const bench = await ResolverBench.open();
    await expect(bench.resolver.query(`${'a'.repeat(64)}.example`, 'A')).rejects.toMatchObject({ reason: 'bad-name' });
    expect(bench.dns.asked).toEqual([]);
  });
});
