import type { DialogNews } from '../../contract/mediaswitch/control.js';
import type { Callback } from './callbacks.js';
import type { SoundSoup } from './channel.js';
import { type CodecName, readCodecs } from './codecs.js';
import { completeRequest, type HangupReason, type NewCallRequest } from './dial-request.js';
import type { HistoryEntry, Leg } from './leg.js';

export interface AnswerOptions {
  readonly codecs?: readonly CodecName[];
}

export type CallCallback = Callback<Call>;

/** What a call tells of itself, open for what other modules want to note with it. */
export interface CallMetadata {
  readonly family: { readonly parent: Call | false; readonly children: readonly Call[] };
  /** Null until it is open. */
  readonly channel: ChannelMetadata | null;
  readonly history: readonly HistoryEntry[];
  [name: string]: unknown;
}

export interface ChannelMetadata {
  readonly ip: string;
  readonly port: number;
  /** The RTP server. */
  readonly control: string;
  readonly uuid: string;
  readonly codecs: readonly CodecName[];
}

const legs = new WeakMap<Call, Leg>();

/** The leg behind a call object. */
function legOf(call: Call): Leg {
  const leg = legs.get(call);
  if (leg === undefined) throw new TypeError('not a call of this library');
  return leg;
}

/**
 * The call object of contract 2.3. Assigning to `onringing`, `onanswer`, `onhangup` … adds a callback; all are called in
 * that order with the call as `this` and as argument, once, those for hold every time.
 */
export class Call {
  readonly metadata: CallMetadata;
  #moh: SoundSoup | undefined;

  constructor(leg: Leg) {
    legs.set(this, leg);
    this.metadata = {
      get family() {
        const parent: Call | false = leg.family.parent?.call ?? false;
        return { parent, children: [...leg.family.children].map(({ call }) => call) };
      },
      get channel(): ChannelMetadata | null {
        const { channel, codecs } = leg.media;
        if (channel === null || channel.uuid === '') return null;
        return { ip: channel.ip, port: channel.port, control: leg.desk.rtpUrl, uuid: channel.uuid, codecs };
      },
      history: leg.history,
    };
  }

  set onnewcall(callback: CallCallback) {
    legOf(this).stacks.newcall.add(callback);
  }

  set onringing(callback: CallCallback) {
    legOf(this).stacks.ringing.add(callback);
  }

  set onanswer(callback: CallCallback) {
    legOf(this).stacks.answer.add(callback);
  }

  set onhangup(callback: CallCallback) {
    legOf(this).stacks.hangup.add(callback);
  }

  /** After all that hear of the hangup, for call records. */
  set onreporting(callback: CallCallback) {
    legOf(this).stacks.reporting.add(callback);
  }

  set onhold(callback: CallCallback) {
    legOf(this).stacks.hold.add(callback);
  }

  set onoffhold(callback: CallCallback) {
    legOf(this).stacks.offhold.add(callback);
  }

  /** An addition: the phone pressed a key, which the second argument names. Called every time. */
  set ondtmf(callback: Callback<Call, [Call, string]>) {
    legOf(this).stacks.dtmf.add(callback);
  }

  /** The SIP Call-ID; empty until the SIP server has made one. */
  get callid(): string {
    return legOf(this).callid;
  }

  /** It has rung, and stays so once answered, as in the SIP server's own news. */
  get ringing(): boolean {
    return legOf(this).info.ring;
  }

  get answered(): boolean {
    return legOf(this).info.answered;
  }

  get hungup(): boolean {
    return legOf(this).hasEnded;
  }

  /** The user dialled, or where a transfer sent the call. */
  get destination(): string {
    const leg = legOf(this);
    return leg.referred?.to ?? leg.info.to;
  }

  get hold(): boolean {
    return legOf(this).info.hold;
  }

  /** The last news of the SIP server: contract 1.5.2. */
  get info(): DialogNews {
    return legOf(this).info;
  }

