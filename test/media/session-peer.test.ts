import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { RtcpPacket } from '../../media/rtcp/packet.js';
import { leg, MediaBench, mediaOf } from '../support/media-bench.js';
import { RtpPeer, sampleOf, steps } from '../support/rtp-peer.js';

describe('latching', () => {
  async function withStranger(): Promise<{ bench: MediaBench; stranger: RtpPeer }> {
    const bench = await MediaBench.open();
    const network = bench.host('203.0.113.66');
    const stranger = new RtpPeer({ clock: bench.clock, network, address: '203.0.113.66', rtpPort: 6666, ssrc: 666 });
    await stranger.open(leg);
    return { bench, stranger };
  }

  test('a stranger neither is heard nor gets our sound while the peer speaks', async () => {
    const { bench, stranger } = await withStranger();
    bench.session.set(mediaOf());
    bench.beats(100, () => {
      bench.peer.send(new Uint8Array(160).fill(0x90));
      stranger.send(new Uint8Array(160).fill(0x80));
    });
    bench.deliver();
    expect(new Set(bench.pulled.slice(5))).toEqual(new Set([sampleOf[0x90]]));
    expect(stranger.heard).toEqual([]);
    expect(bench.peer.heard.length).toBe(100);
    expect(bench.session.stats().packetsRefused).toBe(100);
    await bench.session.close();
  });

  test('RFC 4961 §3 a peer behind NAT is learned, heard and sent to', async () => {
    const { bench, stranger } = await withStranger();
    bench.session.set(mediaOf({ remote: { address: '192.168.1.5', rtpPort: 4000, rtcpPort: 4001 } }));
    bench.beats(50, () => stranger.send(new Uint8Array(160).fill(0x80)));
    bench.deliver();
    expect(bench.events).toEqual(['started 203.0.113.66:6666']);
    expect(bench.session.stats()).toMatchObject({ packetsRefused: 4, packetsReceived: 46 });
    expect(stranger.heard.length).toBeGreaterThanOrEqual(45);
    await bench.session.close();
  });

  test('RFC 3264 §5.1 early sound is heard while only our offer is out', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ remote: null, send: null }));
    bench.talk(20);
    expect(bench.pulled).toContain(sampleOf[0x80]);
    bench.deliver();
    expect(bench.peer.heard).toEqual([]);
    await bench.session.close();
  });
});

describe('watchdog', () => {
  test('silence is told once, after the time allowed, and again after the peer was back', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.beats(500);
    bench.session.set(mediaOf());
    bench.beats(100);
    bench.talk(10);
    const heardAtMs = bench.clock.nowMs();
    bench.beats(1000);
    expect(bench.events.length).toBe(2);
    expect(bench.events[1]).toMatch(/^timeout 50\d\d/);
    bench.talk(1);
    bench.beats(500);
    expect(bench.events.length).toBe(3);
    expect(bench.clock.nowMs()).toBeGreaterThan(heardAtMs);
    await bench.session.close();
  });

  test('a peer that never sends anything is silent from the answer on', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.session.set(mediaOf({ remote: null, send: null }));
    bench.beats(500);
    bench.session.set(mediaOf());
    bench.beats(249);
    expect(bench.events).toEqual([]);
    bench.beats(1);
    expect(bench.events).toEqual(['timeout 5000']);
    await bench.session.close();
  });

  test('RTCP counts as life; that of a stranger does not', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.session.set(mediaOf());
    const sdes: RtcpPacket[] = [{ type: 'rr', ssrc: bench.peer.ssrc, reports: [] }];
    bench.beats(1000, (beat) => (beat % 200 === 0 ? bench.peer.sendRtcp(sdes) : undefined));
    expect(bench.events).toEqual([]);
    const network = bench.host('203.0.113.66');
    const stranger = new RtpPeer({ clock: bench.clock, network, address: '203.0.113.66', rtpPort: 6666 });
    await stranger.open(leg);
    bench.beats(500, (beat) => (beat % 50 === 0 ? stranger.sendRtcp(sdes) : undefined));
    expect(bench.events.length).toBe(1);
    await bench.session.close();
  });

  test('RFC 3264 §8.4 hold suspends it, resuming begins the count anew', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.session.set(mediaOf());
    bench.talk(10);
    for (const changes of [
      { held: true, direction: 'recvonly' },
      { held: true, direction: 'inactive' },
      { held: true, remote: null, direction: 'inactive' },
      { direction: 'sendonly' },
    ] as const) {
      bench.session.set(mediaOf(changes));
      bench.beats(500);
    }
    expect(bench.events).toEqual(['started 10.0.0.2:4000']);
    bench.session.set(mediaOf());
    bench.beats(249);
    expect(bench.events.length).toBe(1);
    bench.beats(1);
    expect(bench.events.length).toBe(2);
    await bench.session.close();
  });

  test('a stall of our own is not counted as the peer’s silence', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.session.set(mediaOf());
    bench.talk(10);
    bench.clock.advanceSync(30_000);
    bench.beats(10);
    expect(bench.events.length).toBe(1);
    await bench.session.close();
  });
});

