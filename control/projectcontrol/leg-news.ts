import type { DialogNews } from '../../contract/mediaswitch/control.js';
import type { Direction } from './codecs.js';
import { reasonOf } from './json-client.js';
import type { Leg } from './leg.js';
import { transfer } from './transfer.js';

/** 64·T1, RFC 3261 §13.3.1.4: for so long a 200 is repeated. An UPDATE (RFC 3311) has no ACK. */
const ACK_LIMIT_MS = 32_000;

/**
 * Reads what changed out of news that always tell the whole state (contract 1.5.2). A re-INVITE has to be confirmed by
 * `/dialog/ok`, and its ACK brings the same document once more, which must not be.
 */
export class LegNews {
  /** The script was told, or ringing was our own command. */
  hasRung = false;
  readonly #leg: Leg;
  /** Until then one more document of the same is the ACK; 0: none is due. */
  #ackUntilMs = 0;
  #isReinviting = false;

  constructor(leg: Leg) {
    this.#leg = leg;
  }

  take(event: DialogNews): void {
    const leg = this.#leg;
    if (leg.hasEnded) return;
    const before = leg.info;
    leg.info = merged(event, leg);
    if (event.hangup) leg.end(event.error);
    if (leg.isOver) return;
    if (event.ring && !event.answered) leg.rang();
    if (event.answered && !before.answered) leg.wasAnswered();
    else if (event.refer !== undefined) transfer(leg, event.refer);
    else if (event.answered) this.#changed(before);
  }

  #changed(before: DialogNews): void {
    const leg = this.#leg;
    const { info } = leg;
    const isNew = info.hold !== before.hold || JSON.stringify(info.sdp.them) !== JSON.stringify(before.sdp.them);
    const nowMs = leg.desk.clock.nowMs();
    const isAck = !isNew && nowMs < this.#ackUntilMs;
    this.#ackUntilMs = 0;
    if (isAck) return;
    // The answer to a re-INVITE of ours has no ACK to wait for; an `ok` too many is for the SIP server to ignore.
    if (!this.#isReinviting) this.#ackUntilMs = nowMs + ACK_LIMIT_MS;
    this.#isReinviting = false;
    if (info.hold && !before.hold) this.#hold();
    else if (!info.hold && before.hold) this.#offHold();
    else {
      if (isNew) leg.media.target(info);
      this.#confirm(info.hold ? 'inactive' : 'sendrecv');
    }
  }

  #hold(): void {
    const leg = this.#leg;
    const other = leg.family.other;
    const soup = leg.call.moh;
    leg.note('hold');
    leg.remember();
    const parted = leg.media.part();
    if (other !== null && soup !== undefined) {
      void parted.then(() => (leg.info.hold && !other.isOver ? other.media.play(soup) : undefined));
    }
    leg.media.rest(leg.info);
    this.#confirm('inactive');
    leg.stacks.hold.run(leg.call, [leg.call], leg.desk.report);
  }

  #offHold(): void {
    const leg = this.#leg;
    const other = leg.family.other;
    leg.note('off hold');
    leg.remember();
    leg.media.target(leg.info);
    const soup = other?.call.moh;
    if (other?.info.hold === true && soup !== undefined) void leg.media.play(soup);
    else if (other !== null) void leg.media.join(other);
    this.#confirm('sendrecv');
    leg.stacks.offhold.run(leg.call, [leg.call], leg.desk.report);
  }

  #confirm(direction: Direction): void {
    const sdp = this.#leg.media.redescribe(direction);
    void this.#tell('ok', sdp.m?.length ? { sdp } : {});
  }

  /**
   * The first news of a call that was there before this process. They may be those of a re-INVITE, and where they are
   * not, confirming changes nothing.
   */
  adopted(): void {
    const { info } = this.#leg;
    const isReferNews = info.refer !== undefined && this.#leg.referred === null;
    if (info.answered && !info.hangup && !isReferNews) this.#confirm(info.hold ? 'inactive' : 'sendrecv');
  }

  /** Tells the peer where its sound comes from now. */
  reinvite(): void {
    this.#isReinviting = true;
    void this.#tell('invite', { sdp: this.#leg.media.us ?? {} });
  }

  /** Tells a transferor that it worked. */
  notify(): void {
    void this.#tell('notify', {});
  }

  /** A command without which the call goes on. */
  async #tell(action: string, more: object): Promise<void> {
    const leg = this.#leg;
    const reply = await leg.command(action, more);
    if (reply.code !== 200 && !leg.isOver) {
      leg.desk.report(`/dialog/${action} of ${leg.callid}: ${reply.code} ${reasonOf(reply)}`);
    }
  }
}

/** What we did ourselves may be newer than the news; a transfer is told once and lasts. */
function merged(event: DialogNews, leg: Leg): DialogNews {
  const { info, referred } = leg;
  return {
    ...event,
    callid: info.callid,
    ring: event.ring || info.ring,
    answered: event.answered || info.answered,
    ...(event.refer === undefined && referred !== null ? { refer: { ...referred } } : {}),
  };
}
