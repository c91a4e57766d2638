import type { DialogNews, LegNote } from '../../contract/mediaswitch/control.js';
import { joinFamily, withoutCallbacks } from './built-in.js';
import { Call } from './call.js';
import { CallbackStack } from './callbacks.js';
import type { ChannelOwner } from './channel.js';
import type { CodecName } from './codecs.js';
import type { Desk } from './desk.js';
import { type CallerId, type DialRequest, type HangupReason, type HangupStatus, hangupStatus } from './dial-request.js';
import { Family } from './family.js';
import type { ServerReply } from './http.js';
import { reasonOf } from './json-client.js';
import { Lane } from './lane.js';
import { LegMedia } from './leg-media.js';
import { LegNews } from './leg-news.js';
import { NoteKeeper } from './leg-note.js';

/** A BYE or CANCEL is given up by the SIP server after 32 s; without any news of it the call is over here. */
const HANGUP_LIMIT_MS = 40_000;
/** Entries of a history; the oldest go. A peer that sends re-INVITEs for ever makes no more. */
const MAX_HISTORY = 256;

export interface HistoryEntry {
  /** Milliseconds since the Unix epoch. */
  readonly when: number;
  readonly what: string;
}

/**
 * `inbound`: a phone called. `outbound`: we call. `virtual`: asked for over HTTP, without a phone. `adopted`: it was
 * there before this process.
 */
export type LegKind = 'inbound' | 'outbound' | 'virtual' | 'adopted';

/**
 * One call as the library drives it: what the script asks becomes commands to the SIP server, in order, and what the SIP
 * server tells becomes callbacks. It ends once, by `end`, whatever comes first: news of it, or no more hope of any.
 */
export class Leg implements ChannelOwner {
  readonly call: Call;
  readonly kind: LegKind;
  readonly desk: Desk;
  readonly media: LegMedia;
  readonly family = new Family(this);
  readonly news = new LegNews(this);
  readonly stacks = {
    newcall: new CallbackStack<Call>('call.onnewcall'),
    ringing: new CallbackStack<Call>('call.onringing'),
    answer: new CallbackStack<Call>('call.onanswer'),
    hangup: new CallbackStack<Call>('call.onhangup'),
    reporting: new CallbackStack<Call>('call.onreporting'),
    hold: new CallbackStack<Call>('call.onhold'),
    offhold: new CallbackStack<Call>('call.onoffhold'),
    dtmf: new CallbackStack<Call, [Call, string]>('call.ondtmf'),
  };
  readonly history: HistoryEntry[] = [];
  info: DialogNews;
  /** Where a transfer sent this call; its destination from then on. */
  referred: { readonly to: string; readonly referedby: string } | null = null;
  /** Shown to those whom this leg calls; its own party unless told. */
  callerId: CallerId = {};
  /** Legs of one ring group: the first to answer ends the others. */
  group: readonly Leg[] = [];
  /** Who are mixed when this leg is over, if they belong together then. */
  mixAfter: { readonly early: Leg; readonly late: Leg } | null = null;
  #state: 'live' | 'ending' | 'ended' = 'live';
  #isInviteOut = false;
  #isRingAsked = false;
  #isAnswerAsked = false;
  #status: HangupStatus = {};
  #giveUp: { cancel(): void } | null = null;
  readonly #lane = new Lane();
  readonly #keeper = new NoteKeeper(this);

  constructor(desk: Desk, kind: LegKind, info: DialogNews) {
    this.desk = desk;
    this.kind = kind;
    this.info = info;
    this.media = new LegMedia(this, desk);
    this.call = new Call(this);
    this.note('new');
  }

  get callid(): string {
    return this.info.callid;
  }

  /** Ended, or about to. */
  get isOver(): boolean {
    return this.#state !== 'live';
  }

  get hasEnded(): boolean {
    return this.#state === 'ended';
  }

  /** Who is at the other end of this leg. */
  get party(): string {
    return this.info.originator ? this.info.to : this.info.from;
  }

  /** What the next process has to know of this leg may be something else now. */
  remember(): void {
    this.#keeper.changed();
  }

  /** A leg of an earlier process: what it knew. Who belongs to whom is seen to once all are there. */
  restore(note: LegNote): void {
    const { ring, answered, hold } = note;
    this.#isAnswerAsked = !this.info.originator && this.info.sdp.us.m !== undefined;
    this.info = { ...this.info, ring, answered, hold };
    this.news.hasRung = ring;
    this.referred = note.referred;
    if (note.referred !== null) this.info = { ...this.info, refer: { ...note.referred } };
    const { name, number, private: isPrivate } = note.cid;
    this.callerId = {
      ...(name === undefined ? {} : { name }),
      ...(number === undefined ? {} : { number }),
      ...(isPrivate === undefined ? {} : { private: isPrivate }),
    };
    this.media.restore(note);
    this.note('restored');
  }

