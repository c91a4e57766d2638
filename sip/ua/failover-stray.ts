import type { HeaderList } from '../build.js';
import { ackRequest, createUacDialog, nextRequest } from '../dialog/dialog.js';
import { tagOf } from '../header-values.js';
import type { SipRequest, SipResponse } from '../message.js';
import type { ClientTransactionHandlers, TransactionLayer } from '../transaction/layer.js';
import { type Flow, targetOf } from '../transport/transport.js';

/** Dialogs of one INVITE that are hung up; answers that open further ones are ignored, counted by the caller. */
const MAX_STRAYS = 32;

const unheard: ClientTransactionHandlers = {
  onResponse: () => undefined,
  onTimeout: () => undefined,
  onTransportError: () => undefined,
};

/**
 * The 2xx of servers that were given up and answered an INVITE after all: each gets ACK and BYE (RFC 3261 §13.2.2.4),
 * over the flow that it came by, and the ACK again whenever the 2xx comes again.
 */
export class StrayAnswers {
  readonly #transactions: TransactionLayer;
  readonly #userAgent: HeaderList;
  readonly #acks = new Map<string, SipRequest>();

  constructor(transactions: TransactionLayer, userAgent: HeaderList) {
    this.#transactions = transactions;
    this.#userAgent = userAgent;
  }

  /** False over the limit: nothing was sent, and the callee gives its 2xx up by itself. */
  hangUp(invite: SipRequest, response: SipResponse, flow: Flow): boolean {
    const tag = tagOf(response.to) ?? '';
    const known = this.#acks.get(tag);
    if (known !== undefined) {
      this.#transactions.sendStateless(known, targetOf(flow));
      return true;
    }
    if (this.#acks.size >= MAX_STRAYS) return false;
    const dialog = createUacDialog(invite, response);
    const ack = ackRequest(dialog, invite);
    this.#acks.set(tag, ack);
    this.#transactions.sendStateless(ack, targetOf(flow));
    const bye = nextRequest(dialog, 'BYE', { headers: this.#userAgent }).request;
    this.#transactions.request(bye, targetOf(flow), unheard);
    return true;
  }
}
