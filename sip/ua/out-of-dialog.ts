import { randomHex } from '../../base/random.js';
import { createRequest, createResponse, type HeaderList } from '../build.js';
import { createTag, initialSequence } from '../dialog/dialog.js';
import { nameAddr, serializeNameAddr, withTag } from '../header-values.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { UaContext } from './context.js';
import { DigestClient, isChallenge, MAX_CHALLENGES } from './digest-client.js';
import type { OutOfDialogRequest } from './types.js';

/**
 * Sends a request outside any dialog and waits for its final response; 401 and 407 are answered
 * (RFC 3261 §22.2). Never rejects: a time-out is a 408 and a transport error a 503, both made here (§8.1.3.1).
 */
export class OutOfDialogSender {
  readonly #context: UaContext;
  /** Settled when the user agent closes. */
  readonly #pending = new Set<() => void>();

  constructor(context: UaContext) {
    this.#context = context;
  }

  get size(): number {
    return this.#pending.size;
  }

  send(options: OutOfDialogRequest): Promise<SipResponse> {
    const { random } = this.#context;
    const { credentials, target } = options;
    const digest = credentials === undefined ? null : new DigestClient(credentials, random);
    const first = this.#createRequest(options);
    return new Promise((resolve) => {
      const settle = (response: SipResponse): void => {
        this.#pending.delete(close);
        resolve(response);
      };
      const close = (): void => settle(createResponse(first, 503));
      const start = (request: SipRequest, challenges: number): void => {
        const transaction = this.#context.send(request, target, {
          onResponse: (response) => {
            if (response.statusCode < 200) return;
            const asked = isChallenge(response) && challenges < MAX_CHALLENGES;
            const answer = asked ? (digest?.answer(transaction.request, response) ?? null) : null;
            if (answer === null) settle(response);
            else start(withCredentials(first, answer, request.cseq.sequence + 1), challenges + 1);
          },
          onTimeout: () => settle(createResponse(transaction.request, 408)),
          onTransportError: () => settle(createResponse(transaction.request, 503)),
        });
      };
      this.#pending.add(close);
      start(first, 0);
    });
  }

  close(): void {
    for (const settle of [...this.#pending]) settle();
  }

  #createRequest(options: OutOfDialogRequest): SipRequest {
    const { random } = this.#context;
    const { method, uri, body, contentType = 'application/sdp' } = options;
    const to = options.to ?? nameAddr(uri);
    const { contact } = options;
    const headers: HeaderList = [
      ...(contact === undefined
        ? []
        : [['Contact', typeof contact === 'string' ? contact : serializeNameAddr(contact)] as const]),
      ...(options.headers ?? []),
      ...this.#context.userAgent(),
    ];
    return createRequest({
      method,
      uri,
      from: withTag(options.from ?? to, createTag(random)),
      to,
      callId: options.callId ?? randomHex(random, 16),
      cseq: { sequence: options.sequence ?? initialSequence(random) },
      headers,
      body,
      contentType,
    });
  }
}

/** RFC 3261 §22.2: the same request again, its sequence number one higher. */
function withCredentials(request: SipRequest, credentials: HeaderList, sequence: number): SipRequest {
  const headers = request.headers.clone();
  for (const [name, value] of credentials) headers.append(name, value);
  return { ...request, cseq: { sequence, method: request.method }, headers };
}
