import { describe, expect, test } from 'vitest';
import { ResolveError } from '../../../sip/resolve/resolve-error.js';
import { sipUri } from '../../../sip/uri.js';
import { SipEndpoint } from '../../support/sip-endpoint.js';
import { call, options, TRUNK, trunk } from '../../support/trunk-bench.js';
import { ANSWER } from '../../support/ua-bench.js';

describe('RFC 3263 §4.3 the next server', () => {
  test('RFC 3263 §4.3 a server that is silent is given up for the next one, with a new branch; the dialog stays there', async () => {
    const { bench, zone, alice } = await trunk();
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.12');
    const attempt = call(alice);
    await bench.clock.advance(6000);
    expect(alice.heard).toEqual(['answered v=0 answer']);
    attempt.end();
    await bench.clock.advance(100);
    bench.expectLadder(`
         0 alice > dead  INVITE
       500 alice > dead  INVITE
      1500 alice > dead  INVITE
      3500 alice > dead  INVITE
      4000 alice > two   INVITE      # 8·T1 without a word
      4001 two   > alice 200 INVITE
      4002 alice > two   ACK
      6000 alice > two   BYE
      6001 two   > alice 200 BYE`);
    const branches = bench.sent('INVITE').map(({ via }) => via[0]?.params.get('branch'));
    expect(new Set(branches).size).toBe(2);
    expect(alice.ua.failoverCounters).toMatchObject({ failovers: 1, failed: 1 });
    await bench.expectNothingLeft();
  });

  test('RFC 3263 §4.3 a 503 goes on to the next server at once, also after a 100; its Retry-After is kept', async () => {
    const { bench, zone, alice, one } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    one.onInvite = (session) => {
      bench.clock.setTimer(300, () => session.reject(503, { headers: [['Retry-After', '120']] }));
    };
    call(alice);
    await bench.clock.advance(1000);
    bench.expectLadder(`
        0 alice > one   INVITE
      201 one   > alice 100 INVITE
      301 one   > alice 503 INVITE
      302 alice > one   ACK
      302 alice > two   INVITE
      303 two   > alice 200 INVITE
      304 alice > two   ACK`);
    bench.wire.length = 0;
    // Longer than the first penalty of 30 s.
    await bench.clock.advance(100_000);
    bench.wire.length = 0;
    await Promise.all([options(alice), bench.clock.advance(100)]);
    expect(bench.ladder()[0]).toBe('alice > two OPTIONS');
  });

  test('RFC 3263 §4.3 after a response from 101 on there is no other server', async () => {
    const { bench, zone, alice, one } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    one.onInvite = (session) => {
      session.progress(180);
      bench.clock.setTimer(300, () => session.reject(503));
    };
    call(alice);
    await bench.clock.advance(1000);
    expect(alice.heard).toEqual(['progress 180', 'ended remote rejected 503']);
    expect(bench.ladder().some((line) => line.includes('two'))).toBe(false);
    await bench.expectNothingLeft();
  });

  test('RFC 3263 §4.3 a server that has said 100 is waited for', async () => {
    const { bench, zone, alice, one } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    one.onInvite = (session) => {
      bench.clock.setTimer(20_000, () => session.accept({ body: ANSWER }));
    };
    call(alice);
    await bench.clock.advance(21_000);
    expect(alice.heard).toEqual(['answered v=0 answer']);
    expect(bench.ladder().some((line) => line.includes('two'))).toBe(false);
  });

  test('RFC 3263 §4.3 a connection that is refused goes on to the next server at once', async () => {
    const { bench, zone, alice } = await trunk();
    zone.set(TRUNK, [
      { kind: 'tcp', address: '10.0.0.19', port: 5060 },
      { kind: 'udp', address: '10.0.0.12', port: 5060 },
    ]);
    const answer = options(alice);
    await bench.clock.advance(100);
    expect((await answer).statusCode).toBe(200);
    bench.expectLadder(`
      1 alice > two   OPTIONS
      2 two   > alice 200 OPTIONS`);
    await bench.expectNothingLeft();
  });

  test('RFC 3263 §4.3 other failures than 503 are the answer', async () => {
    const { bench, zone, alice, one } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    one.onInvite = (session) => session.reject(486);
    call(alice);
    await bench.clock.advance(1000);
    expect(alice.heard).toEqual(['ended remote rejected 486']);
    await bench.expectNothingLeft();
  });

  test('RFC 3261 §22.2 the answer to a challenge goes to the server that asked', async () => {
    const { bench, zone, alice, one, two } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    for (const server of [one, two]) {
      server.ua.handle('REGISTER', (transaction) => {
        const answered = transaction.request.headers.has('Authorization');
        const challenge = ['WWW-Authenticate', `Digest realm="r", nonce="${server.name}"`] as const;
        server.ua.respond(transaction, answered ? 200 : 401, answered ? {} : { headers: [challenge] });
      });
    }
    const uri = sipUri({ host: TRUNK });
    const registering = alice.ua.request({ method: 'REGISTER', uri, credentials: { username: 'a', password: 'b' } });
    await bench.clock.advance(10);
    // By now the servers would be drawn in another order.
    zone.udp(TRUNK, '10.0.0.12', '10.0.0.11');
    await bench.clock.advance(100);
    expect((await registering).statusCode).toBe(200);
    expect(bench.ladder().filter((line) => line.includes('REGISTER') && line.startsWith('alice'))).toEqual([
      'alice > one REGISTER',
      'alice > one REGISTER',
    ]);
  });
});

