import type { CallId } from '../../base/ids.js';
import type { CallState, CallView } from '../../contract/v1.js';
import type { EndCause } from './call-end.js';
import type { CallRunner } from './call-runner.js';

/** Every call there is: live ones by their id, and those whose SIP side is still finishing. */
export class CallTable {
  /** Calls made since the start. */
  total = 0;
  readonly #live = new Map<CallId, CallRunner>();
  readonly #closing = new Set<CallRunner>();
  readonly #emptied: (() => void)[] = [];

  /** Calls that count against max_conn. */
  get size(): number {
    return this.#live.size + this.#closing.size;
  }

  add(call: CallRunner): void {
    this.total += 1;
    this.#live.set(call.info.callId, call);
  }

  get(callId: CallId): CallRunner | undefined {
    return this.#live.get(callId);
  }

  live(): CallRunner[] {
    return [...this.#live.values()];
  }

  /** The call has reached its end; its SIP session may still wait for an answer. */
  finished(call: CallRunner): void {
    if (this.#live.delete(call.info.callId)) this.#closing.add(call);
  }

  forgotten(call: CallRunner): void {
    this.#live.delete(call.info.callId);
    this.#closing.delete(call);
    if (this.size === 0) for (const tell of this.#emptied.splice(0)) tell();
  }

  closeAll(cause: EndCause): void {
    for (const call of this.live()) call.post({ type: 'close', cause, code: 503, reason: 'Service Unavailable' });
  }

  /** Resolves when no call is left. */
  emptied(): Promise<void> {
    if (this.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#emptied.push(resolve));
  }
}

function stateWord(call: CallRunner): CallState {
  switch (call.call.phase.at) {
    case 'deciding':
    case 'opening':
    case 'calling':
      return 'Connecting';
    case 'waiting':
      return call.call.phase.isQuiet === true ? 'Connecting' : 'Ringing';
    case 'ringing':
      return 'Ringing';
    case 'connected':
      return 'Connected';
    case 'ending':
    case 'ended':
      return call.call.phase.end.state;
  }
}

/** One row of GET /sip/calls (contract 3.3). */
export function viewOf(call: CallRunner): CallView {
  const { info } = call;
  return {
    session_id: info.callId,
    call_id: info.callId,
    direction: info.direction,
    room_id: call.call.roomId ?? '',
    peer_id: call.peer,
    from_number: info.fromNumber,
    to_number: info.toNumber,
    state: stateWord(call),
    codec: call.codec,
    server_alias: info.serverAlias,
    started_at: info.startedAtMs,
    answered_at: call.answeredAtMs,
  };
}
