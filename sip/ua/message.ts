import { AppError } from '../../base/errors.js';
import { leafParts } from '../bodies/body-parts.js';
import type { BodyPart } from '../bodies/multipart.js';
import { createRequest, type HeaderList } from '../build.js';
import { type NameAddr, nameAddr, tagOf } from '../header-values.js';
import { date, serializeSipDate } from '../headers/date.js';
import { expires } from '../headers.js';
import type { SipRequest, SipResponse } from '../message.js';
import { serializeMessage } from '../serialize.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { Uri } from '../uri.js';
import type { UaContext } from './context.js';
import { Decision } from './decision.js';
import { OutOfDialogSender } from './out-of-dialog.js';
import type { CredentialsSource, OutOfDialogRequest, ResponseOptions, Session } from './types.js';
import type { MethodHandler, Usage } from './usage.js';

/** RFC 3428 §8: without knowing the whole way a MESSAGE must not be larger. */
export const MAX_MESSAGE_BYTES = 1300;
/** What the Via, the digest answer aside, adds to the request that is measured. */
const VIA_BYTES = 120;

/** A MESSAGE that came in. */
export interface InstantMessage {
  readonly request: SipRequest;
  readonly flow: Flow;
  /** Not authenticated by itself. */
  readonly from: NameAddr;
  readonly to: NameAddr;
  /** Lower-case `type/subtype`; of a multipart that of its first part. */
  readonly contentType: string;
  readonly body: Buffer;
  /** Every part; one for a body that is no multipart. */
  readonly parts: readonly BodyPart[];
  /** When the sender says it was written; undefined when it does not. Epoch milliseconds. */
  readonly dateMs: number | undefined;
  /** It is too late for it (RFC 3428 §5): show it, if at all, as an old one. */
  readonly isExpired: boolean;
  /** Inside a dialog, of an INVITE session for instance. */
  readonly inDialog: boolean;
}

/** 200 when it was delivered, 202 when it is only kept for later (RFC 3428 §7), or a refusal. */
export type MessageDecision = { readonly statusCode: number } & Omit<ResponseOptions, 'body' | 'contentType'>;

export interface MessagesOptions {
  /** What is done with a MESSAGE; nothing returned is 200. A throw is 500; no decision within `decisionMs` 202. */
  onMessage?(message: InstantMessage): MessageDecision | undefined | Promise<MessageDecision | undefined>;
  /** Body types, lower-case; `text/plain` unless told. Multiparts of them are taken too. */
  readonly accept?: readonly string[] | undefined;
  /** 10 000 unless told. */
  readonly decisionMs?: number | undefined;
  /** MESSAGEs that wait for their decision; more get 503, see `counters.overloads`. 1000 unless told. */
  readonly maxPending?: number | undefined;
}

export interface OutgoingMessage {
  readonly uri: Uri;
  /** See Branch.target. */
  readonly target?: OutOfDialogRequest['target'];
  readonly sendTo?: OutOfDialogRequest['sendTo'];
  readonly route?: OutOfDialogRequest['route'];
  readonly from: NameAddr;
  readonly to?: NameAddr | undefined;
  /** A text is sent as text/plain;charset=utf-8. */
  readonly body: string | Buffer;
  readonly contentType?: string | undefined;
  readonly headers?: HeaderList | undefined;
  /** Seconds for which it is worth showing; the Date is added. */
  readonly expiresS?: number | undefined;
  readonly credentials?: CredentialsSource | undefined;
  /** Every hop is known to be congestion-safe (RFC 3428 §8), so that the size does not matter. */
  readonly congestionSafe?: boolean | undefined;
}

/** A MESSAGE over the limit of RFC 3428 §8. `bytes` is what it would have. */
export class MessageTooLargeError extends AppError {
  readonly code = 'MESSAGE_TOO_LARGE';
  readonly bytes: number;

  constructor(bytes: number) {
    super(`a MESSAGE of ${bytes} bytes is over the ${MAX_MESSAGE_BYTES} that any way may carry`);
    this.bytes = bytes;
  }
}

/**
 * Page-mode instant messages: RFC 3428, both roles, out of dialogs and in them. As a usage (`ua.use(messages)`) it
 * receives; without `onMessage` it is a sender only and adds nothing to Allow.
 */
export class Messages implements Usage {
  readonly counters = { received: 0, overloads: 0 };
  readonly methods: Readonly<Record<string, MethodHandler>>;
  readonly mediaTypes: Readonly<Record<string, readonly string[]>>;
  readonly #context: UaContext;
  readonly #options: MessagesOptions;
  readonly #sender: OutOfDialogSender;
  #pending = 0;