describe('the budget', () => {
  test('RFC 3263 §4.3 all attempts together have 64·T1, then it is a time-out', async () => {
    const { bench, zone, alice } = await trunk();
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.18', '10.0.0.17');
    call(alice);
    await bench.clock.advance(31_900);
    expect(alice.heard).toEqual([]);
    await bench.clock.advance(200);
    expect(alice.heard).toEqual(['ended local no-response']);
    const firsts = ['dead', '10.0.0.18', '10.0.0.17'].map((to) => bench.wire.find((line) => line.to === to)?.atMs);
    expect(firsts).toEqual([0, 4000, 8000]);
    await bench.expectNothingLeft();
  });

  test('RFC 4320 §4.1 a request that is no INVITE waits longer for its first word; of many servers each gets a share', async () => {
    const { bench, zone, alice } = await trunk();
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.12');
    const answer = options(alice);
    await bench.clock.advance(8100);
    expect((await answer).statusCode).toBe(200);
    expect(bench.wire.find((line) => line.to === 'two')?.atMs).toBe(8000);
    const many = Array.from({ length: 16 }, (_, index) => `10.0.1.${index + 1}`);
    zone.udp('many.example', ...many);
    const startedMs = bench.clock.nowMs();
    const asked = options(alice, 'many.example');
    await bench.clock.advance(32_100);
    expect((await asked).statusCode).toBe(408);
    const last = bench.wire.find((line) => line.to === '10.0.1.16');
    expect(last!.atMs - startedMs).toBe(30_000);
    await bench.expectNothingLeft();
  });

  test('RFC 3261 §17.1.1.2 one server alone has the timers of its transaction', async () => {
    const { bench, zone, alice } = await trunk();
    zone.udp(TRUNK, '10.0.0.19');
    call(alice);
    await bench.clock.advance(31_900);
    expect(alice.heard).toEqual([]);
    expect(bench.ladder()).toHaveLength(7);
    await bench.clock.advance(200);
    expect(alice.heard).toEqual(['ended local no-response']);
    await bench.expectNothingLeft();
  });

  test('the application sets budget and patience', async () => {
    const { bench, zone, alice } = await trunk({ failover: { budgetMs: 3000, inviteSilenceMs: 600 } });
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.18');
    call(alice);
    await bench.clock.advance(3100);
    expect(bench.wire.find((line) => line.to === '10.0.0.18')?.atMs).toBe(600);
    expect(alice.heard).toEqual(['ended local no-response']);
    await bench.expectNothingLeft();
  });
});

