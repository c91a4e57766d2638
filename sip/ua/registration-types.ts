import type { HeaderList } from '../build.js';
import type { NameAddr } from '../header-values.js';
import type { Target } from '../transport/transport.js';
import type { SipUri } from '../uri.js';
import type { AssignedGruus } from './gruu.js';
import type { BackoffOptions, RefreshAt } from './registration-timing.js';
import type { CredentialsSource } from './types.js';
import type { SendTo } from './way-out.js';

/** A Contact to register. */
export interface RegistrationContact {
  readonly uri: SipUri;
  /** RFC 3261 §20.10: preference among the Contacts of the user, 0 … 1. */
  readonly q?: number;
  /** Further Contact parameters: RFC 3840 feature tags, `methods` … */
  readonly params?: Readonly<Record<string, string | null>>;
}

/** RFC 5626 §4.2: a flow to one proxy of the outbound-proxy-set. */
export interface OutboundProxy {
  /** The first Route; `lr` is added. */
  readonly uri: SipUri;
  /** Where it is, when that is not to be found from the URI. */
  readonly target?: Target;
}

export interface RegistrationOptions {
  /** The Request-URI: the registrar's domain, without a user (RFC 3261 §10.2); that of `aor` unless told. */
  readonly registrar?: SipUri | undefined;
  /** The address of record: To, and From. */
  readonly aor: SipUri;
  /** RFC 3261 §10.2: the From of a third party that registers for the address of record. */
  readonly from?: NameAddr;
  /** Where the registrar is, when that is not to be found from `registrar`. */
  readonly target?: SendTo;
  /** Ours; one with the user of the address of record at our own address unless told. */
  readonly contacts?: readonly RegistrationContact[];
  /** What is asked for, in seconds; 3600 unless told. A 423 raises it. */
  readonly expiresS?: number;
  readonly credentials?: CredentialsSource;
  /**
   * RFC 5626: one flow to each of them, with reg-id 1, 2, …; needs `instanceId` when there are several. Without one the
   * REGISTER goes to the registrar.
   */
  readonly outboundProxies?: readonly OutboundProxy[];
  /** RFC 5626 §4.1: a URN, `urn:uuid:…`, that stays the device's own through restarts. */
  readonly instanceId?: string;
  /** RFC 5626: asks for flows with reg-id and keeps them alive; true when there is an `instanceId` unless told. */
  readonly outbound?: boolean;
  /** RFC 5627: asks for GRUUs; true when there is an `instanceId` unless told. */
  readonly gruu?: boolean;
  /** Keeps the flow alive also where the registrar does not speak outbound (NAT); false unless told. */
  readonly keepAlive?: boolean;
  /** A share of what was granted, or a rule of its own; 0.8 unless told. */
  readonly refreshAt?: RefreshAt;
  readonly backoff?: BackoffOptions;
  /** Added to every REGISTER. */
  readonly headers?: HeaderList;
}

/** News of a registration. `flow` is the index of the proxy in `outboundProxies`, 0 without any. */
export type RegistrationEvent =
  | { readonly state: 'registering'; readonly flow: number }
  /** Also after each refresh. */
  | {
      readonly state: 'registered';
      readonly flow: number;
      readonly expiresS: number;
      readonly refreshInMs: number;
      readonly serviceRoute: readonly NameAddr[];
      readonly gruus: AssignedGruus;
    }
  /** `statusCode` 408 for no answer, 503 for no connection or no address, made here (RFC 3261 §8.1.3.1). */
  | {
      readonly state: 'failed';
      readonly flow: number;
      readonly statusCode: number;
      readonly reasonPhrase: string;
      readonly retryInMs: number;
    }
  | { readonly state: 'unregistered'; readonly flow: number };

/** What one try came to. */
export type RegistrationOutcome = Extract<
  RegistrationEvent,
  { readonly state: 'registered' | 'failed' | 'unregistered' }
>;

export type RegistrationState = 'idle' | RegistrationEvent['state'];