  /** Music for whom this call puts on hold; that of the control object unless set. */
  get moh(): SoundSoup | undefined {
    return this.#moh ?? legOf(this).desk.moh;
  }

  set moh(soup: SoundSoup | undefined) {
    this.#moh = soup;
  }

  get haserror(): boolean {
    return this.error.code !== 0;
  }

  get error(): { readonly code: number; readonly status: string } {
    return legOf(this).info.error;
  }

  /** We sent the INVITE. */
  get originator(): boolean {
    return legOf(this).info.originator;
  }

  get other(): Call | false {
    return legOf(this).family.other?.call ?? false;
  }

  get others(): Call[] {
    return legOf(this).family.all.map(({ call }) => call);
  }

  get history(): readonly HistoryEntry[] {
    return legOf(this).history;
  }

  /** 180, with an Alert-Info. When it rings or is up already, callbacks that still wait are called on the next turn. */
  ring(alertinfo?: string): void {
    legOf(this).ring(alertinfo);
  }

  /** Throws a TypeError for a codec that does not exist. */
  answer(options?: AnswerOptions): void {
    const leg = legOf(this);
    leg.answer(options?.codecs === undefined ? leg.desk.codecs : readCodecs(options.codecs));
  }

  /** `"busy"`, `"notfound"`, `"paymentrequired"`, any `{ code, reason }`, or nothing: the call is simply over. */
  hangup(reason?: HangupReason): void {
    legOf(this).hangup(reason);
  }

  busy(): void {
    this.hangup('busy');
  }

  notfound(): void {
    this.hangup('notfound');
  }

  paymentrequired(): void {
    this.hangup('paymentrequired');
  }

  /**
   * Calls somebody for this call. A list rings all at once: the first to answer is it, the others are hung up. Undefined
   * without a user to call, and when this call is over.
   */
  newcall(request: NewCallRequest): Call | undefined;
  newcall(requests: readonly NewCallRequest[]): Call[];
  newcall(request: NewCallRequest | readonly NewCallRequest[]): Call | Call[] | undefined {
    const leg = legOf(this);
    if (!isList(request)) return dialFrom(leg, request)?.call;
    const group = request.flatMap((each) => dialFrom(leg, each) ?? []);
    for (const child of group) child.group = group;
    return group.map(({ call }) => call);
  }

  /** Plays to this phone, while it is mixed with nobody. */
  play(soup: SoundSoup): void {
    void legOf(this).media.play(soup);
  }

  /** Lets this phone and `other` hear each other. */
  mix(done?: (call: Call) => void): void {
    const leg = legOf(this);
    const { other } = leg.family;
    runThen(this, other === null ? undefined : leg.media.join(other), done);
  }

  unmix(done?: (call: Call) => void): void {
    runThen(this, legOf(this).media.part(), done);
  }

  /** `other` belongs to this call from now on: it ends with it, and they are mixed when both are up. */
  link(other: Call): void {
    if (other !== this) legOf(this).family.adopt(legOf(other));
  }

  unlink(): void {
    legOf(this).family.unlink();
  }
}

function isList(request: NewCallRequest | readonly NewCallRequest[]): request is readonly NewCallRequest[] {
  return Array.isArray(request);
}

function dialFrom(leg: Leg, request: NewCallRequest): Leg | null {
  if (leg.isOver) return null;
  const { info, desk } = leg;
  const defaults = {
    user: leg.party,
    domain: info.domain,
    cid: leg.callerId,
    maxforwards: info.maxforwards - 1,
    codecs: desk.codecs,
    gateway: request?.forward === true ? desk.gateway : null,
  };
  const complete = completeRequest(request, defaults);
  return complete === null ? null : desk.dial(complete, leg);
}

function runThen(call: Call, work: Promise<void> | undefined, done: ((call: Call) => void) | undefined): void {
  const { report } = legOf(call).desk;
  void (work ?? Promise.resolve())
    .then(() => done?.call(call, call))
    .catch((error: unknown) => report('the callback of mix or unmix failed', error));
}
