import type { Params } from './params.js';

/** RFC 3261 §19.1. `user` and `password` are kept decoded; `host` is lower-case, IPv6 without brackets. */
export interface SipUri {
  readonly scheme: 'sip' | 'sips';
  readonly user: string | undefined;
  readonly password: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
  readonly params: Params;
  /** The part after `?`, undecoded; empty when there is none. */
  readonly headers: string;
}

/** RFC 3966. `number` as written, visual separators kept. */
export interface TelUri {
  readonly scheme: 'tel';
  readonly number: string;
  readonly params: Params;
}

/** Any other scheme: kept as it came. `scheme` is lower-case, `rest` is what follows the colon. */
export interface OtherUri {
  readonly scheme: 'other';
  readonly name: string;
  readonly rest: string;
}

export type Uri = SipUri | TelUri | OtherUri;
