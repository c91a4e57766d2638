import type { Logger } from '../../base/log.js';
import { acceptance, acceptedEncodings, acceptedLanguages, acceptedTypes, type Preference } from '../headers/accept.js';
import { parseMediaType } from '../headers/media-type.js';
import { tokens } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { guarded } from './guard.js';
import { recvInfo } from './info.js';
import type { Capabilities } from './request-checks.js';
import type { OutOfDialogRequest, ResponseOptions } from './types.js';
import { union } from './usage.js';

/** What a peer says that it understands: RFC 3261 §11.2. An undefined list was not sent. */
export interface PeerCapabilities {
  /** The final response; 408 and 503 may be made here, see OutOfDialogSender. */
  readonly response: SipResponse;
  readonly allow: readonly string[] | undefined;
  readonly supported: readonly string[] | undefined;
  readonly accept: readonly Preference[] | undefined;
  readonly acceptEncoding: readonly Preference[] | undefined;
  readonly acceptLanguage: readonly Preference[] | undefined;
  readonly allowEvents: readonly string[] | undefined;
  readonly recvInfo: readonly string[] | undefined;
  /** Its session description, null without one. */
  readonly body: Buffer | null;
}

/** Reads any response or request that tells capabilities. */
export function capabilitiesIn(response: SipResponse): PeerCapabilities {
  const list = (name: string) => (response.headers.has(name) ? tokens(response, name) : undefined);
  const read = <T>(value: { readonly ok: true; readonly value: T } | { readonly ok: false }) =>
    value.ok ? value.value : undefined;
  return {
    response,
    allow: list('allow'),
    supported: list('supported'),
    accept: read(acceptedTypes(response)),
    acceptEncoding: read(acceptedEncodings(response)),
    acceptLanguage: read(acceptedLanguages(response)),
    allowEvents: list('allow-events'),
    recvInfo: read(recvInfo(response)),
    body: response.body.length > 0 ? response.body : null,
  };
}

/** An OPTIONS of ours: like any other request, without method. */
export type OptionsRequest = Omit<OutOfDialogRequest, 'method'>;

/**
 * How an OPTIONS is answered: `statusCode` as an INVITE would get now (RFC 3261 §11.2), 200 unless told; `body` the
 * description of what a session with us could have.
 */
export interface OptionsAnswer {
  readonly statusCode?: number | undefined;
  readonly body?: Buffer | undefined;
  /** `application/sdp` unless told. */
  readonly contentType?: string | undefined;
}

/** Answers OPTIONS and asks for them: RFC 3261 §11. */
export class OptionsExchange {
  /** What the application says of itself; without it 200 with the header fields alone. */
  describe: ((request: SipRequest) => OptionsAnswer) | null = null;
  readonly #log: Logger;
  /** The value of Accept, as long as what is accepted is the same. */
  #accept: { readonly of: Capabilities['mediaTypes']; readonly value: string } | null = null;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** RFC 3261 §11.1: Accept says which description of capabilities we would read. */
  ask(
    request: OptionsRequest,
    accept: string,
    send: (request: OutOfDialogRequest) => Promise<SipResponse>,
  ): Promise<PeerCapabilities> {
    const headers = [['Accept', accept] as const, ...(request.headers ?? [])];
    return send({ ...request, method: 'OPTIONS', headers }).then(capabilitiesIn);
  }

  /** RFC 3261 §11.2: the body only when the asker wants that type. */
  answer(request: SipRequest, accepted: Capabilities['mediaTypes']): ResponseOptions & { readonly statusCode: number } {
    const answer = guarded(this.#log, () => this.describe?.(request) ?? {}, { statusCode: 500 });
    if (this.#accept?.of !== accepted)
      this.#accept = { of: accepted, value: union(Object.values(accepted)).join(', ') };
    const headers = [['Accept', this.#accept.value] as const, ['Accept-Encoding', 'identity'] as const];
    const { statusCode = 200, body, contentType = 'application/sdp' } = answer;
    const type = body === undefined ? null : parseMediaType(contentType);
    if (type === null || !type.ok) return { statusCode, headers };
    const wanted = acceptance(request, type.value);
    return wanted.ok && wanted.value > 0 ? { statusCode, headers, body, contentType } : { statusCode, headers };
  }
}
