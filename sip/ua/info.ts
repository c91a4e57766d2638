import { type Parsed, parsed } from '../../base/errors.js';
import { leafParts } from '../bodies/body-parts.js';
import { type DtmfInfo, dtmfInfoTypes, parseDtmfInfo, serializeDtmfInfo } from '../bodies/dtmf-info.js';
import type { BodyPart } from '../bodies/multipart.js';
import type { HeaderList } from '../build.js';
import { type ParamValue, readParamValue, soleValue, type ValueFault, valuesOf } from '../headers/field-list.js';
import { checkToken } from '../headers/writable.js';
import type { SipMessage, SipRequest } from '../message.js';
import type { ServerTransaction } from '../transaction/layer.js';
import type { UaContext } from './context.js';
import { guarded } from './guard.js';
import { isInDialog } from './request-checks.js';
import type { InDialogOptions, ResponseOptions } from './types.js';
import type { MethodHandler, Usage } from './usage.js';

/** RFC 6086 §8.2: the Info Packages a peer wants; undefined when it does not say, empty when it wants none. */
export function recvInfo(message: SipMessage): Parsed<readonly string[] | undefined, ValueFault> {
  if (!message.headers.has('recv-info')) return parsed(undefined);
  const read = valuesOf(message, 'recv-info', readParamValue);
  return read.ok ? parsed(read.value.map(({ value }) => value.toLowerCase())) : read;
}

/** RFC 6086 §8.1. */
export function infoPackage(message: SipMessage): Parsed<ParamValue | undefined, ValueFault> {
  return soleValue(message, 'info-package', readParamValue);
}

/** An INFO of a package. */
export interface InfoRequest {
  readonly request: SipRequest;
  /** Lower-case. */
  readonly package: string;
  /** The body, or the parts of a multipart. */
  readonly parts: readonly BodyPart[];
}

/** Nothing is 200. */
export type InfoAnswer = ({ readonly statusCode: number } & ResponseOptions) | undefined;

/** A package that is received: RFC 6086 §10. */
export interface InfoPackageHandler {
  readonly name: string;
  /** Lower-case; a body of another type gets 415. */
  readonly mediaTypes: readonly string[];
  onInfo(info: InfoRequest): InfoAnswer;
}

export interface InfosOptions {
  readonly packages?: readonly InfoPackageHandler[] | undefined;
  /** The usage without a package (RFC 6086 §2): a key pressed, as application/dtmf-relay or application/dtmf. */
  onDtmf?(dtmf: DtmfInfo, request: SipRequest): void;
}

/**
 * INFO in sessions: RFC 6086. Packages of ours are told in Recv-Info; an INFO of another gets 469. What a handler
 * throws is logged and gets 500.
 */
export class Infos implements Usage {
  readonly counters = { received: 0, badPackage: 0 };
  readonly methods: Readonly<Record<string, MethodHandler>>;
  readonly told: HeaderList;
  readonly #context: UaContext;
  readonly #packages: ReadonlyMap<string, InfoPackageHandler>;
  readonly #options: InfosOptions;

  constructor(context: UaContext, options: InfosOptions) {
    const packages = options.packages ?? [];
    for (const { name } of packages) checkToken('Info Package', name);
    this.#context = context;
    this.#options = options;
    this.#packages = new Map(packages.map((one) => [one.name.toLowerCase(), one]));
    this.methods = { INFO: (transaction) => this.#receive(transaction) };
    this.told = [['Recv-Info', packages.map(({ name }) => name).join(', ')]];
  }

  #receive(transaction: ServerTransaction): void {
    const { request } = transaction;
    this.counters.received += 1;
    // RFC 6086 §4.2.1: INFO makes no dialog of its own.
    if (!isInDialog(request)) {
      this.#respond(transaction, { statusCode: 481 });
      return;
    }
    const named = infoPackage(request);
    if (!named.ok) this.#respond(transaction, { statusCode: 400, reasonPhrase: 'Bad Info-Package' });
    else if (named.value === undefined) this.#receiveLegacy(transaction);
    else this.#receiveOf(transaction, named.value.value.toLowerCase());
  }

  #receiveOf(transaction: ServerTransaction, name: string): void {
    const { request } = transaction;
    const handler = this.#packages.get(name);
    if (handler === undefined) {
      // RFC 6086 §4.2.2: with what we do want.
      this.counters.badPackage += 1;
      this.#respond(transaction, { statusCode: 469, headers: this.told });
      return;
    }
    const parts = leafParts(request);
    const unknown = parts.find(
      ({ contentType, disposition }) =>
        disposition.handling === 'required' && !handler.mediaTypes.includes(contentType.type),
    );
    if (unknown !== undefined || (parts.length === 0 && request.body.length > 0)) {
      this.#respond(transaction, { statusCode: 415, headers: [['Accept', handler.mediaTypes.join(', ')]] });
      return;
    }
    const failed: InfoAnswer = { statusCode: 500 };
    const answer = guarded(this.#context.log, () => handler.onInfo({ request, package: name, parts }), failed);
    this.#respond(transaction, answer ?? { statusCode: 200 });
  }

  /** RFC 6086 §2, RFC 2976 §2.2: without a body it is a sign of life; a body that is not understood gets 415. */
  #receiveLegacy(transaction: ServerTransaction): void {
    const { request } = transaction;
    if (request.body.length === 0) {
      this.#respond(transaction, { statusCode: 200 });
      return;
    }
    const part = leafParts(request).find(({ contentType }) => dtmfInfoTypes.includes(contentType.type));
    if (part === undefined || this.#options.onDtmf === undefined) {
      const accept = this.#options.onDtmf === undefined ? '' : dtmfInfoTypes.join(', ');
      this.#respond(transaction, { statusCode: 415, headers: [['Accept', accept]] });
      return;
    }
    const read = parseDtmfInfo(part.contentType.type, part.body);
    if (!read.ok) {
      this.#respond(transaction, { statusCode: 400, reasonPhrase: 'Bad DTMF Body' });
      return;
    }
    const told = guarded(this.#context.log, () => this.#options.onDtmf?.(read.value, request) ?? true, false);
    this.#respond(transaction, { statusCode: told ? 200 : 500 });
  }

  #respond(transaction: ServerTransaction, answer: { readonly statusCode: number } & ResponseOptions): void {
    const { statusCode, ...options } = answer;
    transaction.respond(this.#context.createResponse(transaction, statusCode, options));
  }
}

/** What `session.request('INFO', …)` takes for an INFO of a package: RFC 6086 §4.2.1, §8.3. */
export function infoOf(
  name: string,
  content: { readonly body: Buffer; readonly contentType: string } | null = null,
): InDialogOptions {
  checkToken('Info Package', name);
  if (content === null) return { headers: [['Info-Package', name]] };
  return {
    headers: [
      ['Info-Package', name],
      ['Content-Disposition', 'Info-Package'],
    ],
    ...content,
  };
}

/** What `session.request('INFO', …)` takes for a key. */
export function infoOfDtmf(...dtmf: Parameters<typeof serializeDtmfInfo>): InDialogOptions {
  return serializeDtmfInfo(...dtmf);
}
