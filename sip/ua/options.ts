import { acceptance, acceptedEncodings, acceptedLanguages, acceptedTypes, type Preference } from '../headers/accept.js';
import { parseMediaType } from '../headers/media-type.js';
import { tokens } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { recvInfo } from './info.js';
import type { OutOfDialogRequest, ResponseOptions } from './types.js';

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

/** RFC 3261 §11.1: Accept says which description of capabilities we would read. */
export function optionsRequest(options: OptionsRequest, accept: string): OutOfDialogRequest {
  return { ...options, method: 'OPTIONS', headers: [['Accept', accept], ...(options.headers ?? [])] };
}

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

/** The response's parts; the body only when the asker wants that type. */
export function answerToOptions(request: SipRequest, answer: OptionsAnswer, accept: string): ResponseOptions {
  const headers = [['Accept', accept] as const, ['Accept-Encoding', 'identity'] as const];
  const { body, contentType = 'application/sdp' } = answer;
  const type = body === undefined ? null : parseMediaType(contentType);
  if (type === null || !type.ok) return { headers };
  const wanted = acceptance(request, type.value);
  return wanted.ok && wanted.value > 0 ? { headers, body, contentType } : { headers };
}
