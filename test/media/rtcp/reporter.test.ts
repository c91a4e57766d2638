import { describe, expect, test } from 'vitest';
import type { VoipMetrics } from '../../../media/rtcp/extended-report.js';
import { parseRtcp, type RtcpPacket, writeRtcp } from '../../../media/rtcp/packet.js';
import { type ReportContents, RtcpReporter } from '../../../media/rtcp/reporter.js';
import { ReceiverStats } from '../../../media/rtp/receiver-stats.js';
import { ManualClock } from '../../support/manual-clock.js';
import { createSeededRandom } from '../../support/seeded-random.js';

const OURS = 0xcafe;
const THEIRS = 0xbeef;

/** One reporter under a manual clock; its methods can be taken out. */
class Desk {
  readonly clock = new ManualClock();
  readonly reporter = this.reporterOf(OURS);

  reporterOf(ssrc: number): RtcpReporter {
    return new RtcpReporter({ clock: this.clock, random: createSeededRandom(1), ssrc, cname: 'a' });
  }

  readonly hear = (packets: RtcpPacket[]): boolean => {
    const bytes = Buffer.alloc(1500);
    return this.reporter.receive(bytes, writeRtcp(bytes, packets), this.clock.nowMs());
  };

  readonly say = (contents: Partial<ReportContents> = {}, reporter = this.reporter): RtcpPacket[] => {
    const out = Buffer.alloc(512);
    const sending = { rtpTimestamp: 0, packetsSent: 0, bytesSent: 0 };
    const bytes = reporter.write(out, this.clock.nowMs(), { sending, source: null, bye: false, ...contents });
    const read = parseRtcp(out, bytes);
    if (!read.ok) throw new Error(read.fault);
    return read.value;
  };
}

const block = {
  ssrc: OURS,
  fractionLost: 128,
  cumulativeLost: 5,
  extendedHighestSequence: 77,
  jitter: 80,
  lastSr: 0,
  delaySinceLastSr: 0,
};

const metrics: VoipMetrics = {
  type: 'voip-metrics',
  ssrc: THEIRS,
  lossRate: 1,
  discardRate: 2,
  burstDensity: 3,
  gapDensity: 4,
  burstDurationMs: 5,
  gapDurationMs: 6,
  roundTripMs: 7,
  endSystemDelayMs: 8,
  signalLevelDb: null,
  noiseLevelDb: null,
  residualEchoReturnLossDb: null,
  gmin: 16,
  rFactor: 90,
  externalRFactor: null,
  mosLq: 4.2,
  mosCq: 4.1,
  concealment: 'standard',
  adaptation: 'adaptive',
  bufferRate: 0,
  bufferNominalMs: 40,
  bufferMaximumMs: 60,
  bufferAbsoluteMaximumMs: 200,
};

describe('what the peer says', () => {
  test('RFC 3550 §6.4.1 loss, jitter and highest sequence come from the block about us', () => {
    const { reporter, hear } = new Desk();
    expect(hear([{ type: 'rr', ssrc: THEIRS, reports: [{ ...block, ssrc: 1, jitter: 9 }, block] }])).toBe(true);
    expect(reporter).toMatchObject({ remoteLostFraction: 0.5, remoteLost: 5, remoteJitterTicks: 80 });
    expect(reporter.news).toEqual({ hasReport: true, extendedHighestSequence: 77, packetsSent: -1, bye: false });
    hear([{ type: 'bye', ssrcs: [THEIRS], reason: null }]);
    expect(reporter.news).toEqual({ hasReport: false, extendedHighestSequence: -1, packetsSent: -1, bye: true });
  });

  test('RFC 3550 §8.2 our own packets that come back say nothing about the peer', () => {
    const { reporter, hear } = new Desk();
    expect(hear([{ type: 'rr', ssrc: OURS, reports: [block] }])).toBe(false);
    expect(reporter).toMatchObject({ remoteLostFraction: null, faults: 1 });
  });

  test('RFC 5506 §3.4.2 a packet without SR or RR in front is taken', () => {
    const { reporter, hear } = new Desk();
    expect(hear([{ type: 'xr', ssrc: THEIRS, blocks: [{ ...metrics, ssrc: OURS }] }])).toBe(true);
    expect(reporter.remoteMetrics).toEqual({ ...metrics, ssrc: OURS });
  });

  test.each([
    ['not yet sent', 20_000 * 65.536, 0],
    ['minutes ago', -70_000 * 65.536, 0],
    ['held longer than it was away', -1000 * 65.536, 1200 * 65.536],
  ])('RFC 3550 §6.4.1 a last SR that was %s is no round trip', (_, offset, delay) => {
    const { clock, reporter, hear } = new Desk();
    clock.advanceSync(100_000);
    const now = Number((BigInt(Math.round(clock.epochMs() * 65.536)) + (2_208_988_800n << 16n)) & 0xffff_ffffn);
    const lastSr = Math.round(now + offset) >>> 0;
    hear([{ type: 'rr', ssrc: THEIRS, reports: [{ ...block, lastSr, delaySinceLastSr: Math.round(delay) }] }]);
    expect(reporter.roundTripMs).toBeNull();
    hear([{ type: 'rr', ssrc: THEIRS, reports: [{ ...block, lastSr: (now - 6554) >>> 0, delaySinceLastSr: 3277 }] }]);
    expect(reporter.roundTripMs).toBeCloseTo(50, 0);
  });
});

