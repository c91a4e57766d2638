import { describe, expect, test } from 'vitest';
import { readRows } from '../../media/quality/series.js';
import type { ReportBlock, RtcpPacket } from '../../media/rtcp/packet.js';
import { leg, MediaBench, mediaOf } from '../support/media-bench.js';

const OURS = 0xcafe_f00d;
const sound = new Uint8Array(160).fill(0x80);

function blockAboutUs(changes: Partial<ReportBlock> = {}): ReportBlock {
  return {
    ssrc: OURS,
    fractionLost: 0,
    cumulativeLost: 0,
    extendedHighestSequence: 1,
    jitter: 0,
    lastSr: 0,
    delaySinceLastSr: 0,
    ...changes,
  };
}

function extendedOf(reports: readonly RtcpPacket[][]): RtcpPacket[] {
  return reports.flat().filter(({ type }) => type === 'xr');
}

describe('figures of each second', () => {
  test('a clean call has full seconds, no loss, and the MOS of its codec', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(500);
    const { startedAtMs, series, summary, oneWay } = bench.session.quality();
    const rows = readRows(series.seconds);
    expect(startedAtMs).toBe(bench.clock.epochMs() - 10_000);
    expect(rows.length).toBe(10);
    expect(rows.slice(1)).toEqual(
      Array(9).fill(
        expect.objectContaining({ received: 50, lost: 0, late: 0, longestRun: 0, concealedMs: 0, sent: 50 }),
      ),
    );
    expect(rows[5]!.rFactor).toBeCloseTo(93.2, 1);
    expect(rows[5]!.bufferMs).toBeGreaterThan(10);
    expect(rows[5]!.remoteRFactor).toBeNull();
    expect(summary).toMatchObject({
      seconds: 10,
      oneWayCount: 0,
      in: { codec: 'pcmu', lost: 0 },
      out: { codec: 'pcmu' },
    });
    expect(summary.in.mos?.avg).toBeCloseTo(4.41, 1);
    expect(summary.out.mos).toBeNull();
    expect(oneWay).toBeNull();
    await bench.session.close();
  });

  test('losses show in their second, as bursts and in the MOS; what came late counts as late', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(250);
    bench.beats(50, (beat) => (beat >= 20 && beat < 30 ? bench.peer.skip(160) : bench.peer.send(sound)));
    bench.talk(200);
    const { series, summary } = bench.session.quality();
    const rows = readRows(series.seconds);
    const lost = rows.map((row) => row.lost ?? 0);
    expect(lost.reduce((sum, each) => sum + each, 0)).toBe(10);
    expect(Math.max(...rows.map((row) => row.longestRun ?? 0))).toBe(10);
    const worst = rows[lost.indexOf(Math.max(...lost))]!;
    expect(worst.rFactor).toBeLessThan(70);
    expect(summary.in).toMatchObject({ lost: 10, late: 0, bursts: 1, burstDensity: 1, burstMs: 200, gapDensity: 0 });
    expect(summary.in.concealedMs).toBeGreaterThanOrEqual(60);
    expect(summary.in.mos!.min).toBeLessThan(3.5);
    expect(summary.in.lossPercent!.max).toBeGreaterThan(15);
    await bench.session.close();
  });

  test('how the peer hears us comes from its reports, and the summary with the leg’s last figures', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(100);
    const block = blockAboutUs({ fractionLost: 64, cumulativeLost: 30, jitter: 80 });
    bench.peer.sendRtcp([{ type: 'rr', ssrc: 1, reports: [block] }]);
    bench.talk(100);
    const rows = readRows(bench.session.quality().series.seconds);
    expect(rows.at(-1)).toMatchObject({ remoteLossPercent: 25, remoteJitterMs: 10 });
    expect(rows.at(-1)!.remoteRFactor).toBeLessThan(60);
    const { quality } = await bench.session.close();
    expect(quality?.out).toMatchObject({ packets: 200, lost: 30, lossPercent: { min: 25, max: 25, p95: 25 } });
    expect(quality?.out.mos?.avg).toBeLessThan(3.1);
  });

  test('on hold, and after a long standstill, seconds have no figures; they keep their place', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(100);
    bench.session.set(mediaOf({ direction: 'inactive', held: true }));
    bench.beats(100);
    bench.clock.advanceSync(3000);
    bench.session.set(mediaOf());
    bench.talk(50);
    const rows = readRows(bench.session.quality().series.seconds);
    expect(rows.length).toBe(8);
    expect(rows.map(({ rFactor }) => rFactor !== null).slice(2, 6)).toEqual(Array(4).fill(false));
    // Seconds are looked at every fifth beat: the first after the standstill still belong to the one before.
    expect(rows[7]).toMatchObject({ sent: 45 });
    await bench.session.close();
  });

  test('a new source begins its own count; what the call has lost stays', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(150, (beat) => (beat === 50 ? bench.peer.skip(160) : bench.peer.send(sound)));
    Object.assign(bench.peer, { ssrc: 99, sequence: 7 });
    bench.beats(150, (beat) => (beat === 50 ? bench.peer.skip(160) : bench.peer.send(sound)));
    expect(bench.session.quality().summary.in).toMatchObject({ packets: 298, lost: 2 });
    await bench.session.close();
  });
});

