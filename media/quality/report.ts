import type { OneWayNews } from '../one-way.js';
import type { VoipMetrics } from '../rtcp/extended-report.js';
import type { SeriesData } from './series.js';
import type { SpreadSummary } from './spread.js';

/** What the peer says of its side (media/rtcp/reporter.ts); null: it said nothing. */
export interface Far {
  readonly roundTripMs: number | null;
  readonly remoteLostFraction: number | null;
  readonly remoteLost: number | null;
  readonly remoteJitterTicks: number | null;
  readonly remoteMetrics: VoipMetrics | null;
}

/** A whole call as we heard it. The spreads are over its seconds; null: there was none with a figure. */
export interface HeardSummary {
  readonly codec: string | null;
  readonly packets: number;
  readonly lost: number;
  /** Came too late to be heard. */
  readonly late: number;
  readonly concealedMs: number;
  /** RFC 3611 §4.7.2, of the last source: how many bursts, their share of missing packets, their mean length. */
  readonly bursts: number;
  readonly burstDensity: number;
  readonly burstMs: number;
  readonly gapDensity: number;
  readonly gapMs: number;
  readonly lossPercent: SpreadSummary | null;
  readonly jitterMs: SpreadSummary | null;
  readonly bufferMs: SpreadSummary | null;
  readonly mos: SpreadSummary | null;
}

/** The same as the peer heard us, by its RTCP. */
export interface ToldSummary {
  readonly codec: string | null;
  readonly packets: number;
  readonly lost: number | null;
  readonly lossPercent: SpreadSummary | null;
  readonly jitterMs: SpreadSummary | null;
  readonly roundTripMs: SpreadSummary | null;
  readonly mos: SpreadSummary | null;
  /** Its last VoIP metrics (RFC 3611 §4.7). */
  readonly metrics: VoipMetrics | null;
}

export interface QualitySummary {
  /** Measured. */
  readonly seconds: number;
  /** How often sound went one way only. */
  readonly oneWayCount: number;
  readonly in: HeardSummary;
  readonly out: ToldSummary;
}

/** All that is known of a leg that is up; plain data, because it crosses from the media host. */
export interface QualityReport {
  /** When the first second began, since 1970; null: media has not begun. */
  readonly startedAtMs: number | null;
  /** Sound goes one way only, now. */
  readonly oneWay: OneWayNews | null;
  readonly series: SeriesData;
  readonly summary: QualitySummary;
}
