import { describe, expect, test } from 'vitest';
import { dtlsBench, dtlsMedia, dtlsOf, strangerOf, theirIdentity } from '../support/dtls-bench.js';
import { identityOf } from '../support/dtls-pair.js';
import { MediaBench, mediaOf } from '../support/media-bench.js';
import { sampleOf, steps } from '../support/rtp-peer.js';

const loud = new Int16Array(160).fill(sampleOf[0x90]);
const code = new Uint8Array(160).fill(0x80);
const roles = ['active', 'passive'] as const;

/** Beats in which both speak. */
function speak(bench: MediaBench, count: number): void {
  bench.beats(count, () => bench.peer.send(code), loud);
}

/** Every datagram of the leg that is neither STUN nor DTLS. */
function overhear(bench: MediaBench): Buffer[] {
  const heard: Buffer[] = [];
  bench.network.filter = ({ from, data }) => {
    if (from.address === '10.0.0.1' && data[0]! >= 64) heard.push(Buffer.from(data));
    return true;
  };
  return heard;
}

describe('RFC 5764 a leg', () => {
  test.each(roles)('%s: both hear each other, and nothing of it was ever in the clear', async (role) => {
    const { bench, end } = await dtlsBench(role);
    const overheard = overhear(bench);
    speak(bench, 300);
    bench.deliver();
    expect(end.news).toEqual(['keys']);
    expect(bench.pulled.slice(20).every((sample) => sample === sampleOf[0x80])).toBe(true);
    expect(bench.peer.heard.length).toBeGreaterThan(295);
    expect(bench.peer.heard.slice(2).every(({ payload }) => payload.every((each) => each === 0x90))).toBe(true);
    expect(bench.peer.reports.length).toBeGreaterThan(0);
    expect(bench.peer.refused).toBe(0);
    // In the clear it would be 172 bytes: the header and 160 of G.711.
    expect(overheard.every((data) => data.length > 172 || data[1] === 200)).toBe(true);
    expect(bench.session.stats()).toMatchObject({ srtpAuthFailures: 0, srtpReplayed: 0 });
    await bench.session.close();
    bench.deliver();
    expect(end.news).toEqual(['keys', 'closed']);
    expect(bench.events.filter((event) => event.startsWith('insecure'))).toEqual([]);
  });

  test.each(roles)(
    '%s, RFC 5763 §5 another certificate than the SDP speaks of: told, and no sound either way',
    async (role) => {
      const { bench, end } = await dtlsBench(role, { end: { identity: identityOf(9) } });
      const overheard = overhear(bench);
      speak(bench, 100);
      expect(bench.events).toEqual(['insecure: certificate does not match a=fingerprint']);
      expect(end.keys).toBeNull();
      expect(overheard).toEqual([]);
      expect(bench.pulled.every((sample) => sample === null)).toBe(true);
    },
  );

  test.each(roles)('%s, RFC 6347 §4.2.4 the first, third and fifth datagram lost: keys all the same', async (role) => {
    const { bench, end } = await dtlsBench(role);
    let count = 0;
    bench.network.filter = ({ data }) => data[0]! >= 64 || ![0, 2, 4].includes(count++);
    speak(bench, 200);
    expect(end.news).toEqual(['keys']);
    expect(bench.pulled.slice(-50).every((sample) => sample === sampleOf[0x80])).toBe(true);
  });

  test.each(roles)('%s: without a peer that does its part the leg is given up after 10 s', async (role) => {
    const { bench } = await dtlsBench(role);
    bench.peer.other = null;
    bench.network.filter = ({ from, data }) => from.address === '10.0.0.1' || data[0]! >= 64;
    const overheard = overhear(bench);
    bench.network.filter = ({ data }) => data[0]! >= 64;
    speak(bench, 499);
    expect(bench.events).toEqual([]);
    speak(bench, 2);
    expect(bench.events).toEqual([expect.stringMatching(/^insecure: no DTLS in 10 s/)]);
    expect(overheard).toEqual([]);
  });

  test('what a peer says in the clear is not heard, before and after', async () => {
    const { bench, end } = await dtlsBench('passive');
    const clear = await strangerOf(bench, '10.0.0.2', 4002);
    bench.beats(20, () => clear.send(code), loud);
    expect(end.news).toEqual(['keys']);
    bench.beats(50, () => clear.send(code), loud);
    expect(bench.pulled.every((sample) => sample === null)).toBe(true);
    expect(bench.session.stats().packetsReceived).toBe(0);
  });

  test('RFC 5763 §6.2 a ClientHello that comes before the answer does not wait to be repeated', async () => {
    const bench = await MediaBench.open();
    const end = dtlsOf(bench, bench.peer);
    const offered = { remote: null, send: null, direction: 'recvonly', srtp: { send: null, receive: null } } as const;
    bench.session.set(mediaOf(offered));
    end.begin(null);
    speak(bench, 3);
    expect(end.sent).toHaveLength(1);
    bench.session.set(dtlsMedia('passive'));
    speak(bench, 2);
    expect(end.news).toEqual(['keys']);
  });

  test('RFC 8842 §3.1 hold and the same association again: no second handshake, one line of RTP', async () => {
    const { bench, end } = await dtlsBench('active');
    speak(bench, 50);
    const sent = end.sent.length;
    bench.session.set(dtlsMedia('active', { direction: 'inactive', held: true }));
    speak(bench, 10);
    bench.session.set(dtlsMedia('active'));
    speak(bench, 50);
    bench.deliver();
    expect(end.sent).toHaveLength(sent);
    expect(new Set(bench.peer.heard.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect([...steps(bench.peer.heard).sequences]).toEqual([1]);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
  });

  test('RFC 8842 §3.1 another association: the keys of before hold until there are new ones, SSRC and line go on', async () => {
    const { bench, end } = await dtlsBench('active');
    speak(bench, 50);
    const before = end.keys;
    const other = identityOf(6);
    const { other: toOld } = bench.peer;
    let next: ReturnType<typeof dtlsOf> | null = null;
    bench.session.set(dtlsMedia('active', { association: 'two', identity: other }));
    const { sealing, opening } = bench.peer;
    next = dtlsOf(bench, bench.peer, { identity: other, seed: 40 });
    bench.peer.sealing = sealing;
    bench.peer.opening = opening;
    const toNew = bench.peer.other;
    // The first hello is lost, so that there is a while between.
    bench.peer.other = toOld;
    speak(bench, 5);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    bench.peer.other = toNew;
    speak(bench, 100);
    bench.deliver();
    expect(next.news).toEqual(['keys']);
    expect(next.keys).not.toEqual(before);
    expect(new Set(bench.peer.heard.map(({ ssrc }) => ssrc)).size).toBe(1);
    expect([...steps(bench.peer.heard).sequences]).toEqual([1]);
    expect(bench.pulled.slice(-50).every((sample) => sample === sampleOf[0x80])).toBe(true);
    expect(bench.events.filter((event) => event.startsWith('insecure'))).toEqual([]);
  });

  test('RFC 5246 §7.2.1 after close_notify nothing is sent, and without a BYE in 3 s it is told', async () => {
    const { bench, end } = await dtlsBench('passive');
    speak(bench, 50);
    end.association!.close();
    speak(bench, 2);
    const overheard = overhear(bench);
    speak(bench, 140);
    expect(overheard).toEqual([]);
    expect(bench.events.at(-1)).not.toContain('insecure');
    speak(bench, 20);
    expect(bench.events.at(-1)).toBe('insecure: the peer ended DTLS');
  });

  test('a stranger that is quicker than the phone ends nothing and hears nothing; the phone gets its keys', async () => {
    const bench = await MediaBench.open();
    const stranger = await strangerOf(bench, '10.0.0.66');
    const evil = dtlsOf(bench, stranger, { identity: identityOf(8), seed: 70 });
    const end = dtlsOf(bench, bench.peer);
    bench.session.set(dtlsMedia('passive'));
    evil.begin(null);
    speak(bench, 5);
    end.begin(null);
    speak(bench, 50);
    expect([evil.keys, end.news]).toEqual([null, ['keys']]);
    expect(bench.events.filter((event) => event.startsWith('insecure'))).toEqual([]);
    expect(stranger.heard).toEqual([]);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
  });

  test('a phone behind a NAT begins from where nobody knew, and is sent to', async () => {
    const bench = await MediaBench.open();
    const phone = await strangerOf(bench, '10.0.0.77', 5000);
    const end = dtlsOf(bench, phone);
    bench.session.set(dtlsMedia('passive', { remote: { address: '192.168.1.9', rtpPort: 4000, rtcpPort: 4000 } }));
    end.begin(null);
    bench.beats(50, () => phone.send(code), loud);
    expect(end.news).toEqual(['keys']);
    expect(phone.heard.length).toBeGreaterThan(40);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
  });

  test('RFC 7983 §7 noise below 64 is counted, dropped and limited, and disturbs nobody', async () => {
    const { bench, end } = await dtlsBench('passive');
    const before = bench.session.stats().packetsRefused;
    for (let first = 0; first < 64; first += 1) {
      for (const length of [1, 13, 14, 40, 300]) bench.peer.sendBytes(Buffer.alloc(length, first));
    }
    bench.deliver();
    expect(bench.session.stats().packetsRefused).toBeGreaterThan(before + 300);
    speak(bench, 200);
    expect(end.news).toEqual(['keys']);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
  });

  test('without a handshake agreed on, DTLS and STUN are refused', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    const end = dtlsOf(bench, bench.peer, { identity: theirIdentity });
    end.begin(null);
    bench.peer.sendBytes(Buffer.alloc(20));
    bench.deliver();
    expect(end.sent).toHaveLength(1);
    expect(bench.session.stats().packetsRefused).toBe(2);
  });
});