  /** Goes on with the dialog as it is now. What is the same is said once more: what was under way may need it. */
  resume(news: DialogNews): void {
    const { ring, answered, hold } = this.info;
    if (news.answered !== answered || news.hold !== hold || (news.ring && !ring)) this.news.take(news);
    else if (answered) {
      if (hold) this.media.rest(this.info);
      else this.media.target(this.info);
      this.news.adopted();
    }
  }

  note(what: string): void {
    this.history.push({ when: this.desk.clock.epochMs(), what });
    if (this.history.length > MAX_HISTORY) this.history.shift();
  }

  // What the script and the built-in behaviour ask.

  ring(alertinfo?: string): void {
    if (this.isOver) return;
    if (this.info.ring || this.info.answered) {
      queueMicrotask(() => this.runPending());
      return;
    }
    if (this.kind === 'virtual') this.rang();
    if (this.kind === 'outbound' || this.info.originator || this.#isRingAsked || this.#isAnswerAsked) return;
    this.#isRingAsked = true;
    void this.#ring(typeof alertinfo === 'string' ? { alertinfo } : {});
  }

  async #ring(more: { readonly alertinfo?: string }): Promise<void> {
    const reply = await this.command('ring', more);
    if (this.isOver || this.info.answered) return;
    if (reply.code === 200) this.rang();
    else this.commandFailed('ring', reply);
  }

  answer(codecs: readonly CodecName[]): void {
    if (this.isOver) return;
    if (this.info.answered) {
      queueMicrotask(() => this.runPending());
      return;
    }
    if (this.kind === 'virtual') {
      this.info = { ...this.info, answered: true };
      this.wasAnswered();
    }
    if (this.kind === 'outbound' || this.info.originator || this.#isAnswerAsked || this.info.answered) return;
    this.#isAnswerAsked = true;
    void this.#answer(codecs);
  }

  async #answer(codecs: readonly CodecName[]): Promise<void> {
    const isOpen = await this.media.open(codecs);
    if (this.isOver) return;
    if (!isOpen) return this.hangup({ code: 480, reason: 'Temporarily Unavailable' });
    const sdp = this.media.describe(this.info.sdp.them);
    if (sdp === null) return this.hangup({ code: 488, reason: 'Not Acceptable Here' });
    const reply = await this.command('answer', { sdp });
    if (reply.code !== 200 && !this.isOver) this.commandFailed('answer', reply);
  }

  /** Calls out. */
  async dial(request: DialRequest): Promise<void> {
    const isOpen = await this.media.open(request.codecs);
    if (this.hasEnded) return;
    if (!isOpen) return this.#notDialled(480, 'Temporarily Unavailable');
    const sdp = this.media.describe({});
    if (sdp === null) return this.#notDialled(488, 'Not Acceptable Here');
    this.info = { ...this.info, sdp: { them: {}, us: sdp } };
    this.#isInviteOut = true;
    const { from, to, cid, maxforwards } = request;
    const reply = await this.desk.invite(this, { from, to, cid, maxforwards, control: this.desk.url, sdp });
    this.#isInviteOut = false;
    if (this.callid === '') this.end({ code: reply.code === 200 ? 500 : reply.code, status: reasonOf(reply) });
    else if (this.isOver) void this.#sendHangup();
    else this.stacks.newcall.runOnce(this.call, [this.call], this.desk.report);
    this.desk.invited(this);
    this.remember();
  }

