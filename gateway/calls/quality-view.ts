import { privateRanges } from '../../base/ip-ranges.js';
import type {
  OneWayView,
  QualityRow,
  QualitySummaryView,
  QualityView,
  VoipMetricsView,
} from '../../contract/quality.js';
import {
  mosOf,
  type OneWayNews,
  type QualityReport,
  type QualitySummary,
  readRows,
  type SpreadSummary,
  secondsPerMinute,
  type VoipMetrics,
} from '../../media/index.js';

/** GET /sip/conn/{conn_id}/quality. */
export function viewOfQuality(sessionId: string, report: QualityReport): QualityView {
  const { series, startedAtMs } = report;
  const rowsFrom = (data: readonly number[], first: number, stepMs: number): QualityRow[] =>
    readRows(data).map((row, index) => viewOfRow(row, (startedAtMs ?? 0) + (first + index) * stepMs));
  return {
    session_id: sessionId,
    one_way: report.oneWay === null ? null : viewOfOneWay(report.oneWay),
    seconds: rowsFrom(series.seconds, series.firstSecond, 1000),
    minutes: rowsFrom(series.minutes, series.firstMinute, secondsPerMinute * 1000),
    summary: viewOfSummary(report.summary),
  };
}

function viewOfRow(row: ReturnType<typeof readRows>[number], atMs: number): QualityRow {
  return {
    at: Math.round(atMs),
    in: {
      packets: row.received,
      lost: row.lost,
      late: row.late,
      longest_run: row.longestRun,
      jitter_ms: row.jitterMs,
      buffer_ms: row.bufferMs,
      concealed_ms: row.concealedMs,
      r: row.rFactor,
      mos: scoreOf(row.rFactor),
    },
    out: {
      packets: row.sent,
      loss_percent: row.remoteLossPercent,
      jitter_ms: row.remoteJitterMs,
      round_trip_ms: row.roundTripMs,
      r: row.remoteRFactor,
      mos: scoreOf(row.remoteRFactor),
    },
  };
}

function scoreOf(rFactor: number | null): number | null {
  return rFactor === null ? null : rounded(mosOf(rFactor));
}

export function viewOfSummary(summary: QualitySummary): QualitySummaryView {
  const heard = summary.in;
  const told = summary.out;
  return {
    seconds: summary.seconds,
    one_way_count: summary.oneWayCount,
    in: {
      codec: heard.codec,
      packets: heard.packets,
      lost: heard.lost,
      late: heard.late,
      concealed_ms: Math.round(heard.concealedMs),
      bursts: heard.bursts,
      burst_percent: rounded(heard.burstDensity * 100),
      burst_ms: rounded(heard.burstMs),
      gap_percent: rounded(heard.gapDensity * 100),
      gap_ms: rounded(heard.gapMs),
      loss_percent: viewOfSpread(heard.lossPercent),
      jitter_ms: viewOfSpread(heard.jitterMs),
      buffer_ms: viewOfSpread(heard.bufferMs),
      mos: viewOfSpread(heard.mos),
    },
    out: {
      codec: told.codec,
      packets: told.packets,
      lost: told.lost,
      loss_percent: viewOfSpread(told.lossPercent),
      jitter_ms: viewOfSpread(told.jitterMs),
      round_trip_ms: viewOfSpread(told.roundTripMs),
      mos: viewOfSpread(told.mos),
      voip_metrics: told.metrics === null ? null : viewOfMetrics(told.metrics),
    },
  };
}

function viewOfMetrics(metrics: VoipMetrics): VoipMetricsView {
  const percent = (share: number): number => rounded((share * 100) / 256);
  return {
    loss_percent: percent(metrics.lossRate),
    discard_percent: percent(metrics.discardRate),
    burst_percent: percent(metrics.burstDensity),
    gap_percent: percent(metrics.gapDensity),
    burst_ms: metrics.burstDurationMs,
    gap_ms: metrics.gapDurationMs,
    round_trip_ms: metrics.roundTripMs,
    end_system_delay_ms: metrics.endSystemDelayMs,
    signal_level_db: metrics.signalLevelDb,
    noise_level_db: metrics.noiseLevelDb,
    echo_return_loss_db: metrics.residualEchoReturnLossDb,
    r: metrics.rFactor,
    mos_lq: metrics.mosLq,
    mos_cq: metrics.mosCq,
    buffer_nominal_ms: metrics.bufferNominalMs,
    buffer_maximum_ms: metrics.bufferMaximumMs,
  };
}

export function viewOfOneWay(news: OneWayNews): OneWayView {
  return {
    way: news.direction,
    cause: news.cause,
    silent_ms: Math.round(news.silentMs),
    local: news.local,
    sdp: news.sdp,
    sdp_private: privateRanges.contains(hostOf(news.sdp)),
    latched: news.latched,
    refused: news.refused,
    packets_sent: news.packetsSent,
    packets_received: news.packetsReceived,
  };
}

/** `ip:port` or `[ipv6]:port` without the port. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

function viewOfSpread(spread: SpreadSummary | null): SpreadSummary | null {
  if (spread === null) return null;
  const { min, avg, max, p95 } = spread;
  return { min: rounded(min), avg: rounded(avg), max: rounded(max), p95: rounded(p95) };
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