describe('penalties', () => {
  test('a server that failed is tried last for a while, longer each time, until it answers', async () => {
    const { bench, zone, alice } = await trunk();
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.12');
    const first = async (): Promise<string | undefined> => {
      bench.wire.length = 0;
      const answer = options(alice);
      await bench.clock.advance(8100);
      expect((await answer).statusCode).toBe(200);
      return bench.wire[0]?.to;
    };
    expect(await first()).toBe('dead');
    expect(await first()).toBe('two');
    await bench.clock.advance(30_000);
    expect(await first()).toBe('dead');
    await bench.clock.advance(30_000);
    // The second failure in a row weighs 60 s.
    expect(await first()).toBe('two');
    await bench.clock.advance(30_000);
    const revived = await bench.agent('revived', '10.0.0.19');
    expect(await first()).toBe('revived');
    expect(await first()).toBe('revived');
    expect(alice.ua.failoverCounters).toMatchObject({ failed: 2, cleared: 1 });
    expect(revived.ua.counts().sessions).toBe(0);
    await bench.expectNothingLeft();
  });

  test('servers that all failed are tried all the same, and no more are remembered than the limit', async () => {
    const { bench, zone, alice } = await trunk({ failover: { maxTargets: 1, budgetMs: 1000, silenceMs: 100 } });
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.18');
    const answer = options(alice);
    await bench.clock.advance(1100);
    expect((await answer).statusCode).toBe(408);
    expect(alice.ua.failoverCounters).toMatchObject({ failed: 2, forgotten: 1 });
    bench.wire.length = 0;
    const again = options(alice);
    await bench.clock.advance(1100);
    expect((await again).statusCode).toBe(408);
    expect(new Set(bench.wire.map(({ to }) => to))).toEqual(new Set(['dead', '10.0.0.18']));
  });
});

describe('who answers too late', () => {
  test('RFC 3261 §13.2.2.4 a 2xx of a server that was given up gets ACK and BYE, and its ACK again when it comes again', async () => {
    const { bench, zone, alice, one, two } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    // Nothing that it says arrives for 5 s.
    bench.lose = ({ atMs, from, text }) => from === 'one' && (atMs < 5000 || text === '100 INVITE');
    const attempt = call(alice);
    await bench.clock.advance(12_000);
    expect(alice.heard).toEqual(['answered v=0 answer']);
    expect(two.heard).toEqual(['confirmed null']);
    expect(one.heard).toEqual(['confirmed null', 'ended remote bye']);
    expect(alice.ua.failoverCounters.strays).toBeGreaterThan(0);
    expect(bench.ladder().filter((line) => line === 'alice > one BYE')).toHaveLength(1);
    attempt.end();
    await bench.expectNothingLeft();
  });

  test('RFC 3261 §13.2.2.4 of forty late 2xx of one server 32 get ACK and BYE, the others are counted', async () => {
    const { bench, zone, alice } = await trunk();
    const forked = await SipEndpoint.open(bench.network.host('10.0.0.13'), '10.0.0.13');
    zone.udp(TRUNK, '10.0.0.13', '10.0.0.12');
    const attempt = call(alice);
    await bench.clock.advance(4100);
    expect(alice.heard).toEqual(['answered v=0 answer']);
    const [invite] = forked.requests('INVITE');
    for (let fork = 0; fork < 40; fork += 1) {
      forked.respond(invite!, 200, { toTag: `fork${fork}`, body: ANSWER, contentType: 'application/sdp' });
    }
    await bench.clock.advance(10);
    expect(forked.requests('ACK')).toHaveLength(32);
    const byes = forked.requests('BYE');
    expect(byes).toHaveLength(32);
    for (const bye of byes) forked.respond(bye, 200);
    expect(alice.ua.failoverCounters).toMatchObject({ strays: 40, straysIgnored: 8 });
    attempt.end();
    await bench.expectNothingLeft();
  });

  test('RFC 3261 §9.1 a server that rings after it was given up gets CANCEL', async () => {
    const { bench, zone, alice, one } = await trunk();
    zone.udp(TRUNK, '10.0.0.11', '10.0.0.12');
    bench.lose = ({ atMs, from }) => from === 'one' && atMs < 5000;
    one.onInvite = (session) => session.progress(180);
    const attempt = call(alice);
    await bench.clock.advance(10_000);
    expect(alice.heard).toEqual(['answered v=0 answer']);
    expect(one.heard).toEqual(['ended remote cancelled 487']);
    expect(bench.ladder()).toContain('alice > one CANCEL');
    attempt.end();
    await bench.expectNothingLeft();
  });
});

