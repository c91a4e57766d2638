import type { OneWayNews } from '../one-way.js';
import type { ReceiverStats } from '../rtp/receiver-stats.js';
import type { LegMedia } from '../sdp/leg-media.js';
import { burstRatioOf, impairmentOf, mosOf, rFactorOf } from './e-model.js';
import type { LossPattern } from './loss-pattern.js';
import type { Far, HeardSummary, QualityReport, QualitySummary, ToldSummary } from './report.js';
import { emptyRow, QualitySeries } from './series.js';
import { Spread } from './spread.js';

const SECOND_MS = 1000;
/** Seconds without a beat that are filled with empty rows; a longer stop is told as this long. */
const MAX_MISSED_SECONDS = 300;
const BEAT_MS = 20;
/** What a far jitter buffer is taken to add while the peer does not say. */
const FAR_BUFFER_MS = 40;

/** The way in, as far as it is measured (media/leg-receiver.ts). */
export interface HeardFigures {
  readonly source: ReceiverStats | null;
  readonly packetsReceived: number;
  readonly framesConcealed: number;
  /** How long the packet that was heard last had waited. */
  readonly bufferMs: number;
  /** The sound in that packet. */
  readonly packetMs: number;
  /** Of that packet; null while nothing is heard. */
  readonly codec: string | null;
}

export interface QualitySources {
  readonly heard: HeardFigures;
  readonly told: { readonly packetsSent: number };
  readonly far: Far;
}

/** What there was at the end of the second before. */
interface Before {
  source: ReceiverStats | null;
  received: number;
  concealed: number;
  sent: number;
  judged: number;
  lost: number;
  late: number;
  runs: number;
}

/**
 * How one leg sounds, second by second and over the whole call: what we hear of the peer from our own figures, what it
 * hears of us from its RTCP. Begins when the peer's address is known. Asked once a beat, works once a second, and
 * allocates once a minute.
 */
