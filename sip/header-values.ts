import type { Params } from './params.js';
import type { Uri } from './uri.js';

/** RFC 3261 §20.42. `sentBy` without brackets, lower-case. `protocol` is the transport as written, upper-case. */
export interface Via {
  readonly protocol: string;
  readonly host: string;
  readonly port: number | undefined;
  /** `branch`, `received`, `rport`, `ttl`, `maddr`, … */
  readonly params: Params;
}

/** RFC 3261 §20.10: name-addr or addr-spec with header parameters (`tag`, `q`, `expires`, `lr` is the URI's). */
export interface NameAddr {
  readonly displayName: string | undefined;
  readonly uri: Uri;
  readonly params: Params;
}

/** RFC 3261 §20.16. */
export interface CSeq {
  readonly sequence: number;
  readonly method: string;
}
