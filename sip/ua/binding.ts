import type { SocketAddress } from '../../base/network.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { TransportKind } from '../transport/transport.js';

/** Where a REGISTER came from, as plain data: a binding outlives the connection that it came over. */
export interface BindingFlow {
  readonly kind: TransportKind;
  readonly local: SocketAddress;
  readonly remote: SocketAddress;
  /** Of a stream connection; null for UDP. */
  readonly connectionId: string | null;
}

/** One Contact of an address of record: RFC 3261 §10.3, RFC 3327 §5.3, RFC 5626 §6. Plain data, so that it can be stored. */
export interface Binding {
  /** Unique in its store; stays through refreshes. */
  readonly id: string;
  /** The Contact URI as registered. */
  readonly contact: string;
  /** The other Contact parameters as registered, `q` and feature parameters (RFC 3840 §9) among them, without `expires`. */
  readonly params: Readonly<Record<string, string | null>>;
  /** `+sip.instance` (RFC 5626 §4.1) with its angle brackets, or null. */
  readonly instance: string | null;
  /** `reg-id` of a binding that RFC 5626 §6 keys by its flow; null for one that is keyed by its Contact. */
  readonly regId: number | null;
  /** 0 … 1. */
  readonly q: number;
  readonly callId: string;
  readonly sequence: number;
  /** The Path header field values, topmost first. */
  readonly path: readonly string[];
  readonly flow: BindingFlow;
  readonly userAgent: string | null;
  /** Wall-clock milliseconds of the first REGISTER. */
  readonly registeredAtMs: number;
  /** Wall-clock milliseconds of the last one. */
  readonly refreshedAtMs: number;
  /** Wall-clock milliseconds. */
  readonly expiresAtMs: number;
}

/** A change that a REGISTER makes. `previous` and `replaces` are bindings as `load` gave them. */
export type BindingChange =
  | { readonly type: 'add'; readonly binding: Binding; readonly replaces: readonly Binding[] }
  | {
      readonly type: 'update';
      readonly binding: Binding;
      readonly previous: Binding;
      readonly replaces: readonly Binding[];
    }
  | { readonly type: 'remove'; readonly previous: Binding };

/** `full`: nothing was changed, the REGISTER gets 503. */
export type ApplyResult = 'stored' | 'full';

/** Where bindings live. Each call may answer at once or later; the registrar lets one REGISTER of an AOR wait for another. */
export interface BindingStore {
  /** The live bindings of an address of record, oldest first. */
  load(aor: string): readonly Binding[] | Promise<readonly Binding[]>;
  /** All changes of one REGISTER, or none of them (RFC 3261 §10.3 step 7). */
  apply(
    aor: string,
    changes: readonly BindingChange[],
    transaction: ServerTransaction,
  ): ApplyResult | Promise<ApplyResult>;
  /** Tells the registrar of a binding that has run out; a store that cannot say so leaves it away. */
  onExpired?(listener: (aor: string, binding: Binding) => void): void;
}