describe('what we say', () => {
  test('RFC 3550 §6.4 SR while something was sent since the report before the last, RR afterwards', () => {
    const { clock, say } = new Desk();
    const kinds = [10, 20, 20, 20, 21].map((packetsSent) => {
      clock.advanceSync(5000);
      return say({ sending: { rtpTimestamp: 0, packetsSent, bytesSent: 0 } })[0]?.type;
    });
    expect(kinds).toEqual(['sr', 'sr', 'sr', 'rr', 'sr']);
  });

  test('RFC 3550 §6.3.4 after the BYE of a source its last SR is told no more', () => {
    const { clock, hear, say } = new Desk();
    const source = new ReceiverStats(THEIRS, 1);
    const sr = { ssrc: THEIRS, ntpSeconds: 1, ntpFraction: 0, rtpTimestamp: 0, packetCount: 1, octetCount: 1 };
    hear([{ type: 'sr', ...sr, reports: [] }]);
    source.receive(1, 160);
    expect(say({ source })[0]).toMatchObject({ reports: [{ ssrc: THEIRS, lastSr: 0x1_0000 }] });
    hear([{ type: 'bye', ssrcs: [THEIRS], reason: null }]);
    clock.advanceSync(5000);
    source.receive(2, 160);
    expect(say({ source })[0]).toMatchObject({ reports: [{ ssrc: THEIRS, lastSr: 0, delaySinceLastSr: 0 }] });
    expect(say({ source })[0]).toMatchObject({ reports: [] });
  });

  test('RFC 3611 §4.7 metrics go between SDES and BYE, as long as the leg has them', () => {
    const { say } = new Desk();
    expect(say({ metrics, bye: true }).map(({ type }) => type)).toEqual(['rr', 'sdes', 'xr', 'bye']);
    expect(say({ metrics })[2]).toEqual({ type: 'xr', ssrc: OURS, blocks: [metrics] });
    expect(say({ metrics: null }).map(({ type }) => type)).toEqual(['rr', 'sdes']);
  });

  test('RFC 3611 §4.4, §4.5 two that only receive learn the round trip from reference time and DLRR', () => {
    const desk = new Desk();
    const { clock, reporter, hear, say } = desk;
    const peer = desk.reporterOf(THEIRS);
    const asked = say({ asksRoundTrip: true });
    expect(asked[2]).toMatchObject({ type: 'xr', blocks: [{ type: 'receiver-reference-time' }] });
    clock.advanceSync(30);
    const bytes = Buffer.alloc(512);
    peer.receive(bytes, writeRtcp(bytes, asked), clock.nowMs());
    clock.advanceSync(1000);
    const answer = say({}, peer);
    expect(answer[2]).toMatchObject({ type: 'xr', blocks: [{ type: 'dlrr', receivers: [{ ssrc: OURS }] }] });
    clock.advanceSync(30);
    hear(answer);
    expect(reporter.roundTripMs).toBeGreaterThan(58);
    expect(reporter.roundTripMs).toBeLessThan(62);
    expect(say({}, peer)[2]).toBeUndefined();
    const sending = { rtpTimestamp: 0, packetsSent: 9, bytesSent: 0 };
    expect(say({ sending, asksRoundTrip: true })[2]).toBeUndefined();
  });
});
