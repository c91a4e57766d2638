import { describe, expect, test } from 'vitest';
import { stunType } from '../../media/ice/stun.js';
import type { MediaSessionOptions } from '../../media/index.js';
import { theirIdentity } from '../support/dtls-bench.js';
import { identityOf } from '../support/dtls-pair.js';
import { sampleOf, steps } from '../support/rtp-peer.js';
import { Browser, checkOf, SharedBench } from '../support/shared-bench.js';

/** A leg and its browser, which hear each other. */
async function connected(
  bench: SharedBench,
  name: string,
  place: { address: string; port?: number; to?: string },
  changes: Partial<MediaSessionOptions> = {},
): Promise<{ leg: Awaited<ReturnType<SharedBench['leg']>>; browser: Browser }> {
  const leg = await bench.leg(name, { alsoAddresses: ['10.0.1.1'], ...changes });
  const browser = await Browser.open(bench, name, place);
  leg.agree();
  browser.connect();
  bench.beats(10);
  expect(browser.end.news).toEqual(['keys']);
  return { leg, browser };
}

describe('RFC 7983 legs at one shared port', () => {
  test('each hears its own browser, also where two have one address, or one has two', async () => {
    const bench = new SharedBench();
    const a = await connected(bench, 'legA', { address: '10.0.0.2' });
    const b = await connected(bench, 'legBB', { address: '10.0.0.2', port: 5010 });
    const c = await connected(bench, 'legCCC', { address: '10.0.0.3', to: '10.0.1.1' });
    bench.beats(50, () => {
      a.browser.speak(0x80);
      b.browser.speak(0x90);
      c.browser.speak(0xa0);
    });
    expect([a, b, c].map(({ leg }) => leg.pulled.at(-1))).toEqual([sampleOf[0x80], sampleOf[0x90], sampleOf[0xa0]]);
    expect([a, b, c].map(({ browser }) => browser.peer.heard.length > 45)).toEqual([true, true, true]);
    expect(new Set(c.browser.peer.heard.map(({ from }) => from))).toEqual(new Set(['10.0.1.1:7000']));
    expect(bench.shared).toMatchObject({ legs: 3, sources: 3, openSockets: 2 });
    expect(bench.network.openSockets().filter((each) => each.endsWith(':7000'))).toHaveLength(2);
    for (const { leg } of [a, b, c]) await leg.session.close();
    expect(bench.shared).toMatchObject({ legs: 0, sources: 0 });
    await bench.shared.close();
    expect(bench.network.openSockets().filter((each) => each.endsWith(':7000'))).toEqual([]);
  });

  test('strangers are counted, hear nothing and take nobody away', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    const evil = await Browser.open(bench, 'legA', { address: '10.0.0.66' });
    evil.speak();
    evil.peer.sendBytes(Buffer.alloc(0));
    evil.peer.sendBytes(Buffer.from([22, 254, 253]));
    for (const ufrag of ['nobody', '', 'legA'.repeat(200)]) evil.check({ ufrag });
    evil.peer.sendBytes(checkOf({ ufrag: 'legA' }).subarray(0, 26));
    evil.check({ password: 'z'.repeat(22) });
    bench.beats(50, () => browser.speak());
    // The last one names a leg, which says that it is wrong.
    expect(bench.shared.counters.strangers).toBe(7);
    expect([evil.stun, evil.peer.heard]).toEqual([[stunType.error], []]);
    expect(bench.shared.sources).toBe(1);
    expect(leg.pulled.at(-1)).toBe(sampleOf[0x80]);
    expect(browser.peer.heard.length).toBeGreaterThan(45);
  });

  test('a leg that forges the address of another one’s browser does not get it', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    const evil = await bench.leg('evil');
    evil.agree();
    bench.beats(50, () => {
      browser.peer.sendBytes(checkOf({ ufrag: 'evil' }));
      browser.speak();
    });
    expect(bench.shared.counters.contested).toBe(50);
    expect(leg.pulled.at(-1)).toBe(sampleOf[0x80]);
    expect(evil.session.stats().packetsReceived).toBe(0);
  });

  test('where nobody has checked for 5 s a source may be another leg’s', async () => {
    const bench = new SharedBench();
    const before = await connected(bench, 'legA', { address: '10.0.0.2' });
    bench.beats(260);
    const leg = await bench.leg('legBB');
    leg.agree({ identity: identityOf(6) });
    before.browser.check({ ufrag: 'legBB' });
    bench.beats(2);
    expect([bench.shared.counters.contested, bench.shared.sources]).toEqual([0, 1]);
    before.browser.speak();
    bench.beats(2);
    expect(leg.session.stats().packetsRefused).toBe(1);
  });

  test('eight sources a leg: the one that checked longest ago makes room', async () => {
    const bench = new SharedBench();
    const { browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    for (let port = 6000; port < 6016; port += 2) {
      (await Browser.open(bench, 'legA', { address: '10.0.0.2', port })).check({ nominates: false });
      bench.beats(1);
    }
    expect([bench.shared.sources, bench.shared.counters.displaced]).toEqual([8, 1]);
    const { strangers } = bench.shared.counters;
    browser.speak();
    bench.beats(1);
    expect(bench.shared.counters.strangers).toBe(strangers + 1);
  });

  test('a port that is taken is told, and asked for again by the next leg', async () => {
    const bench = new SharedBench();
    const other = await bench.network
      .host('10.0.1.1')
      .bindUdp(
        { address: '10.0.1.1', port: SharedBench.port },
        { onMessage: () => undefined, onError: () => undefined },
      );
    const also = { alsoAddresses: ['10.0.1.1'] };
    await expect(bench.leg('legA', also)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await other.close();
    const leg = await bench.leg('legA', also);
    expect(leg.session.places).toEqual([
      { address: '10.0.0.1', port: 7000 },
      { address: '10.0.1.1', port: 7000 },
    ]);
  });

  test('port 0: any free one, the same for all legs', async () => {
    const bench = new SharedBench();
    const [a, b] = [await bench.leg('legA', { rtpPort: 0 }), await bench.leg('legB', { rtpPort: 0 })];
    expect(a.session.places).toEqual(b.session.places);
    expect(bench.shared.openSockets).toBe(1);
  });
});

