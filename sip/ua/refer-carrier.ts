import { randomHex } from '../../base/random.js';
import { createRequest, type HeaderList } from '../build.js';
import { createTag, createUacDialog, createUasDialog, initialSequence } from '../dialog/dialog.js';
import { nameAddr, tagOf, withTag } from '../header-values.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { ClientTransaction, ClientTransactionHandlers, ServerTransaction } from '../transaction/layer.js';
import type { Flow } from '../transport/transport.js';
import type { DialogOwner, UaContext } from './context.js';
import { EventDialog } from './event-dialog.js';
import { withOwnContact } from './out-of-dialog.js';
import type { FreeRefer } from './refer.js';
import type { DialogGuest, DialogPort } from './shared-dialog.js';

/**
 * A REFER outside dialogs and the one dialog that it makes: by its 2xx, or by a NOTIFY that overtakes it
 * (RFC 6665 §4.1.4). NOTIFYs of further forks get 481.
 */
export class ReferCarrier implements DialogOwner {
  readonly #context: UaContext;
  readonly #options: FreeRefer;
  readonly #id: { readonly callId: string; readonly localTag: string };
  #sequence: number;
  #request: SipRequest | null = null;
  #transaction: ClientTransaction | null = null;
  #guest: DialogGuest | null = null;
  #port: DialogPort | null = null;

  constructor(context: UaContext, options: FreeRefer) {
    const { random } = context;
    this.#context = context;
    this.#options = options;
    this.#id = { callId: randomHex(random, 16), localTag: createTag(random) };
    this.#sequence = initialSequence(random) - 1;
  }

  /** Its dialog; null before there is one. */
  get port(): DialogPort | null {
    return this.#port;
  }

  /** Its NOTIFYs go to that guest, until `leave`. */
  expect(guest: DialogGuest): void {
    this.#guest = guest;
    this.#context.dialogs.await(this.#id, this);
  }

  send(headers: HeaderList, handlers: ClientTransactionHandlers): ClientTransaction {
    const { uri, from, to = nameAddr(uri), route = [], contactUser } = this.#options;
    this.#sequence += 1;
    const request = createRequest({
      method: 'REFER',
      uri,
      from: withTag(from, this.#id.localTag),
      to,
      callId: this.#id.callId,
      cseq: { sequence: this.#sequence },
      route,
      headers: [...headers, ...this.#context.capabilities()],
    });
    const complete = withOwnContact(this.#context, contactUser, uri);
    const after = this.#transaction ?? undefined;
    const transaction = this.#context.sendOut(request, this.#options, handlers, { complete, after });
    this.#transaction = transaction;
    this.#request = transaction.request;
    return transaction;
  }

  /** The 2xx; its dialog may be there already. */
  accepted(response: SipResponse, flow: Flow): void {
    if (this.#port !== null || this.#request === null || this.#guest === null) return;
    this.#open(new EventDialog({ ...this.#common(flow), dialog: createUacDialog(this.#request, response) }));
  }

  receive(transaction: ServerTransaction): void {
    const { request, flow } = transaction;
    if (
      request.method !== 'NOTIFY' ||
      this.#port !== null ||
      this.#guest === null ||
      tagOf(request.from) === undefined
    ) {
      transaction.respond(this.#context.createResponse(transaction, 481));
      return;
    }
    const made = createUasDialog(request, this.#id.localTag);
    const dialog = { ...made, localSequence: this.#sequence, remoteSequence: undefined };
    const owner = new EventDialog({ ...this.#common(flow), dialog });
    this.#open(owner);
    owner.receive(transaction);
  }

  acknowledged(): void {}

  leave(): void {
    this.#context.dialogs.unawait(this.#id);
    if (this.#guest !== null) this.#port?.leave(this.#guest);
    this.#guest = null;
  }

  #common(flow: Flow) {
    return { context: this.#context, flow, contactUser: this.#options.contactUser };
  }

  #open(dialog: EventDialog): void {
    if (this.#guest !== null) this.#port = dialog.join(this.#guest);
  }
}
