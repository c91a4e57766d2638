import { sessionBody } from '../bodies/body-parts.js';
import type { HeaderList } from '../build.js';
import { tokens } from '../headers.js';
import type { SipResponse } from '../message.js';
import { isSettled, type Verdict } from './offer-answer.js';
import type { SessionPort } from './session-port.js';
import type { OfferReply, ReinviteResult } from './types.js';

/**
 * PRACKs of one dialog that may wait for their answers. RFC 3262 §3 lets the peer have one response unacknowledged, so
 * more of them than answers that were lost is a flood, which each PRACK and its repetitions would multiply.
 */
const MAX_PRACKS = 8;

/** What a provisional response says of the session. */
export interface Provisional {
  readonly reliable: boolean;
  readonly meaning: Verdict | null;
  /** See `ProgressInfo.offer`. */
  readonly offer?: (body: Buffer) => Promise<ReinviteResult>;
}

interface PrackOffer {
  readonly body: Buffer;
  readonly resolve: (result: ReinviteResult) => void;
}

/** RFC 3262 §7.1: 1 … 2³²−1; null for a response that is not sent reliably. */
export function rseqOf(response: SipResponse): number | null {
  const { statusCode, headers } = response;
  if (statusCode <= 100 || statusCode >= 200 || !tokens(response, 'Require').includes('100rel')) return null;
  const text = headers.get('RSeq')?.trim() ?? '';
  const value = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  return value > 0 && value <= 0xffff_ffff ? value : null;
}

/** The reliable provisional responses to one INVITE of ours in one dialog: RFC 3262 §4. */
export class ReliableReceiver {
  readonly #port: SessionPort;
  #last: number | null = null;

  constructor(port: SessionPort) {
    this.#port = port;
  }

  /**
   * Tells and acknowledges the response that is next in order; drops copies, and one that comes before its turn, which
   * the peer will repeat; likewise one that more than `MAX_PRACKS` would wait with (counted `reliableIgnored`).
   * `giveUp`: its offer could not be answered (RFC 6337 §3.3).
   */
  receive(response: SipResponse, tell: (provisional: Provisional) => void, giveUp: () => void): void {
    const rseq = rseqOf(response);
    if (rseq === null || (this.#last !== null && rseq <= this.#last)) return;
    if (this.#port.requests.pracks >= MAX_PRACKS) {
      this.#port.context.counters.reliableIgnored += 1;
      return;
    }
    if (this.#last !== null && rseq !== this.#last + 1) return;
    this.#last = rseq;
    const rack: HeaderList = [['RAck', `${rseq} ${response.cseq.sequence} ${response.cseq.method}`]];
    const described = sessionBody(response);
    const meaning = described === null ? null : this.#port.carry('remote', '1xx-rel', described);
    let isTelling = true;
    let next: PrackOffer | null = null;
    const offer = (body: Buffer): Promise<ReinviteResult> => {
      const may = isTelling && next === null && isSettled(this.#port.offers);
      if (!may) return Promise.resolve({ ok: false, statusCode: 491 });
      return new Promise((resolve) => {
        next = { body, resolve };
      });
    };
    tell({ reliable: true, meaning, offer });
    isTelling = false;
    if (meaning === 'offer' && described !== null) this.#askForAnswer(described, rack, giveUp);
    else this.#acknowledge(rack, next);
  }

  /** RFC 3262 §5: the PRACK has to carry the answer. */
  #askForAnswer(offer: Buffer, rack: HeaderList, giveUp: () => void): void {
    const { handlers, dialogId } = this.#port;
    let replied = false;
    const once = (reply: () => void): void => {
      if (replied || this.#port.isOver) return;
      replied = true;
      reply();
    };
    const refuse = (): void =>
      once(() => {
        this.#send(rack, undefined);
        giveUp();
      });
    const reply: OfferReply = {
      carrier: '1xx',
      dialogId,
      accept: (answer) =>
        once(() => {
          this.#port.carry('local', 'PRACK', answer);
          this.#send(rack, answer);
        }),
      reject: refuse,
    };
    if (handlers.onOffer === undefined) refuse();
    else this.#port.guard(() => handlers.onOffer?.(offer, reply));
  }

  #acknowledge(rack: HeaderList, offer: PrackOffer | null): void {
    if (this.#port.isOver) {
      offer?.resolve({ ok: false, statusCode: 481 });
      return;
    }
    if (offer === null) {
      this.#send(rack, undefined);
      return;
    }
    this.#port.carry('local', 'PRACK', offer.body);
    this.#send(rack, offer.body, (response) => {
      const answer = response.statusCode < 300 ? sessionBody(response) : null;
      if (answer !== null) this.#port.carry('remote', '2xx-PRACK', answer);
      this.#port.withdraw();
      if (answer !== null) offer.resolve({ ok: true, body: answer });
      else offer.resolve({ ok: false, statusCode: response.statusCode < 300 ? 488 : response.statusCode });
    });
  }

  /** A refused or unanswered PRACK ends nothing: the peer gives its INVITE up by itself (RFC 3262 §3). */
  #send(rack: HeaderList, body: Buffer | undefined, done?: (response: SipResponse) => void): void {
    const description = body === undefined ? {} : { body, contentType: 'application/sdp' };
    void this.#port.requests.prack({ headers: rack, ...description }).then((response) => {
      done?.(response);
      this.#port.resumeOffers();
    });
  }
}