  constructor(context: UaContext, options: MessagesOptions = {}) {
    this.#context = context;
    this.#options = options;
    this.#sender = new OutOfDialogSender(context);
    context.standing.add(this.#sender);
    const receives = options.onMessage !== undefined;
    this.methods = receives ? { MESSAGE: (transaction) => this.#receive(transaction) } : {};
    const accepted = [...(options.accept ?? ['text/plain']), 'multipart/mixed', 'multipart/alternative'];
    this.mediaTypes = receives ? { MESSAGE: accepted } : {};
  }

  /**
   * Sends one message and gives its final response; see OutOfDialogSender. Throws a MessageTooLargeError or an
   * UnwritableError before anything is sent.
   */
  send(message: OutgoingMessage): Promise<SipResponse> {
    const { uri, target, sendTo, route, from, credentials } = message;
    const to = message.to ?? nameAddr(uri);
    const content = contentOf(message);
    const headers: HeaderList = [...this.#timing(message), ...(message.headers ?? [])];
    if (message.congestionSafe !== true) {
      const callId = 'x'.repeat(32);
      const sized = { method: 'MESSAGE', uri, from, to, callId, cseq: { sequence: 1 }, route, headers, ...content };
      const bytes = serializeMessage(createRequest(sized)).length + VIA_BYTES;
      if (bytes > MAX_MESSAGE_BYTES) throw new MessageTooLargeError(bytes);
    }
    const way = { target, sendTo, route };
    return this.#sender.send({ method: 'MESSAGE', uri, ...way, from, to, headers, credentials, ...content });
  }

  /** The same inside the dialog of a session (RFC 3428 §4), where its route set is the way. */
  sendIn(
    session: Pick<Session, 'request'>,
    message: Pick<OutgoingMessage, 'body' | 'contentType' | 'headers' | 'expiresS'>,
  ): Promise<SipResponse> {
    const { contentType, body } = contentOf(message);
    if (body.length > MAX_MESSAGE_BYTES) throw new MessageTooLargeError(body.length);
    const headers: HeaderList = [...this.#timing(message), ...(message.headers ?? [])];
    return session.request('MESSAGE', { contentType, body, headers });
  }

  #timing({ expiresS }: Pick<OutgoingMessage, 'expiresS'>): HeaderList {
    if (expiresS === undefined) return [];
    const now = serializeSipDate(this.#context.clock.epochMs());
    return [
      ['Date', now],
      ['Expires', String(expiresS)],
    ];
  }

  #receive(transaction: ServerTransaction): void {
    this.counters.received += 1;
    if (this.#pending >= (this.#options.maxPending ?? 1000)) {
      this.counters.overloads += 1;
      this.#respond(transaction, { statusCode: 503, headers: [['Retry-After', '5']] });
      return;
    }
    this.#pending += 1;
    const message = this.#read(transaction);
    const ask = () => this.#options.onMessage?.(message);
    new Decision(this.#context, this.#options.decisionMs ?? 10_000, ask, {
      onDone: () => {
        this.#pending -= 1;
      },
      onDecided: (decision) => this.#respond(transaction, decision ?? { statusCode: 200 }),
      onFailed: () => this.#respond(transaction, { statusCode: 500 }),
      // It was taken, and nobody knows what became of it: RFC 3428 §7.
      onLate: () => this.#respond(transaction, { statusCode: 202 }),
    }).start();
  }

  /** RFC 3428 §7: no body and no Contact in the response. */
  #respond(transaction: ServerTransaction, { statusCode, reasonPhrase, headers }: MessageDecision): void {
    transaction.respond(this.#context.createResponse(transaction, statusCode, { reasonPhrase, headers }));
  }

  #read({ request, flow }: ServerTransaction): InstantMessage {
    const parts = leafParts(request);
    const sent = date(request);
    const life = expires(request);
    const dateMs = sent.ok ? sent.value : undefined;
    const now = this.#context.clock.epochMs();
    const isExpired = life.ok && life.value !== undefined && (dateMs ?? now) + life.value * 1000 < now;
    return {
      request,
      flow,
      from: request.from,
      to: request.to,
      contentType: parts[0]?.contentType.type ?? 'text/plain',
      body: parts[0]?.body ?? request.body,
      parts,
      dateMs,
      isExpired,
      inDialog: tagOf(request.to) !== undefined,
    };
  }
}

function contentOf({ body, contentType }: Pick<OutgoingMessage, 'body' | 'contentType'>) {
  if (typeof body !== 'string') return { body, contentType: contentType ?? 'application/octet-stream' };
  return { body: Buffer.from(body), contentType: contentType ?? 'text/plain;charset=utf-8' };
}
