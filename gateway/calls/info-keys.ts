import { Infos, type ServerTransaction, type UserAgent } from '../../sip/index.js';
import type { CallRunner } from './call-runner.js';

/** Keys that phones tell by INFO (application/dtmf-relay, application/dtmf), brought to their calls. */
export class InfoKeys {
  readonly #infos: Infos;
  /** Whose INFO is being read. */
  #call: CallRunner | null = null;

  constructor(userAgent: UserAgent) {
    this.#infos = new Infos(userAgent.context, {
      onDtmf: ({ digit, durationMs = null }) => {
        // A hook flash is no digit, here as in RFC 4733.
        if (digit !== '!') this.#call?.onDigit({ digit, durationMs, source: 'info' });
      },
    });
    userAgent.use({ methods: this.#infos.methods });
  }

  /** True when the request was an INFO, which is answered then. */
  receive(call: CallRunner, transaction: ServerTransaction): boolean {
    if (transaction.request.method !== 'INFO') return false;
    this.#call = call;
    this.#infos.methods.INFO?.(transaction);
    this.#call = null;
    return true;
  }
}
