import type { Clock } from '../../base/clock.js';
import type { Random } from '../../base/random.js';
import type { ChannelNews, DialogNews, InviteOrder } from '../../contract/mediaswitch/control.js';
import type { Call } from './call.js';
import { CallbackStack, type Report } from './callbacks.js';
import type { Channel, SoundSoup } from './channel.js';
import { type CodecName, defaultCodecs } from './codecs.js';
import type { Desk } from './desk.js';
import type { DialRequest, GatewayRequest } from './dial-request.js';
import { EarlyNews } from './early-news.js';
import { type HttpExchange, type ServedReply, type ServerReply, urlOf } from './http.js';
import { JsonClient, textMember } from './json-client.js';
import { Leg, type LegKind } from './leg.js';
import { type FoundDialog, Restorer, reunite } from './restore.js';
import { Watch } from './watch.js';

export interface SwitchboardDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly http: HttpExchange;
  readonly report: Report;
  /** Calls at one time; one more is refused with 503 (inbound: its caller gets 480). 10 000 unless told. */
  readonly maxCalls?: number;
}

/** Call-IDs kept of calls that are over, so that late news of them are no news; the oldest go. */
const MAX_RECENT = 4096;
/** A call that was asked for over HTTP and for which nobody is called. The SIP server's own limit for callers. */
const VIRTUAL_LIMIT_MS = 180_000;
const SIP_WATCH = { everyMs: 10_000, misses: 3 };
const RTP_WATCH = { everyMs: 1000, misses: 2 };
const RESTARTED = 'the RTP server was started anew';
/** Calls asked about at each look at the SIP server, in turn. */
const CALLS_PER_LOOK = 100;

/** It has only begun. */
function isNewCall({ answered, hangup, originator }: DialogNews): boolean {
  return !answered && !hangup && !originator;
}

/**
 * All calls of a control server: finds the one that news are for, makes new ones, and forgets those that are over.
 * Calls of an earlier process are restored (Restorer). News of calls that it does not know: one that has only begun is
 * new; one that is up was there before this process and is adopted, without `onnewcall`; of one that ended the script's `onhangup` and `onreporting` hear.
 * Limits: `maxCalls` calls, 4096 Call-IDs of ended ones, early news as EarlyNews says; `refused` counts calls over it.
 */
export class Switchboard implements Desk {
  readonly clock: Clock;
  readonly report: Report;
  readonly stacks = {
    newcall: new CallbackStack<Call>('onnewcall'),
    ringing: new CallbackStack<Call>('onringing'),
    answer: new CallbackStack<Call>('onanswer'),
    hangup: new CallbackStack<Call>('onhangup'),
    reporting: new CallbackStack<Call>('onreporting'),
    restored: new CallbackStack<Call>('onrestored'),
  };
  readonly addresses = {
    sip: { host: '127.0.0.1', port: 9000 },
    us: { host: '127.0.0.1', port: 9001 },
    rtp: { host: '127.0.0.1', port: 9002 },
  };
  readonly gateways: GatewayRequest[] = [];
  codecs: readonly CodecName[] = defaultCodecs;
  moh: SoundSoup | undefined;
  refused = 0;
  /** By Call-ID; outgoing calls have none until the SIP server has said so. */
  readonly legs = new Map<string, Leg>();
  readonly channels = new Map<string, Channel>();
  readonly early = new EarlyNews();
  readonly #all = new Set<Leg>();
  readonly #recent = new Set<string>();
  readonly #suspects = new Set<Leg>();
  readonly #client: JsonClient;
  readonly #random: Random;
  readonly #maxCalls: number;
  readonly #sipWatch: Watch;
  readonly #rtpWatch: Watch;
  readonly #restorer: Restorer;
  #pendingInvites = 0;
  #sessionId = 0;
  #lookedAt = 0;
  /** Which one of the RTP servers at that address it was last. */
  #rtpServer: string | null = null;