describe('extended reports', () => {
  test('RFC 3611 §4.7 who asked for VoIP metrics is told how it is heard, who did not is not', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.talk(300);
    expect(extendedOf(bench.peer.reports)).toEqual([]);
    bench.session.set(mediaOf({ rtcpXr: { voipMetrics: true, roundTrip: false } }));
    bench.beats(500, (beat) => (beat % 25 === 0 ? bench.peer.skip(160) : bench.peer.send(sound)));
    const last = extendedOf(bench.peer.reports).at(-1);
    if (last?.type !== 'xr' || last.blocks[0]?.type !== 'voip-metrics') throw new Error('no VoIP metrics');
    const [metrics] = last.blocks;
    expect(metrics).toMatchObject({
      ssrc: bench.peer.ssrc,
      gmin: 16,
      discardRate: 0,
      burstDensity: 0,
      burstDurationMs: 0,
    });
    expect(metrics.lossRate).toBeGreaterThan(3);
    expect(metrics.gapDensity).toBe(metrics.lossRate);
    expect(metrics.rFactor).toBeGreaterThan(75);
    expect(metrics.rFactor).toBeLessThan(93);
    expect(metrics.mosLq).toBeGreaterThanOrEqual(metrics.mosCq!);
    expect(metrics).toMatchObject({ adaptation: 'adaptive', bufferMaximumMs: 200 });
    expect(metrics.endSystemDelayMs).toBeGreaterThan(40);
    await bench.session.close();
  });

  test('RFC 3611 §4.7 what the peer says of us is in the figures', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ rtcpXr: { voipMetrics: true, roundTrip: true } }));
    bench.talk(600);
    const theirs = extendedOf(bench.peer.reports).at(-1);
    if (theirs?.type !== 'xr') throw new Error('no extended report');
    const blocks = theirs.blocks.map((block) => ({ ...block, ssrc: OURS, mosLq: 3.3 }));
    bench.peer.sendRtcp([{ type: 'xr', ssrc: bench.peer.ssrc, blocks } as RtcpPacket]);
    bench.talk(1);
    expect(bench.session.quality().summary.out.metrics).toMatchObject({ ssrc: OURS, mosLq: 3.3 });
    await bench.session.close();
  });

  test('RFC 3611 §4.4 a leg that only receives asks for the round trip', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ direction: 'recvonly', rtcpXr: { voipMetrics: false, roundTrip: true } }));
    bench.talk(300);
    const [first] = extendedOf(bench.peer.reports);
    expect(first).toMatchObject({ blocks: [{ type: 'receiver-reference-time' }] });
    await bench.session.close();
  });
});

describe('one way', () => {
  test('a peer that is never heard is told of within three seconds, and when it is heard', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf());
    bench.beats(150);
    expect(bench.ways).toEqual(['one-way in nothing-came']);
    expect(bench.session.quality().oneWay).toEqual({
      direction: 'in',
      cause: 'nothing-came',
      silentMs: 2500,
      local: `${leg.address}:${leg.rtpPort}`,
      sdp: '10.0.0.2:4000',
      latched: null,
      refused: null,
      packetsSent: 150,
      packetsReceived: 0,
    });
    bench.talk(10);
    expect(bench.ways.slice(1)).toEqual(['two-way']);
    expect(bench.session.quality()).toMatchObject({ oneWay: null, summary: { oneWayCount: 1 } });
    await bench.session.close();
  });

  test.each([
    ['on hold', { direction: 'sendonly', held: true }],
    ['that only listens', { direction: 'sendonly' }],
    ['in an early dialog', { isEarly: true }],
    ['without an address', { remote: null }],
  ] as const)('a silent peer %s is none', async (_, changes) => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf(changes));
    bench.beats(500);
    expect(bench.ways).toEqual([]);
    await bench.session.close();
  });

  test('RTP from behind a NAT that is not believed is named', async () => {
    const bench = await MediaBench.open({ nat: 'off' });
    bench.session.set(mediaOf({ remote: { address: '192.168.1.5', rtpPort: 4000, rtcpPort: 4001 } }));
    bench.talk(150);
    expect(bench.ways).toEqual(['one-way in from-elsewhere']);
    expect(bench.session.quality().oneWay).toMatchObject({ sdp: '192.168.1.5:4000', refused: '10.0.0.2:4000' });
    await bench.session.close();
  });

  test('a peer whose reports have no block about us does not hear us; its address is known', async () => {
    const bench = await MediaBench.open();
    bench.session.set(mediaOf({ remote: { address: '192.168.1.5', rtpPort: 4000, rtcpPort: 4001 } }));
    bench.talk(200);
    bench.peer.sendRtcp([{ type: 'rr', ssrc: bench.peer.ssrc, reports: [] }]);
    bench.talk(5);
    expect(bench.ways).toEqual(['one-way out not-heard']);
    expect(bench.session.quality().oneWay).toMatchObject({ sdp: '192.168.1.5:4000', latched: '10.0.0.2:4000' });
    bench.peer.sendRtcp([{ type: 'rr', ssrc: bench.peer.ssrc, reports: [blockAboutUs()] }]);
    bench.talk(5);
    expect(bench.ways.at(-1)).toBe('two-way');
    await bench.session.close();
  });
});
