import type { Clock } from '../../base/clock.js';
import type { Logger } from '../../base/log.js';
import type { CallEventBody, CallState, DtmfEventBody } from '../../contract/v1.js';
import type { HookClient } from '../hooks/client.js';
import type { CallEnd } from './call-end.js';
import type { CallRunner } from './call-runner.js';
import type { Digit } from './digit-filter.js';

export interface ReporterOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly hooks: HookClient;
  /** `call_events`: every call is reported, not only those that name a hook_uri. */
  readonly callEvents: boolean;
}

/** Who follows the calls beside the application: the presence of the users. */
export interface CallListener {
  /** A state that is not the last one. */
  onState(call: CallRunner, state: 'Connecting' | 'Ringing' | 'Connected'): void;
  /** Exactly once per call, last. */
  onEnd(call: CallRunner, end: CallEnd): void;
}

/** Tells the application (contract 2.5) and the log what became of a call; keeps the totals. */
export class CallReporter {
  readonly counters = { started: 0, answered: 0, rejected: 0, canceled: 0, failed: 0, ended: 0 };
  readonly #options: ReporterOptions;
  readonly #listeners: CallListener[] = [];

  constructor(options: ReporterOptions) {
    this.#options = options;
  }

  listen(listener: CallListener): void {
    this.#listeners.push(listener);
  }

  state(call: CallRunner, state: 'Connecting' | 'Ringing' | 'Connected'): void {
    if (state === 'Connecting') this.counters.started += 1;
    if (state === 'Connected') this.counters.answered += 1;
    const names = { Connecting: 'call.started', Ringing: 'call.ringing', Connected: 'call.answered' } as const;
    const { callId, direction, fromNumber, toNumber } = call.info;
    this.#options.log.info(names[state], {
      callId,
      direction,
      ...(state === 'Connecting' ? { from: fromNumber, to: toNumber } : {}),
      ...(call.call.roomId === null ? {} : { roomId: call.call.roomId, peer: call.peer }),
      ...(state === 'Connected' ? { codec: call.codec, srtp: call.srtp } : {}),
      afterMs: this.#options.clock.epochMs() - call.info.startedAtMs,
    });
    this.#send(call, state, null, null);
    for (const listener of this.#listeners) listener.onState(call, state);
  }

  /** A key of the peer. The log does not tell which one: it may be of a PIN. */
  digit(call: CallRunner, { digit, durationMs, source }: Digit): void {
    const { info } = call;
    this.#options.log.info('call.dtmf', { callId: info.callId, durationMs, source });
    if (!this.#options.callEvents) return;
    const body: DtmfEventBody = {
      type: 'dtmf',
      direction: info.direction,
      session_id: info.callId,
      room_id: call.call.roomId ?? '',
      peer_id: call.peer,
      digit,
      duration_ms: durationMs,
      source,
      ts: this.#options.clock.epochMs(),
    };
    this.#options.hooks.event(body, info.hookUri);
  }

  /** The one terminal event of a call. */
  end(call: CallRunner, end: CallEnd): void {
    const totals = { Rejected: 'rejected', Canceled: 'canceled', Failed: 'failed', Ended: 'ended' } as const;
    this.counters[totals[end.state]] += 1;
    const { callId, direction, startedAtMs } = call.info;
    const nowMs = this.#options.clock.epochMs();
    this.#options.log.info('call.ended', {
      callId,
      direction,
      state: end.state,
      cause: end.cause,
      code: end.code,
      reason: end.reason,
      roomId: call.call.roomId,
      afterMs: nowMs - startedAtMs,
      talkedMs: call.answeredAtMs === null ? 0 : nowMs - call.answeredAtMs,
      // A refusal explains itself: what was asked, and who answered what.
      ...(end.state === 'Ended' ? {} : { trace: call.trace }),
    });
    this.#send(call, end.state, end.code, end.reason);
    for (const listener of this.#listeners) listener.onEnd(call, end);
  }

  #send(call: CallRunner, state: CallState, code: number | null, reason: string | null): void {
    const { info } = call;
    if (!this.#options.callEvents && info.hookUri === null) return;
    const body: CallEventBody = {
      type: 'call',
      direction: info.direction,
      session_id: info.callId,
      room_id: call.call.roomId ?? '',
      peer_id: call.peer,
      from_number: info.fromNumber,
      to_number: info.toNumber,
      server_alias: info.serverAlias,
      state,
      code,
      reason,
      ts: this.#options.clock.epochMs(),
    };
    this.#options.hooks.event(body, info.hookUri);
  }
}
