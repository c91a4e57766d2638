import type { Via } from '../header-values.js';
import type { SipRequest } from '../message.js';
import { isAddress } from '../transport/tls-identity.js';
import { type Flow, isWebSocket } from '../transport/transport.js';

/** An INVITE without a final response. */
export interface RingingCall {
  readonly invite: SipRequest;
  readonly callerFlow: Flow;
  transportFailed(): void;
}

/**
 * Whether a response may find its way at the sent-by of the request: the address that the request came from, or a
 * name. Another address is one behind NAT, and a WebSocket client cannot be dialled.
 */
function mayListen(top: Via | undefined, flow: Flow): boolean {
  if (top === undefined || isWebSocket(flow.kind)) return false;
  return !isAddress(top.host) || top.host === flow.remote.address;
}

/**
 * Calls that ring while their caller's connection may close. RFC 3261 §18.2.2 lets a response leave over a new
 * connection to the sent-by: where the caller may be listening that way is opened at once, and the call goes on
 * ringing when somebody is there. Else nobody will hear of an answer, and the call ends (`transport`) instead of
 * ringing on until its time-out.
 */
export class RingingCalls {
  /** Of streams only; by the connection's id. As many as there are sessions. */
  readonly #byConnection = new Map<string, Set<RingingCall>>();

  add(call: RingingCall): void {
    const { connectionId } = call.callerFlow;
    if (connectionId === null) return;
    const calls = this.#byConnection.get(connectionId);
    if (calls === undefined) this.#byConnection.set(connectionId, new Set([call]));
    else calls.add(call);
  }

  delete(call: RingingCall): void {
    const { connectionId } = call.callerFlow;
    const calls = connectionId === null ? undefined : this.#byConnection.get(connectionId);
    if (connectionId === null || calls?.delete(call) !== true) return;
    if (calls.size === 0) this.#byConnection.delete(connectionId);
  }

  flowClosed(flow: Flow, reopen: (flow: Flow, top: Via | undefined) => Promise<unknown>): void {
    for (const call of [...(this.#byConnection.get(flow.connectionId ?? '') ?? [])]) {
      const top = call.invite.via[0];
      if (mayListen(top, flow)) reopen(flow, top).catch(() => this.#lose(call));
      else this.#lose(call);
    }
  }

  /** Not one that was answered or cancelled while the connection was being opened. */
  #lose(call: RingingCall): void {
    const { connectionId } = call.callerFlow;
    if (this.#byConnection.get(connectionId ?? '')?.has(call) === true) call.transportFailed();
  }
}
