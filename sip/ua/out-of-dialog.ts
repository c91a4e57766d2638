import { randomHex } from '../../base/random.js';
import { createRequest, createResponse, type HeaderList } from '../build.js';
import { createTag, initialSequence } from '../dialog/dialog.js';
import { headerKey } from '../header-names.js';
import { nameAddr, withTag } from '../header-values.js';
import { writeAddress } from '../headers/written.js';
import { SipHeaders, type SipRequest, type SipResponse } from '../message.js';
import { ResolveError } from '../resolve/resolve-error.js';
import type { ClientTransaction, ClientTransactionHandlers } from '../transaction/layer.js';
import type { Target } from '../transport/transport.js';
import type { Uri } from '../uri.js';
import type { UaContext } from './context.js';
import { DigestClient, isChallenge, MAX_CHALLENGES } from './digest-client.js';
import type { OutOfDialogRequest } from './types.js';

/**
 * Sends a request outside any dialog and waits for its final response; 401 and 407 are answered
 * (RFC 3261 §22.2). Never rejects: a time-out is a 408 and a transport error a 503, both made here (§8.1.3.1); when
 * the server could not be found the reason phrase says which host and why.
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
    const { credentials, headersFor } = options;
    const digest = credentials === undefined ? null : new DigestClient(credentials, random);
    const first = this.#createRequest(options);
    return new Promise((resolve) => {
      const settle = (response: SipResponse): void => {
        this.#pending.delete(close);
        resolve(response);
      };
      /** RFC 3261 §8.1.3.1: nothing came back, and the response is made here. */
      const make = (request: SipRequest, statusCode: 408 | 503, error?: Error): void => {
        options.onUnanswered?.();
        settle(createResponse(request, statusCode, error === undefined ? {} : phraseOf(error)));
      };
      const close = (): void => make(first, 503);
      const complete = (request: SipRequest, target: Target): SipRequest =>
        headersFor === undefined ? request : withHeaders(request, headersFor(target));
      const start = (request: SipRequest, challenges: number, after?: ClientTransaction): void => {
        const handlers: ClientTransactionHandlers = {
          onResponse: (response) => {
            if (response.statusCode < 200) return;
            const asked = isChallenge(response) && challenges < MAX_CHALLENGES;
            const answer = asked ? (digest?.answer(transaction.request, response) ?? null) : null;
            if (answer === null) settle(response);
            else start(withCredentials(first, answer, request.cseq.sequence + 1), challenges + 1, transaction);
          },
          onTimeout: () => make(transaction.request, 408),
          onTransportError: (error) => make(transaction.request, 503, error),
        };
        const transaction = this.#context.sendOut(request, options, handlers, { complete, after });
      };
      this.#pending.add(close);
      try {
        start(first, 0);
      } catch (error) {
        // What `headersFor` gave for a server that was known at once; of one that was looked up it is a 503.
        make(first, 503, error as Error);
      }
    });
  }

  close(): void {
    for (const settle of [...this.#pending]) settle();
  }

  #createRequest(options: OutOfDialogRequest): SipRequest {
    const { random } = this.#context;
    const { method, uri, body, contentType = 'application/sdp' } = options;
    const to = options.to ?? nameAddr(uri);
    const { contact, maxForwards } = options;
    const headers: HeaderList = [
      ...(contact === undefined
        ? []
        : [['Contact', typeof contact === 'string' ? contact : writeAddress('Contact', contact)] as const]),
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
      ...(maxForwards === undefined ? {} : { maxForwards }),
      route: options.route ?? [],
      body,
      contentType,
    });
  }
}

/** The same request with these fields in place of its own of those names. */
export function withHeaders(request: SipRequest, added: HeaderList): SipRequest {
  const headers = new SipHeaders();
  for (const [name, value] of added) headers.append(name, value);
  const replaced = new Set(added.map(([name]) => headerKey(name)));
  for (const { name, key, value } of request.headers) if (!replaced.has(key)) headers.appendRead(name, value, key);
  return { ...request, headers };
}

/** For SendOptions.complete: `given`, else our Contact towards the peer that the request goes to, SIPS as its URI. */
export function withOwnContact(
  context: Pick<UaContext, 'contact'>,
  user: string | undefined,
  uri: Uri,
  given?: string,
): (request: SipRequest, target: Target) => SipRequest {
  const secure = uri.scheme === 'sips';
  return (request, target) => withHeaders(request, [['Contact', given ?? context.contact(user, target, secure)]]);
}

/** What a locally made 503 says (RFC 3261 §8.1.3.1) when no server could be found: RFC 3263 §4. */
export function phraseOf(error: Error): { readonly reasonPhrase?: string } {
  return error instanceof ResolveError ? { reasonPhrase: `Cannot Find ${error.host} (${error.reason})` } : {};
}

/** RFC 3261 §22.2: the same request again, its sequence number one higher. */
function withCredentials(request: SipRequest, credentials: HeaderList, sequence: number): SipRequest {
  const headers = request.headers.clone();
  for (const [name, value] of credentials) headers.append(name, value);
  return { ...request, cseq: { sequence, method: request.method }, headers };
}