describe('RTCP', () => {
  test('RFC 3550 §6.4 SR and RR carry real loss, jitter, CNAME, LSR and DLSR', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(5, () => bench.peer.send(new Uint8Array(160)));
    const sr = { type: 'sr', ssrc: bench.peer.ssrc, ntpSeconds: 0xaaaa_1234, ntpFraction: 0x5678_bbbb } as const;
    bench.peer.sendRtcp([{ ...sr, rtpTimestamp: 1, packetCount: 1, octetCount: 160, reports: [] }]);
    bench.deliver();
    const srAtMs = bench.clock.nowMs() - 4;
    let beat = 0;
    while (bench.peer.reports.length < 1) {
      bench.beats(1, () => (beat % 4 === 3 ? bench.peer.skip(160) : bench.peer.send(new Uint8Array(160))));
      beat += 1;
    }
    bench.deliver();
    const [report, description] = bench.peer.reports[0]!;
    if (report?.type !== 'sr') throw new Error('no sender report');
    const last = bench.peer.heard.at(-1)!;
    expect(report.ssrc).toBe(0xcafe_f00d);
    // Two packets went out while the report was on its way.
    expect(report.packetCount).toBe(bench.peer.heard.length - 2);
    expect(report.octetCount).toBe(report.packetCount * 160);
    expect(Math.abs((report.rtpTimestamp - last.timestamp) | 0)).toBeLessThanOrEqual(480);
    const seconds = bench.clock.epochMs() / 1000 + 2_208_988_800;
    expect(Math.abs(report.ntpSeconds + report.ntpFraction / 2 ** 32 - seconds)).toBeLessThan(0.2);
    const [block] = report.reports;
    expect(block).toMatchObject({ ssrc: bench.peer.ssrc, lastSr: 0x1234_5678 });
    expect(block!.fractionLost / 256).toBeCloseTo(0.25, 1);
    expect(block!.cumulativeLost).toBe(bench.session.stats().packetsLost);
    expect(Math.abs((block!.delaySinceLastSr * 1000) / 65_536 - (bench.clock.nowMs() - srAtMs))).toBeLessThan(50);
    expect(description).toEqual({ type: 'sdes', chunks: [{ ssrc: 0xcafe_f00d, cname: 'leg@hookline' }] });
    await bench.session.close();
  });

  test('RFC 3550 §6.4.1 the round trip and the peer’s loss come from its reports about us alone', async () => {
    const bench = await MediaBench.open();
    bench.network.delayMs = 40;
    bench.session.set(mediaOf());
    while (bench.peer.reports.length === 0) bench.beats(1);
    const report = bench.peer.reports[0]?.[0];
    if (report?.type !== 'sr') throw new Error('no sender report');
    const arrivedMs = bench.clock.nowMs();
    const lastSr = ((report.ntpSeconds << 16) | (report.ntpFraction >>> 16)) >>> 0;
    bench.beats(50);
    const delaySinceLastSr = Math.round(((bench.clock.nowMs() - arrivedMs) * 65_536) / 1000);
    const block = {
      fractionLost: 64,
      cumulativeLost: 9,
      extendedHighestSequence: 1,
      jitter: 3,
      lastSr,
      delaySinceLastSr,
    };
    const other = { ...block, ssrc: 4711, fractionLost: 255, delaySinceLastSr: 0 };
    bench.peer.sendRtcp([{ type: 'rr', ssrc: 1, reports: [{ ...block, ssrc: 0xcafe_f00d }, other] }]);
    bench.beats(5);
    const stats = bench.session.stats();
    expect(stats.remoteLostFraction).toBe(0.25);
    // The report may have waited up to one beat of this test before it was answered.
    expect(stats.roundTripMs).toBeGreaterThanOrEqual(79);
    expect(stats.roundTripMs).toBeLessThanOrEqual(101);
    await bench.session.close();
  });

  test('RFC 3550 §6.4 a leg that sends nothing reports as a receiver', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ direction: 'recvonly' }));
    bench.talk(800);
    const kinds = bench.peer.reports.map(([report]) => report?.type);
    expect(kinds.length).toBeGreaterThan(1);
    expect(new Set(kinds)).toEqual(new Set(['rr']));
    await bench.session.close();
  });

  test('RFC 3605 §2.1 reports go to the address of a=rtcp, and those from there are taken', async () => {
    const bench = await MediaBench.open();
    const monitor = { address: '10.0.0.7', port: 53_020 };
    const taken: number[] = [];
    const handlers = { onMessage: (data: Uint8Array) => taken.push(data[1]!), onError: () => undefined };
    const socket = await bench.host(monitor.address).bindUdp(monitor, handlers);
    const remote = { address: '10.0.0.2', rtpPort: 4000, rtcpPort: monitor.port, rtcpAddress: monitor.address };
    bench.session.set(mediaOf({ remote }));
    bench.talk(800);
    expect(taken.length).toBeGreaterThan(1);
    expect(new Set(taken)).toEqual(new Set([200]));
    expect(bench.peer.reports).toEqual([]);
    const before = bench.session.stats().packetsRefused;
    socket.send(Uint8Array.from([0x80, 201, 0, 1, 0, 0, 0, 9]), 0, 8, leg.rtcpPort, leg.address);
    bench.deliver();
    expect(bench.session.stats().packetsRefused).toBe(before);
    await bench.session.close();
  });

  test('RFC 5761 §5.1 with rtcp-mux all goes over the RTP port', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 3000 });
    bench.session.set(mediaOf({ rtcpMux: true }));
    bench.network.filter = ({ to }) => to.port % 2 === 0;
    bench.peer.to = { ...leg, rtcpPort: leg.rtpPort };
    bench.beats(500, (beat) =>
      beat % 100 === 0 ? bench.peer.sendRtcp([{ type: 'rr', ssrc: 1, reports: [] }]) : undefined,
    );
    expect(bench.peer.reports.length).toBeGreaterThan(0);
    expect(bench.events).toEqual([]);
    await bench.session.close();
  });
});

