import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { MediaEventBody } from '../../contract/quality.js';
import type { OneWayNews, QualitySummary } from '../../media/index.js';
import type { LegEvent } from '../../rooms/index.js';
import type { HookClient } from '../hooks/client.js';
import type { CallRunner } from './call-runner.js';
import { Histogram, type HistogramView } from './histogram.js';
import { viewOfOneWay, viewOfSummary } from './quality-view.js';

export interface MediaReporterOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly hooks: HookClient;
  /** `call_events`: every call is reported, not only those that name a hook_uri. */
  readonly callEvents: boolean;
  /** `media_events`: the application wants these too. */
  readonly mediaEvents: boolean;
}

const mosBounds = [1.5, 2, 2.6, 3.1, 3.6, 4, 4.3, 4.5];
const percentBounds = [0.1, 0.5, 1, 2, 5, 10, 20, 50];
const delayBounds = [10, 20, 50, 100, 150, 200, 300, 500, 1000];

/** Tells the log, the application and the metrics how calls sound. */
export class MediaReporter {
  readonly counters = { oneWay: 0 };
  readonly #options: MediaReporterOptions;
  /** Calls on which sound goes one way only, now; no more than there are calls. */
  readonly #oneWay = new Set<CallRunner>();
  readonly #histograms = {
    call_mos_in: new Histogram(mosBounds),
    call_mos_out: new Histogram(mosBounds),
    call_loss_percent_in: new Histogram(percentBounds),
    call_loss_percent_out: new Histogram(percentBounds),
    call_jitter_ms_in: new Histogram(delayBounds),
    call_round_trip_ms: new Histogram(delayBounds),
  };

  constructor(options: MediaReporterOptions) {
    this.#options = options;
  }

  get oneWayNow(): number {
    return this.#oneWay.size;
  }

  histograms(): Readonly<Record<string, HistogramView>> {
    return Object.fromEntries(Object.entries(this.#histograms).map(([name, histogram]) => [name, histogram.view()]));
  }

  ways(call: CallRunner, event: Extract<LegEvent, { type: 'media-one-way' | 'media-two-way' }>): void {
    if (event.type === 'media-one-way') this.#oneWayBegan(call, event.news);
    else this.#oneWayEnded(call);
  }

  #oneWayBegan(call: CallRunner, news: OneWayNews): void {
    this.counters.oneWay += 1;
    this.#oneWay.add(call);
    const view = viewOfOneWay(news);
    const { callId } = call.info;
    this.#options.log.warn('media.one_way', {
      callId,
      way: view.way,
      cause: view.cause,
      silentMs: view.silent_ms,
      local: view.local,
      sdp: view.sdp,
      sdpIsPrivate: view.sdp_private,
      latched: view.latched,
      refused: view.refused,
      packetsSent: view.packets_sent,
      packetsReceived: view.packets_received,
    });
    this.#send(call, { event: 'one_way', one_way: view, quality: null });
  }

  #oneWayEnded(call: CallRunner): void {
    if (!this.#oneWay.delete(call)) return;
    this.#options.log.info('media.two_way', { callId: call.info.callId });
    this.#send(call, { event: 'two_way', one_way: null, quality: null });
  }

  /** The call is over. */
  ended(call: CallRunner): void {
    this.#oneWay.delete(call);
  }

  /** The last figures of a call's media; they come a little after its end, and not from a lost media host. */
  quality(call: CallRunner, summary: QualitySummary): void {
    if (summary.seconds === 0) return;
    const view = viewOfSummary(summary);
    const histograms = this.#histograms;
    const observe = (histogram: Histogram, spread: { readonly avg: number } | null): void => {
      if (spread !== null) histogram.add(spread.avg);
    };
    observe(histograms.call_mos_in, summary.in.mos);
    observe(histograms.call_mos_out, summary.out.mos);
    observe(histograms.call_loss_percent_in, summary.in.lossPercent);
    observe(histograms.call_loss_percent_out, summary.out.lossPercent);
    observe(histograms.call_jitter_ms_in, summary.in.jitterMs);
    observe(histograms.call_round_trip_ms, summary.out.roundTripMs);
    this.#options.log.info('call.quality', { callId: call.info.callId, ...view });
    this.#send(call, { event: 'quality', one_way: null, quality: view });
  }

  #send(call: CallRunner, news: Pick<MediaEventBody, 'event' | 'one_way' | 'quality'>): void {
    const { mediaEvents, callEvents, hooks, clock } = this.#options;
    const { callId, hookUri } = call.info;
    if (!mediaEvents || (!callEvents && hookUri === null)) return;
    const body: MediaEventBody = {
      type: 'media',
      ...news,
      session_id: callId,
      room_id: call.call.roomId ?? '',
      peer_id: call.peer,
      ts: clock.epochMs(),
    };
    hooks.event(body, hookUri);
  }
}
