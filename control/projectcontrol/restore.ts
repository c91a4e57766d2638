import type { Clock, Timer } from '../../base/clock.js';
import { type DialogNews, dialogNews, type LegNote, legNote } from '../../contract/mediaswitch/control.js';
import type { Desk } from './desk.js';
import { EarlyNews } from './early-news.js';
import type { ServerReply } from './http.js';
import type { Leg } from './leg.js';

/** A dialog of an earlier process; `note` is what that process left with it. */
export interface FoundDialog {
  readonly news: DialogNews;
  readonly note: LegNote | null;
}

export interface RestorerOptions {
  readonly clock: Clock;
  readonly sip: (method: string, path: string) => Promise<ServerReply>;
  /** Our own address: whose dialogs are looked for. */
  readonly url: () => string;
  readonly found: (dialogs: readonly FoundDialog[]) => void;
  /** News that waited. */
  readonly news: (callid: string, event: DialogNews) => void;
}

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5000;
/** Five minutes; the dialogs of a SIP server that is away for longer are over. */
const TRIES = 60;
/** Dialogs read at one time. */
const AT_ONCE = 16;

/**
 * Asks the SIP server for the dialogs whose events come here, again while there is none. Until then news of dialogs that
 * are not known wait, with the limits of EarlyNews: they may be of one of those. A SIP server that cannot list them, as
 * the original, has none.
 */
export class Restorer {
  readonly #options: RestorerOptions;
  readonly #held = new EarlyNews();
  #isUnderWay = false;
  #isClosed = false;
  #tries = 0;
  #timer: Timer | null = null;

  constructor(options: RestorerOptions) {
    this.#options = options;
  }

  /** Whether the news wait now. */
  hold(callid: string, event: DialogNews): boolean {
    return this.#isUnderWay && this.#held.hold(callid, event);
  }

  /** Resolves after the first try, however it went. */
  async start(): Promise<void> {
    this.#isUnderWay = true;
    await this.#try();
  }

  close(): void {
    this.#isClosed = true;
    this.#timer?.cancel();
  }

  async #try(): Promise<void> {
    this.#tries += 1;
    const dialogs = await this.#find();
    if (this.#isClosed) return;
    if (dialogs === null && this.#tries < TRIES) {
      const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (this.#tries - 1));
      this.#timer = this.#options.clock.setTimer(waitMs, () => void this.#try());
      return;
    }
    this.#isUnderWay = false;
    this.#options.found(dialogs ?? []);
    for (const [callid, events] of this.#held.takeAll()) {
      for (const event of events) this.#options.news(callid, event);
    }
  }

  /** Null: the SIP server is not there. */
  async #find(): Promise<FoundDialog[] | null> {
    const { sip, url } = this.#options;
    const list = await sip('GET', `/dialog?control=${encodeURIComponent(url())}`);
    if (!list.answered) return null;
    const callids = listedIn(list);
    const found: FoundDialog[] = [];
    for (let at = 0; at < callids.length; at += AT_ONCE) {
      const some = callids.slice(at, at + AT_ONCE);
      const replies = await Promise.all(some.map((callid) => sip('GET', `/dialog/${encodeURIComponent(callid)}`)));
      if (replies.some(({ answered }) => !answered)) return null;
      for (const { code, json } of replies) {
        const dialog = code === 200 ? readDialog(json) : null;
        if (dialog !== null) found.push(dialog);
      }
    }
    return found;
  }
}

function listedIn({ code, json }: ServerReply): readonly string[] {
  if (code !== 200 || typeof json !== 'object' || json === null || !('callids' in json)) return [];
  const { callids } = json;
  return Array.isArray(callids) ? callids.filter((callid) => typeof callid === 'string') : [];
}

function readDialog(json: unknown): FoundDialog | null {
  const read = dialogNews.safeParse(json);
  if (!read.success) return null;
  const { note, ...news } = read.data;
  const known = legNote.safeParse(note);
  return { news, note: known.success ? known.data : null };
}

/** A leg again, and what it was. */
interface Restored extends FoundDialog {
  readonly leg: Leg;
  readonly note: LegNote;
}

/**
 * Makes families, mixes and channels of legs what they were, tells the script, and then what happened meanwhile. Whose
 * other leg has ended meanwhile is hung up, as it would have been.
 */
export function reunite(restored: readonly Restored[], desk: Pick<Desk, 'legOf' | 'stacks' | 'report'>): void {
  for (const each of restored) link(each, desk);
  for (const { leg, note } of restored) {
    const siblings = note.isGrouped ? [...(leg.family.parent?.family.children ?? [])] : [];
    leg.group = siblings.filter((other) => restored.some((each) => each.leg === other && each.note.isGrouped));
  }
  for (const { leg } of restored) desk.stacks.restored.run(leg.call, [leg.call], desk.report);
  for (const { leg, news } of restored) leg.resume(news);
  for (const { leg, note } of restored) {
    const isLeft =
      (note.parent !== null && desk.legOf(note.parent) === null) || (note.isParent && leg.family.children.size === 0);
    if (!isLeft) continue;
    leg.note('its other leg has ended meanwhile');
    leg.hangup(leg.info.answered ? undefined : { code: 480, reason: 'Temporarily Unavailable' });
  }
}

function link({ leg, note }: Restored, desk: Pick<Desk, 'legOf'>): void {
  const named = (callid: string | null): Leg | null => {
    const other = callid === null ? null : desk.legOf(callid);
    return other === leg ? null : other;
  };
  named(note.parent)?.family.adopt(leg);
  const mixed = named(note.mixed);
  if (mixed !== null && mixed.media.mixedWith === null) {
    leg.media.mixedWith = mixed;
    mixed.media.mixedWith = leg;
  }
  const [early, late] = (note.mixAfter ?? []).map(named);
  if (early && late) leg.mixAfter = { early, late };
}