describe('a browser whose network changes', () => {
  test('RFC 8445 §8.1.1 is followed once it nominates from there, also by a worse way; one line of RTP', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    bench.beats(50, () => browser.speak());
    const moved = await browser.move(bench, '10.0.9.9');
    bench.beats(60);
    expect(moved.heard).toHaveLength(0);
    moved.sendBytes(checkOf({ ufrag: 'legA', priority: 1 }));
    bench.beats(50, () => moved.send(new Uint8Array(160).fill(0x80)));
    const before = browser.peer.heard.length;
    expect(moved.heard.length).toBeGreaterThan(45);
    expect([...steps([...browser.peer.heard, ...moved.heard]).sequences]).toEqual([1]);
    expect(leg.pulled.at(-1)).toBe(sampleOf[0x80]);
    bench.beats(20);
    expect(browser.peer.heard).toHaveLength(before);
  });

  test('RFC 5245 §8.1.1.2 while the better way is in use, one that is nominated beside it is not followed', async () => {
    const bench = new SharedBench();
    const { browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    const moved = await browser.move(bench, '10.0.9.9');
    bench.beats(100, (beat) => {
      browser.speak();
      if (beat % 25 === 0) moved.sendBytes(checkOf({ ufrag: 'legA', priority: 1 }));
    });
    expect(moved.heard).toEqual([]);
  });

  test('RFC 8445 §9, RFC 8842 §3.1 ICE and DTLS anew in one call: another ufrag, another certificate, one line of RTP', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    bench.beats(50, () => browser.speak());
    const identity = identityOf(6);
    leg.agree({ localUfrag: 'anew', remoteUfrag: 'next', association: 'two', identity });
    const next = await Browser.open(bench, 'anew', { address: '10.0.0.7' }, { identity, seed: 40 });
    // Until the new way is there, the old one goes on.
    bench.beats(10, () => browser.speak());
    expect(leg.pulled.at(-1)).toBe(sampleOf[0x80]);
    next.check({ remoteUfrag: 'next' });
    next.end.begin(null);
    bench.beats(10);
    expect(next.end.news).toEqual(['keys']);
    next.peer.sequence = browser.peer.sequence;
    next.peer.timestamp = browser.peer.timestamp;
    bench.beats(50, () => next.speak(0x90));
    expect(leg.pulled.at(-1)).toBe(sampleOf[0x90]);
    const heard = [...browser.peer.heard, ...next.peer.heard];
    expect(new Set(heard.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect(next.peer.heard.length).toBeGreaterThan(45);
    // RTP goes on while there are no keys for it: those packets nobody can open.
    const sequences = heard.map(({ sequence }) => (sequence - 65_530) & 0xffff);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    // The old user fragment is nobody's.
    const { strangers } = bench.shared.counters;
    browser.check();
    bench.beats(1);
    expect(bench.shared.counters.strangers).toBe(strangers + 1);
    expect(leg.events.filter((each) => each.startsWith('insecure') || each.startsWith('gone'))).toEqual([]);
  });
});

describe('RFC 7675 a browser that is gone', () => {
  test('10 s without a check, RTP or RTCP: told once, and nothing is sent before the next check', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    bench.beats(100, () => browser.speak());
    bench.beats(498);
    expect(leg.events.at(-1)).toMatch(/^started/);
    bench.beats(8);
    expect(leg.events.at(-1)).toMatch(/^gone: silent 10\d\d\d$/);
    const { length } = browser.peer.heard;
    bench.beats(100);
    expect([browser.peer.heard.length, leg.events.length]).toEqual([length, 2]);
    browser.check();
    bench.beats(50);
    expect(browser.peer.heard.length).toBeGreaterThan(length + 45);
  });

  test('checks alone keep it, as of a player that says nothing; forged ones do not', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    bench.beats(1000, (beat) => (beat % 125 === 0 ? browser.check() : undefined));
    expect(leg.events).toEqual([]);
    bench.beats(510, () => browser.check({ password: 'z'.repeat(22) }));
    expect(leg.events).toEqual([expect.stringMatching(/^gone: silent/)]);
  });

  test('RFC 5246 §7.2.1 close_notify is told at once', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    browser.end.association!.close();
    bench.beats(1);
    expect(leg.events).toEqual(['gone: closed 0']);
    bench.beats(300);
    expect(leg.events.filter((each) => each.startsWith('insecure'))).toEqual([]);
  });

  test('RFC 3261 §15 whose BYE may be on its way is not gone with its DTLS, and without one it is insecure', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' }, { saysBye: true });
    browser.end.association!.close();
    bench.beats(140);
    expect(leg.events).toEqual([]);
    bench.beats(20);
    expect(leg.events).toEqual(['insecure: the peer ended DTLS']);
  });

  test('who says BYE is gone without a word as any other is', async () => {
    const bench = new SharedBench();
    const { leg } = await connected(bench, 'legA', { address: '10.0.0.2' }, { saysBye: true });
    bench.beats(510);
    expect(leg.events).toEqual([expect.stringMatching(/^gone: silent/)]);
  });

  test('a close_notify in the clear, which anybody can send, ends nothing', async () => {
    const bench = new SharedBench();
    const { leg, browser } = await connected(bench, 'legA', { address: '10.0.0.2' });
    browser.peer.sendBytes(Buffer.from([21, 254, 253, 0, 0, 0, 0, 0, 0, 0, 9, 0, 2, 1, 0]));
    bench.beats(50, () => browser.speak());
    expect([leg.events.filter((each) => each.startsWith('gone')), leg.pulled.at(-1)]).toEqual([[], sampleOf[0x80]]);
  });

  test('a browser that never comes is gone after 10 s too', async () => {
    const bench = new SharedBench();
    const leg = await bench.leg('legA');
    leg.agree({ identity: theirIdentity });
    bench.beats(520);
    expect(leg.events.some((each) => each.startsWith('gone: silent'))).toBe(true);
  });
});