export class LegQuality {
  readonly #sources: QualitySources;
  readonly #series = new QualitySeries();
  readonly #row = emptyRow();
  readonly #before: Before = {
    source: null,
    received: 0,
    concealed: 0,
    sent: 0,
    judged: 0,
    lost: 0,
    late: 0,
    runs: 0,
  };
  readonly #totals = { lost: 0, late: 0, concealedMs: 0, seconds: 0 };
  readonly #heard = {
    loss: percents(),
    jitter: new Spread({ step: 2 }),
    buffer: new Spread({ step: 5 }),
    mos: scores(),
  };
  readonly #told = {
    loss: percents(),
    jitter: new Spread({ step: 2 }),
    roundTrip: new Spread({ step: 20 }),
    mos: scores(),
  };
  #media: LegMedia | null = null;
  #startMs = Number.NaN;
  #nextMs = Number.POSITIVE_INFINITY;

  constructor(sources: QualitySources) {
    this.#sources = sources;
  }

  /** What an offer and answer agreed on. */
  set(media: LegMedia, nowMs: number): void {
    this.#media = media;
    if (media.remote === null || !Number.isNaN(this.#startMs)) return;
    this.#startMs = nowMs;
    this.#nextMs = nowMs + SECOND_MS;
  }

  /** Once per beat. No allocation but one block each minute. */
  beat(nowMs: number): void {
    if (nowMs < this.#nextMs) return;
    const missed = Math.floor((nowMs - this.#nextMs) / SECOND_MS);
    this.#nextMs += (missed + 1) * SECOND_MS;
    this.#clear();
    for (let i = Math.min(MAX_MISSED_SECONDS, missed); i > 0; i -= 1) this.#series.push(this.#row);
    this.#measure();
    this.#series.push(this.#row);
  }

  /** @param oneWayCount how often a broken way was noticed */
  summary(oneWayCount: number): QualitySummary {
    return { seconds: this.#totals.seconds, oneWayCount, in: this.#heardSummary(), out: this.#toldSummary() };
  }

  /** Everything that is kept. @param epochOffsetMs from the clock's time to that since 1970 */
  report(epochOffsetMs: number, oneWay: OneWayNews | null, oneWayCount: number): QualityReport {
    const startedAtMs = Number.isNaN(this.#startMs) ? null : this.#startMs + epochOffsetMs;
    return { startedAtMs, oneWay, series: this.#series.read(), summary: this.summary(oneWayCount) };
  }

  #clear(): void {
    const row = this.#row;
    row.received = row.lost = row.late = row.longestRun = row.jitterMs = row.bufferMs = row.concealedMs = Number.NaN;
    row.rFactor = row.sent = row.remoteLossPercent = row.remoteJitterMs = row.roundTripMs = Number.NaN;
    row.remoteRFactor = Number.NaN;
  }

  #measure(): void {
    this.#totals.seconds += 1;
    this.#measureHeard();
    this.#measureTold();
  }

  #measureHeard(): void {
    const { heard, far } = this.#sources;
    const row = this.#row;
    const before = this.#before;
    row.received = heard.packetsReceived - before.received;
    row.concealedMs = (heard.framesConcealed - before.concealed) * BEAT_MS;
    before.received = heard.packetsReceived;
    before.concealed = heard.framesConcealed;
    this.#totals.concealedMs += row.concealedMs;
    const { source } = heard;
    if (source === null) return;
    if (source !== before.source) this.#beginSource(source);
    const { pattern } = source;
    const judged = pattern.packets - before.judged;
    row.lost = pattern.lost - before.lost;
    row.late = pattern.discarded - before.late;
    row.longestRun = pattern.takeLongestRun();
    const missing = row.lost + row.late;
    this.#totals.lost += row.lost;
    this.#totals.late += row.late;
    if (row.received > 0) {
      row.jitterMs = source.jitterMs;
      row.bufferMs = heard.bufferMs;
    }
    this.#heard.jitter.add(row.jitterMs);
    this.#heard.buffer.add(row.bufferMs);
    if (judged > 0) {
      const codec = heard.codec ?? this.#media?.receive[0]?.codec ?? '';
      row.rFactor = rFactorOf({
        impairment: impairmentOf(codec),
        lossFraction: missing / judged,
        burstRatio: burstRatioOf(missing, pattern.runs - before.runs, judged),
        delayMs: heard.packetMs + heard.bufferMs + (far.roundTripMs ?? 0) / 2,
      });
      this.#heard.loss.add((missing * 100) / judged);
      this.#heard.mos.add(mosOf(row.rFactor));
    }
    this.#keep(pattern);
  }

  #beginSource(source: ReceiverStats): void {
    const before = this.#before;
    before.source = source;
    before.judged = 0;
    before.lost = 0;
    before.late = 0;
    before.runs = 0;
  }

  #keep(pattern: LossPattern): void {
    const before = this.#before;
    before.judged = pattern.packets;
    before.lost = pattern.lost;
    before.late = pattern.discarded;
    before.runs = pattern.runs;
  }

  #measureTold(): void {
    const { told, far } = this.#sources;
    const row = this.#row;
    row.sent = told.packetsSent - this.#before.sent;
    this.#before.sent = told.packetsSent;
    const send = this.#media?.send ?? null;
    if (row.sent === 0 || send === null) return;
    if (far.roundTripMs !== null) row.roundTripMs = far.roundTripMs;
    this.#told.roundTrip.add(row.roundTripMs);
    if (far.remoteLostFraction === null) return;
    const discarded = (far.remoteMetrics?.discardRate ?? 0) / 256;
    row.remoteLossPercent = far.remoteLostFraction * 100;
    row.remoteJitterMs = ((far.remoteJitterTicks ?? 0) * 1000) / send.clockRateHz;
    row.remoteRFactor = rFactorOf({
      impairment: impairmentOf(send.codec),
      lossFraction: Math.min(1, far.remoteLostFraction + discarded),
      burstRatio: 1,
      delayMs:
        BEAT_MS +
        send.ptimeMs +
        (far.roundTripMs ?? 0) / 2 +
        (far.remoteMetrics === null ? FAR_BUFFER_MS : far.remoteMetrics.bufferNominalMs),
    });
    this.#told.loss.add(row.remoteLossPercent);
    this.#told.jitter.add(row.remoteJitterMs);
    this.#told.mos.add(mosOf(row.remoteRFactor));
  }

  #heardSummary(): HeardSummary {
    const { heard } = this.#sources;
    const packetMs = heard.packetMs;
    const { bursts, gaps } = heard.source?.pattern ?? { bursts: nothing, gaps: nothing };
    return {
      codec: heard.codec ?? this.#media?.receive[0]?.codec ?? null,
      packets: heard.packetsReceived,
      lost: this.#totals.lost,
      late: this.#totals.late,
      concealedMs: this.#totals.concealedMs,
      bursts: bursts.count,
      burstDensity: bursts.packets === 0 ? 0 : bursts.missing / bursts.packets,
      burstMs: bursts.count === 0 ? 0 : (bursts.packets * packetMs) / bursts.count,
      gapDensity: gaps.packets === 0 ? 0 : gaps.missing / gaps.packets,
      gapMs: gaps.count === 0 ? 0 : (gaps.packets * packetMs) / gaps.count,
      lossPercent: this.#heard.loss.summary(),
      jitterMs: this.#heard.jitter.summary(),
      bufferMs: this.#heard.buffer.summary(),
      mos: this.#heard.mos.summary(),
    };
  }

  #toldSummary(): ToldSummary {
    const { told, far } = this.#sources;
    return {
      codec: this.#media?.send?.codec ?? null,
      packets: told.packetsSent,
      lost: far.remoteLost,
      lossPercent: this.#told.loss.summary(),
      jitterMs: this.#told.jitter.summary(),
      roundTripMs: this.#told.roundTrip.summary(),
      mos: this.#told.mos.summary(),
      metrics: far.remoteMetrics,
    };
  }
}

const nothing = { packets: 0, missing: 0, count: 0 };

function percents(): Spread {
  return new Spread({ step: 0.5 });
}

function scores(): Spread {
  return new Spread({ from: 1, step: 0.1, isLessWorse: true });
}