describe('telephone-event', () => {
  test('RFC 4733 §2.5.1 digits go out in place of sound, on the same sequence line, and sound comes back', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(3);
    bench.session.dtmf('5#', 100);
    bench.beats(60);
    bench.deliver();
    const { heard } = bench.peer;
    const events = heard.filter(({ payloadType }) => payloadType === 101);
    expect(new Set(events.map(({ payload }) => payload[0]))).toEqual(new Set([5, 11]));
    expect(events.filter(({ marker }) => marker).length).toBe(2);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(2);
    expect(steps(heard).sequences).toEqual(new Set([1]));
    const sound = heard.filter(({ payloadType }) => payloadType === 0);
    for (const packet of sound) {
      expect((packet.timestamp - sound[0]!.timestamp) >>> 0).toBe((packet.atMs - sound[0]!.atMs) * 8);
    }
    expect(heard.at(-1)?.payloadType).toBe(0);
    await bench.session.close();
  });

  test('RFC 4733 §2.5.2 a digit of the peer is told once, and the sound missing meanwhile is not made up', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(20);
    bench.beats(10);
    const concealed = bench.session.stats().framesConcealed;
    bench.talk(20);
    const start = bench.peer.timestamp;
    bench.beats(8, (beat) => {
      const duration = Math.min(5, beat + 1) * 160;
      const payload = Uint8Array.from([9, (beat >= 5 ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]);
      bench.peer.timestamp = start;
      bench.peer.send(payload, { payloadType: 101, ticks: 0 });
    });
    bench.peer.timestamp = start + 8 * 160;
    bench.talk(20);
    expect(bench.events.filter((event) => event.startsWith('dtmf'))).toEqual(['dtmf 9 100 rfc4733']);
    expect(bench.session.stats().framesConcealed).toBe(concealed);
    await bench.session.close();
  });
});

