import type { VoipMetrics } from '../rtcp/extended-report.js';
import type { ReceiverStats } from '../rtp/receiver-stats.js';
import { burstRatioOf, impairmentOf, mosOf, rFactorOf } from './e-model.js';
import { gmin, type Stretch } from './loss-pattern.js';

/** Deeper than this no jitter buffer of ours gets (media/jitter-buffer.ts). */
const BUFFER_MAXIMUM_MS = 200;
/** RFC 3611 §4.7.6: the buffer follows the jitter of two seconds, which is more than the field can say. */
const SLOWEST_ADAPTATION = 15;
const BEAT_MS = 20;

export interface ListenerFigures {
  readonly source: ReceiverStats;
  readonly codec: string;
  /** The sound in one packet of theirs, and of ours. */
  readonly packetMs: number;
  readonly sendPtimeMs: number;
  readonly bufferMs: number;
  /** What the jitter buffer aims at. */
  readonly bufferTargetMs: number;
  readonly roundTripMs: number | null;
}

/** How we hear one source since it began, as RFC 3611 §4.7 has it; levels and echo are not measured. */
export function voipMetricsOf(figures: ListenerFigures): VoipMetrics {
  const { source, packetMs, bufferMs } = figures;
  const { packets, lost, discarded, runs, bursts, gaps } = source.pattern;
  // One beat is mixed at a time.
  const endSystemDelayMs = bufferMs + BEAT_MS + figures.sendPtimeMs;
  const heard = {
    impairment: impairmentOf(figures.codec),
    lossFraction: packets === 0 ? 0 : (lost + discarded) / packets,
    burstRatio: burstRatioOf(lost + discarded, runs, packets),
  };
  const delayMs = packetMs + bufferMs + (figures.roundTripMs ?? 0) / 2;
  const rFactor = rFactorOf({ ...heard, delayMs });
  return {
    type: 'voip-metrics',
    ssrc: source.ssrc,
    lossRate: shareOf(lost, packets),
    discardRate: shareOf(discarded, packets),
    burstDensity: shareOf(bursts.missing, bursts.packets),
    gapDensity: shareOf(gaps.missing, gaps.packets),
    burstDurationMs: meanMs(bursts, packetMs),
    gapDurationMs: meanMs(gaps, packetMs),
    roundTripMs: figures.roundTripMs,
    endSystemDelayMs,
    signalLevelDb: null,
    noiseLevelDb: null,
    residualEchoReturnLossDb: null,
    gmin,
    rFactor: packets === 0 ? null : rFactor,
    externalRFactor: null,
    mosLq: packets === 0 ? null : mosOf(rFactorOf({ ...heard, delayMs: 0 })),
    mosCq: packets === 0 ? null : mosOf(rFactor),
    concealment: 'enhanced',
    adaptation: 'adaptive',
    bufferRate: SLOWEST_ADAPTATION,
    bufferNominalMs: figures.bufferTargetMs,
    bufferMaximumMs: BUFFER_MAXIMUM_MS,
    bufferAbsoluteMaximumMs: BUFFER_MAXIMUM_MS,
  };
}

/** In 1/256; a whole does not fit into the byte. */
function shareOf(part: number, whole: number): number {
  return whole === 0 ? 0 : Math.min(255, Math.floor((part * 256) / whole));
}

function meanMs({ packets, count }: Stretch, packetMs: number): number {
  return count === 0 ? 0 : (packets * packetMs) / count;
}