describe('looking up', () => {
  test('RFC 3261 §8.1.3.1 a host that cannot be found is a 503 that names it', async () => {
    const { bench, zone, alice } = await trunk();
    zone.set('broken.example', new ResolveError('broken.example', 'timeout'));
    const missing = options(alice, 'nowhere.example');
    const broken = options(alice, 'broken.example');
    await bench.clock.advance(10);
    expect(await missing).toMatchObject({ statusCode: 503, reasonPhrase: 'Cannot Find nowhere.example (not-found)' });
    expect(await broken).toMatchObject({ statusCode: 503, reasonPhrase: 'Cannot Find broken.example (timeout)' });
    call(alice, 'nowhere.example');
    await bench.clock.advance(10);
    expect(alice.ends[0]).toMatchObject({ cause: 'transport', statusCode: 503 });
    expect(alice.ends[0]?.reasonPhrase).toContain('nowhere.example');
    await bench.expectNothingLeft();
  });

  test('without a locator names are not looked up, which is told the same way', async () => {
    const { bench, alice } = await trunk({ locator: undefined });
    const answer = options(alice);
    await bench.clock.advance(10);
    expect(await answer).toMatchObject({ statusCode: 503, reasonPhrase: `Cannot Find ${TRUNK} (no-locator)` });
    await bench.expectNothingLeft();
  });

  test('RFC 3261 §9.1 a call that is cancelled while its server is looked for ends without a message', async () => {
    const { bench, zone, alice } = await trunk();
    zone.udp(TRUNK, '10.0.0.11').delayMs = 1000;
    const attempt = call(alice);
    await bench.clock.advance(100);
    attempt.end();
    await bench.clock.advance(3000);
    expect(alice.heard).toEqual(['ended local cancelled 487']);
    expect(bench.ladder()).toEqual([]);
    await bench.expectNothingLeft();
  });

  test('a user agent that closes while a server is looked for leaves nothing behind', async () => {
    const { bench, zone, alice, one, two } = await trunk();
    zone.udp(TRUNK, '10.0.0.11').delayMs = 1000;
    call(alice);
    const answer = options(alice);
    await bench.clock.advance(100);
    await alice.ua.close();
    expect((await answer).statusCode).toBe(503);
    expect(alice.heard).toEqual(['ended local closed']);
    expect(alice.ua.counts()).toEqual({ dialogs: 0, sessions: 0, transactions: 0 });
    await Promise.all([one.ua.close(), two.ua.close()]);
    await bench.clock.advance(2000);
    expect(bench.ladder()).toEqual([]);
    expect(bench.clock.pendingTimers).toBe(0);
  });

  test('a user agent that closes between two servers leaves nothing behind', async () => {
    const { bench, zone, alice, one, two } = await trunk();
    zone.udp(TRUNK, '10.0.0.19', '10.0.0.18', '10.0.0.17');
    const answer = options(alice);
    await bench.clock.advance(9000);
    await Promise.all([alice.ua.close(), one.ua.close(), two.ua.close()]);
    expect((await answer).statusCode).toBe(503);
    expect(bench.clock.pendingTimers).toBe(0);
  });
});