  /** A call that could not be made: its `onnewcall` tells, then it is over. */
  #notDialled(code: number, status: string): void {
    this.info = { ...this.info, error: { code, status } };
    this.stacks.newcall.runOnce(this.call, [this.call], this.desk.report);
    this.end({ code, status });
  }

  /** Makes it fail before anything was asked of anybody. */
  refuse(code: number, status: string): void {
    this.#state = 'ending';
    queueMicrotask(() => this.end({ code, status }));
  }

  hangup(reason?: HangupReason): void {
    if (this.isOver) return;
    this.#state = 'ending';
    this.#status = hangupStatus(reason);
    this.note('hanging up');
    for (const child of this.family.children) child.hangup();
    if (this.callid !== '' && this.kind !== 'virtual') void this.#sendHangup();
    else if (!this.#isInviteOut) queueMicrotask(() => this.end(this.#localError()));
  }

  async #sendHangup(): Promise<void> {
    const body = { callid: this.callid, ...this.#status };
    const reply = await this.#lane.runAnyway(() => this.desk.sip('PUT', '/dialog/hangup', body));
    if (this.hasEnded) return;
    if (reply.code !== 200) this.end(this.#localError());
    else this.#giveUp = this.desk.clock.setTimer(HANGUP_LIMIT_MS, () => this.end(this.#localError()));
  }

  #localError(): DialogNews['error'] {
    if (this.info.error.code !== 0) return this.info.error;
    return { code: this.#status.code ?? 0, status: this.#status.reason ?? '' };
  }

  /** A command about this dialog; its answer. */
  async command(action: string, more: object = {}): Promise<ServerReply> {
    const send = (): Promise<ServerReply> =>
      this.desk.sip('PUT', `/dialog/${action}`, { callid: this.callid, ...more });
    const dropped: ServerReply = { code: 503, message: 'too many commands wait', json: null, answered: false };
    return (await this.#lane.run(send)) ?? dropped;
  }

  /** The SIP server does not know the dialog: it is over. Anything else ends it there too. */
  commandFailed(action: string, reply: ServerReply): void {
    this.desk.report(`/dialog/${action} of ${this.callid}: ${reply.code} ${reasonOf(reply)}`);
    if (reply.code === 404) this.end({ code: 481, status: 'Call/Transaction Does Not Exist' });
    else this.hangup({ code: 500, reason: 'Server Internal Error' });
  }

  channelLost(reason: string): void {
    if (this.isOver) return;
    this.note(`channel lost: ${reason}`);
    this.hangup({ code: 500, reason: 'Server Internal Error' });
  }

  digit(digit: string): void {
    if (!this.hasEnded) this.stacks.dtmf.run(this.call, [this.call, digit], this.desk.report);
  }

  /** Ends a leg that after this time is neither over nor has anybody called for it. */
  expire(afterMs: number): void {
    this.#giveUp = this.desk.clock.setTimer(afterMs, () => {
      if (this.family.children.size === 0) this.hangup({ code: 480, reason: 'Temporarily Unavailable' });
    });
  }

  // What happened.

  /** A phone calls: the script decides. Nobody there to decide is a 480. */
  arrived(): void {
    this.desk.stacks.newcall.run(this.call, [this.call], this.desk.report);
    if (this.desk.stacks.newcall.isEmpty) this.hangup({ code: 480, reason: 'Temporarily Unavailable' });
  }

  rang(): void {
    if (this.isOver || this.news.hasRung) return;
    this.news.hasRung = true;
    this.info = { ...this.info, ring: true };
    this.note('ringing');
    this.remember();
    this.family.parent?.ring();
    this.desk.stacks.ringing.run(this.call, [this.call], this.desk.report);
    this.stacks.ringing.runOnce(this.call, [this.call], this.desk.report);
  }

  wasAnswered(): void {
    this.note('answered');
    this.remember();
    this.media.target(this.info);
    for (const other of this.group) if (other !== this) other.hangup();
    joinFamily(this);
    this.desk.stacks.answer.run(this.call, [this.call], this.desk.report);
    this.stacks.answer.runOnce(this.call, [this.call], this.desk.report);
  }

  /** Callbacks that were added after what they wait for. */
  runPending(): void {
    if (this.isOver) return;
    if (this.info.ring) this.stacks.ringing.runOnce(this.call, [this.call], this.desk.report);
    if (this.info.answered) this.stacks.answer.runOnce(this.call, [this.call], this.desk.report);
  }

  /** The end, once: callbacks in the order of contract 2.3, and nothing of it stays anywhere. */
  end(error: DialogNews['error']): void {
    if (this.hasEnded) return;
    this.#state = 'ended';
    this.#giveUp?.cancel();
    const endS = this.info.epochs.end || Math.floor(this.desk.clock.epochMs() / 1000);
    this.info = { ...this.info, hangup: true, error, epochs: { ...this.info.epochs, end: endS } };
    this.note('hung up');
    this.desk.release(this);
    const { call } = this;
    const { report, stacks } = this.desk;
    stacks.hangup.run(call, [call], report);
    for (const child of this.family.children) child.hangup();
    this.media.close();
    this.stacks.hangup.runOnce(call, [call], report);
    stacks.reporting.run(call, [call], report);
    this.stacks.reporting.runOnce(call, [call], report);
    // After the callbacks: one of them may have called somebody else for the parent.
    this.family.leave(error);
    withoutCallbacks(this);
    const { mixAfter } = this;
    this.mixAfter = null;
    if (mixAfter?.early.family.children.has(mixAfter.late) === true) void mixAfter.early.media.join(mixAfter.late);
  }
}