describe('ends', () => {
  test('RFC 3550 §6.6 close says BYE, gives the figures, and leaves neither socket nor timer', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.session.set(mediaOf());
    bench.talk(50);
    const [stats, again] = await Promise.all([bench.session.close(), bench.session.close()]);
    bench.deliver();
    expect(stats).toMatchObject({ packetsReceived: 50, packetsSent: 50, bytesSent: 8000, sendDropped: 0 });
    expect(again).toBe(stats);
    const last = bench.peer.reports.at(-1)!;
    expect(last.map(({ type }) => type)).toEqual(['sr', 'sdes', 'bye']);
    expect(last[2]).toEqual({ type: 'bye', ssrcs: [0xcafe_f00d], reason: null });
    await bench.peer.close();
    expect(bench.network.openSockets()).toEqual([]);
    expect(bench.clock.pendingTimers).toBe(0);
    bench.beats(5);
    expect(bench.network.openSockets()).toEqual([]);
  });

  test('a leg that never spoke says no BYE', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ remote: null, send: null }));
    await bench.session.close();
    bench.deliver();
    expect(bench.peer.reports).toEqual([]);
  });

  test.each([leg.rtpPort, leg.rtcpPort])(
    'port %i taken: open rejects with EADDRINUSE and leaves nothing open',
    async (port) => {
      const taken = await MediaBench.open();
      await taken.session.close();
      await taken.peer.close();
      const ignore = { onMessage: () => undefined, onError: () => undefined };
      const holder = await taken.host(leg.address).bindUdp({ address: leg.address, port }, ignore);
      const next = MediaBench.open({ network: taken.host(leg.address) });
      await expect(next).rejects.toMatchObject({ code: 'EADDRINUSE' });
      expect(taken.network.openSockets()).toEqual([`udp ${leg.address}:${port}`]);
      await holder.close();
    },
  );
});

describe('what a peer may send', () => {
  test('no bytes on either port throw, and a good packet after them is heard', async () => {
    const bench = await MediaBench.open({ rtpTimeoutMs: 5000 });
    bench.session.set(mediaOf());
    const rtpLike = fc
      .tuple(
        fc.constantFrom(0x80, 0x90, 0xa0, 0xb1),
        fc.constantFrom(0, 8, 101, 0x80, 200, 201, 203),
        fc.uint8Array({ maxLength: 1500 }),
      )
      .map(([first, second, rest]) => Uint8Array.from([first, second, ...rest]));
    const bytes = fc.oneof(fc.uint8Array({ maxLength: 1500 }), rtpLike);
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 5 }), bytes, (datagrams, rtcp) => {
        for (const datagram of datagrams) bench.peer.sendBytes(datagram);
        bench.peer.sendRtcpBytes(rtcp);
        bench.beats(1);
      }),
      { numRuns: 300 },
    );
    bench.talk(30);
    expect(bench.pulled.at(-1)).toBe(sampleOf[0x80]);
    await bench.session.close();
  });
});