  constructor({ clock, random, http, report, maxCalls = 10_000 }: SwitchboardDeps) {
    this.clock = clock;
    this.report = report;
    this.#random = random;
    this.#client = new JsonClient(clock, http);
    this.#maxCalls = maxCalls;
    this.#sipWatch = new Watch({
      ...SIP_WATCH,
      clock,
      isNeeded: () => this.legs.size > 0,
      look: () => this.#lookAtSip(),
      lost: () => {
        for (const leg of this.legs.values()) leg.end({ code: 503, status: 'Service Unavailable' });
      },
    });
    this.#restorer = new Restorer({
      clock,
      sip: (method, path) => this.sip(method, path),
      url: () => this.url,
      found: (dialogs) => this.#restored(dialogs),
      news: (callid, event) => this.news(callid, event),
    });
    this.#rtpWatch = new Watch({
      ...RTP_WATCH,
      clock,
      isNeeded: () => this.channels.size > 0,
      look: () => this.#lookAtRtp(),
      lost: () => {
        for (const channel of [...this.channels.values()]) channel.gone('the RTP server is gone');
      },
    });
  }

  /** Picks up the calls of an earlier process; resolves when that is so, or there is no SIP server yet. */
  restore(): Promise<void> {
    return this.#restorer.start();
  }

  get url(): string {
    return urlOf(this.addresses.us);
  }

  get rtpUrl(): string {
    return urlOf(this.addresses.rtp);
  }

  get gateway(): GatewayRequest | null {
    return this.gateways[0] ?? null;
  }

  /** Calls, those without a Call-ID yet included. */
  get size(): number {
    return this.#all.size;
  }

  sip(method: string, path: string, body?: unknown): Promise<ServerReply> {
    return this.#client.send(this.addresses.sip, method, path, body);
  }

  rtp(method: string, path: string, body?: unknown): Promise<ServerReply> {
    return this.#client.send(this.addresses.rtp, method, path, body);
  }

  nextSessionId(): number {
    this.#sessionId += 1;
    return this.#sessionId;
  }

  legOf(callid: string): Leg | null {
    return this.legs.get(callid) ?? null;
  }

  channelOpened(channel: Channel): void {
    this.channels.set(channel.uuid, channel);
    this.#rtpServerIs(channel.server);
    this.#rtpWatch.wake();
  }

  channelClosed(channel: Channel): void {
    this.channels.delete(channel.uuid);
  }

  dial(request: DialRequest, parent: Leg | null): Leg {
    const { from, to, maxforwards } = request;
    const leg = this.#make('outbound', this.#blank({ domain: from.domain, from: from.user, to: to.user, maxforwards }));
    leg.callerId = request.cid;
    leg.info = { ...leg.info, originator: true };
    parent?.family.adopt(leg);
    if (this.#all.size > this.#maxCalls) {
      this.refused += 1;
      leg.refuse(503, 'Service Unavailable');
    } else if (maxforwards <= 0) leg.refuse(483, 'Too Many Hops');
    else void leg.dial(request);
    return leg;
  }

  async invite(leg: Leg, body: unknown): Promise<ServerReply> {
    this.#pendingInvites += 1;
    const reply = await this.sip('POST', '/dialog/invite', body);
    const callid = textMember(reply.json, 'callid');
    if (reply.code === 200 && callid !== null && !this.legs.has(callid)) this.#claim(leg, callid);
    return reply;
  }

  invited(leg: Leg): void {
    this.#pendingInvites -= 1;
    for (const event of this.early.take(leg.callid)) leg.news.take(event);
    if (this.#pendingInvites > 0) return;
    for (const [callid, events] of this.early.takeAll()) for (const event of events) this.news(callid, event);
  }

  release(leg: Leg): void {
    this.#all.delete(leg);
    this.#suspects.delete(leg);
    if (leg.callid === '') return;
    this.legs.delete(leg.callid);
    this.#recent.add(leg.callid);
    if (this.#recent.size <= MAX_RECENT) return;
    const [oldest] = this.#recent;
    if (oldest !== undefined) this.#recent.delete(oldest);
  }

  /** PUT /dialog/{callid} */
  news(callid: string, event: DialogNews): ServedReply {
    const leg = this.legs.get(callid);
    if (leg !== undefined) leg.news.take(event);
    else if (this.#recent.has(callid)) return { status: 200 };
    else if (event.originator && this.#pendingInvites > 0) this.early.hold(callid, event);
    else if (!isNewCall(event) && this.#restorer.hold(callid, event)) return { status: 200 };
    else return this.#firstNews(callid, event);
    return { status: 200 };
  }

  /** Those with a note are as they were; the others are as if news of them came now. */
  #restored(dialogs: readonly FoundDialog[]): void {
    const restored = [];
    for (const { news, note } of dialogs) {
      const { callid } = news;
      if (callid === '' || this.legs.has(callid) || this.#recent.has(callid)) continue;
      // It may be one that we have just asked for, and not been answered yet.
      if (note === null && news.originator && this.#pendingInvites > 0) continue;
      if (note === null) this.#firstNews(callid, news);
      else if (this.#all.size >= this.#maxCalls) this.refused += 1;
      else {
        const leg = this.#make('adopted', news);
        this.#claim(leg, callid);
        leg.restore(note);
        restored.push({ leg, news, note });
      }
    }
    reunite(restored, this);
  }

  #firstNews(callid: string, event: DialogNews): ServedReply {
    const isNew = isNewCall(event);
    if (this.#all.size >= this.#maxCalls) {
      this.refused += 1;
      return { status: 503, body: { error: 'too many calls' } };
    }
    const leg = this.#make(isNew ? 'inbound' : 'adopted', event);
    this.#claim(leg, callid);
    if (isNew) {
      leg.arrived();
      return { status: 200 };
    }
    leg.note('adopted');
    leg.news.hasRung = event.ring;
    if (event.hangup) leg.end(event.error);
    else {
      this.stacks.restored.run(leg.call, [leg.call], this.report);
      leg.news.adopted();
    }
    return { status: 200 };
  }

  /** POST /invite */
  order(orders: readonly InviteOrder[]): ServedReply {
    if (this.stacks.newcall.isEmpty)
      return { status: 503, body: { error: 'nobody takes calls: onnewcall is not set' } };
    const results = orders.map((order) => {
      if (this.#all.size >= this.#maxCalls) {
        this.refused += 1;
        return null;
      }
      const leg = this.#make('virtual', this.#blank(order));
      leg.callerId = order.cid;
      this.#claim(leg, this.#newCallId());
      leg.expire(VIRTUAL_LIMIT_MS);
      leg.arrived();
      return { callid: leg.callid };
    });
    if (results.length > 1) return { status: 200, body: results.map((each) => each ?? { code: 503 }) };
    return results[0] ? { status: 200, body: results[0] } : { status: 503, body: { error: 'too many calls' } };
  }

  /** POST /channel/{uuid} */
  channelNews(uuid: string, { event, reason, digit }: ChannelNews): ServedReply {
    const channel = this.channels.get(uuid);
    if (event === 'close') channel?.gone(reason ?? 'closed');
    if (event === 'dtmf' && digit !== undefined) channel?.owner.digit(digit);
    return { status: 200 };
  }

  /** Nothing is asked of anybody any more; calls stay as they are. */
  close(): void {
    this.#restorer.close();
    this.#sipWatch.close();
    this.#rtpWatch.close();
  }

  #make(kind: LegKind, info: DialogNews): Leg {
    const leg = new Leg(this, kind, info);
    this.#all.add(leg);
    return leg;
  }

  #claim(leg: Leg, callid: string): void {
    leg.info = { ...leg.info, callid };
    this.legs.set(callid, leg);
    this.#sipWatch.wake();
  }

  #blank(known: Pick<DialogNews, 'domain' | 'from' | 'to' | 'maxforwards'>): DialogNews {
    const start = Math.floor(this.clock.epochMs() / 1000);
    return {
      callid: '',
      domain: known.domain,
      to: known.to,
      from: known.from,
      contact: '',
      maxforwards: known.maxforwards,
      authenticated: false,
      ring: false,
      answered: false,
      hold: false,
      originator: false,
      hangup: false,
      error: { code: 0, status: '' },
      remote: { host: '', port: 0 },
      sdp: { them: {}, us: {} },
      epochs: { start, ring: 0, answer: 0, end: 0 },
    };
  }

  /** RFC 9562 §5.4: random but for six bits. */
  #newCallId(): string {
    const bytes = this.#random.bytes(16);
    bytes[6] = (bytes[6]! & 0x0f) | 0x40;
    bytes[8] = (bytes[8]! & 0x3f) | 0x80;
    return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  }

  /**
   * One that was started anew within a second is there and knows none of our channels: it says that it has none, or that it
   * is another one than before.
   */
  async #lookAtRtp(): Promise<boolean> {
    const asked = [...this.channels.values()];
    const { answered, json } = await this.rtp('GET', '/channel');
    this.#rtpServerIs(textMember(json, 'server'));
    if ((json as { channels?: { active?: unknown } } | null)?.channels?.active === 0) {
      for (const channel of asked) channel.gone(RESTARTED);
    }
    return answered;
  }

  #rtpServerIs(server: string | null): void {
    if (server === null || server === this.#rtpServer) return;
    this.#rtpServer = server;
    for (const channel of [...this.channels.values()]) {
      if (channel.server !== null && channel.server !== server) channel.gone(RESTARTED);
    }
  }

  /** Asks for some calls in turn; one that the SIP server twice does not know is over. The original answers its totals. */
  async #lookAtSip(): Promise<boolean> {
    const total = await this.sip('GET', '/dialog');
    if (!total.answered) return false;
    const known = [...this.legs.values()].filter(({ kind }) => kind !== 'virtual');
    const start = this.#lookedAt < known.length ? this.#lookedAt : 0;
    this.#lookedAt = start + CALLS_PER_LOOK;
    for (const leg of known.slice(start, start + CALLS_PER_LOOK)) {
      const { code } = await this.sip('GET', `/dialog/${encodeURIComponent(leg.callid)}`);
      if (code !== 404) this.#suspects.delete(leg);
      else if (leg.hasEnded) continue;
      else if (this.#suspects.has(leg)) leg.end({ code: 481, status: 'Call/Transaction Does Not Exist' });
      else this.#suspects.add(leg);
    }
    return true;
  }
}
