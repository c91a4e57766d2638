import type { CodecName } from './codecs.js';

export interface CallerId {
  readonly name?: string;
  readonly number?: string;
  /** Shown to the callee as anonymous. */
  readonly private?: boolean;
}

/** What `newcall` takes. */
export interface NewCallRequest {
  readonly from?: { readonly user?: string; readonly domain?: string; readonly authsecret?: string };
  readonly to: { readonly user: string; readonly domain?: string };
  readonly maxforwards?: number;
  readonly cid?: CallerId;
  readonly codecs?: readonly CodecName[];
  /** Goes out through the gateway of `projectcontrol.gw`. */
  readonly forward?: boolean;
}

/** A way out to other networks: what it says replaces what the request says. */
export interface GatewayRequest {
  readonly from?: { readonly user?: string; readonly domain?: string; readonly authsecret?: string };
  readonly to?: { readonly domain?: string };
  readonly cid?: CallerId;
  readonly codecs?: readonly CodecName[];
}

/** A request with nothing left open. */
export interface DialRequest {
  readonly from: { readonly user: string; readonly domain: string; readonly authsecret?: string };
  readonly to: { readonly user: string; readonly domain: string };
  readonly cid: { readonly name: string; readonly number: string; readonly private?: boolean };
  readonly maxforwards: number;
  readonly codecs: readonly CodecName[];
}

/** Where a request that leaves things out takes them from. */
export interface DialDefaults {
  readonly user: string;
  readonly domain: string;
  readonly cid?: CallerId;
  readonly maxforwards: number;
  readonly codecs: readonly CodecName[];
  readonly gateway: GatewayRequest | null;
}

/** Contract 2.4. Null without a user to call. The callee's domain is that of the caller unless told. */
export function completeRequest(request: NewCallRequest, defaults: DialDefaults): DialRequest | null {
  const user = request?.to?.user;
  if (user === undefined || user === null || String(user) === '') return null;
  const gateway = request.forward === true ? defaults.gateway : null;
  const from = { ...request.from, ...gateway?.from };
  const fromUser = from.user ?? defaults.user;
  const domain = from.domain ?? (defaults.domain || (request.to.domain ?? ''));
  const cid: CallerId = { ...defaults.cid, ...request.cid, ...gateway?.cid };
  const secret = from.authsecret === undefined ? {} : { authsecret: from.authsecret };
  return {
    from: { user: fromUser, domain, ...secret },
    to: { user: String(user), domain: gateway?.to?.domain ?? request.to.domain ?? domain },
    cid: {
      name: cid.name ?? fromUser,
      number: cid.number ?? fromUser,
      ...(cid.private === undefined ? {} : { private: cid.private }),
    },
    maxforwards: request.maxforwards ?? defaults.maxforwards,
    codecs: gateway?.codecs ?? request.codecs ?? defaults.codecs,
  };
}

/** How a call is ended: by one of the words that the library knows, or by any SIP status. */
export type HangupReason =
  | 'busy'
  | 'notfound'
  | 'paymentrequired'
  | { readonly code: number; readonly reason?: string }
  | (string & {});

export interface HangupStatus {
  readonly code?: number;
  readonly reason?: string;
}

const words: Readonly<Record<string, HangupStatus>> = {
  busy: { code: 486, reason: 'Busy here' },
  notfound: { code: 404, reason: 'Not found' },
  paymentrequired: { code: 402, reason: 'Payment required' },
};

/** A text that is no word of the library is a reason without a code. Codes that are no final failure are left out. */
export function hangupStatus(reason: HangupReason | undefined): HangupStatus {
  if (reason === undefined || reason === null || reason === '') return {};
  if (typeof reason === 'string') return Object.hasOwn(words, reason) ? words[reason]! : { reason };
  const { code, reason: phrase } = reason;
  return {
    ...(Number.isInteger(code) && code >= 300 && code <= 699 ? { code } : {}),
    ...(typeof phrase === 'string' && phrase !== '' ? { reason: phrase } : {}),
  };
}
