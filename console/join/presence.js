// Where this member is, and who is there with it: its own room, or another one to which it was moved.
import { comings } from './people.js';
import { Roster } from './roster.js';
import { blindnessOf } from './words.js';

/**
 * News: `onOwn(member, before)` when the room has something new of this member (`before` is null when it has just come in),
 * `onAsked()`, `onLeft(event)` when it was ended, and `onGone()` when it is missing without a word.
 */
export class Presence {
  /** The room where it is. */
  place;
  #home;
  #view;
  #news;
  #memberId = '';
  #roster = null;
  /** Reads its own room on while it is in one that it may not read: to see when it returns. */
  #homeRoster = null;
  #members = null;
  #own = null;
  #isBlind = false;

  constructor({ api, view, news }) {
    this.#home = api;
    this.place = api;
    this.#view = view;
    this.#news = news;
  }

  /** Of the newest event that was read; empty: none was. */
  get lastId() {
    return this.#roster?.lastId ?? '';
  }

  /** It has come into its own room. */
  begin(memberId) {
    this.stop();
    this.#memberId = memberId;
    this.place = this.#home;
    this.#follow(this.#home);
  }

  stop() {
    this.#roster?.stop();
    this.#homeRoster?.stop();
    this.#homeRoster = null;
    this.#own = null;
  }

  /** @param isMuted  by itself: its row says so at once */
  show(isMuted) {
    if (this.#members === null || this.#isBlind) return;
    const members = [...this.#members.values()].map((member) =>
      member.member_id === this.#memberId ? { ...member, muted: member.muted || isMuted } : member,
    );
    this.#view.showMembers(members, this.#memberId);
  }

  #follow(api) {
    const roster = new Roster(api, this.#memberId, {
      onChange: (members) => this.#changed(roster, members),
      onEvent: (event) => this.#event(roster, event),
      onGone: () => roster === this.#roster && this.#news.onGone(),
      onBlind: (error) => this.#blind(roster, error),
      onSilent: () => roster === this.#roster && this.#view.showStale(),
    });
    this.#roster = roster;
    this.#members = null;
    this.#own = null;
    this.#isBlind = false;
    void roster.follow();
  }

  #changed(roster, members) {
    if (roster !== this.#roster) return;
    this.#homeRoster?.stop();
    this.#homeRoster = null;
    this.#isBlind = false;
    const before = this.#members;
    this.#members = members;
    if (before !== null) for (const news of comings(before, members, this.#memberId)) this.#view.say(news);
    const own = members.get(this.#memberId) ?? null;
    const ownBefore = this.#own;
    this.#own = own;
    if (own !== null && own !== ownBefore) this.#news.onOwn(own, ownBefore);
    this.#news.onPeople();
  }

  #event(roster, event) {
    const ownId = this.#memberId;
    if (roster === this.#homeRoster) {
      if (event.type === 'member_joined' && event.member.member_id === ownId) this.#moved(this.#home.room);
      return;
    }
    if (roster !== this.#roster || event.member_id !== ownId) return;
    if (event.type === 'unmute_asked') this.#news.onAsked();
    if (event.type !== 'member_left') return;
    if (event.cause === 'moved' && event.moved_to !== undefined) this.#moved(event.moved_to);
    else this.#news.onLeft(event);
  }

  /** The call goes on there. */
  #moved(room) {
    const isHome = room === this.#home.room;
    this.#homeRoster?.stop();
    this.#homeRoster = isHome ? null : this.#roster;
    if (isHome) this.#roster.stop();
    else this.#roster.isAway = true;
    this.place = isHome ? this.#home : this.#home.in(room);
    this.#view.showRoom(room);
    this.#view.say(isHome ? 'You are back' : `You were moved to the room ${room}`);
    this.#follow(this.place);
  }

  #blind(roster, error) {
    if (roster !== this.#roster) return;
    this.#isBlind = true;
    this.#view.showBlind(blindnessOf(error));
  }
}
