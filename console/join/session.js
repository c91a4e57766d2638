// One visit of the room, from Join to its end, over as many connections as it takes.
import { keepTrying } from './backoff.js';
import { Call } from './call.js';
import { endingIn, isFinal, isLoss, isOpenQuestion } from './endings.js';
import { Presence } from './presence.js';
import { Voice } from './voice.js';
import { placeWords, wrongPinWords } from './words.js';

/** So often it is asked why a room ends, of which only that is known yet. */
const QUESTIONS = 8;
const ASK_AGAIN_MS = 250;

/** Shown by `view`; `onEnded(error)` once, with null after `hangUp`. The microphone is closed at the end. */
export class Session {
  call = null;
  #api;
  #name;
  #view;
  #onEnded;
  #voice;
  #presence;
  #isOver = false;
  #isComingBack = false;
  #wake = null;

  constructor({ api, name, microphone, view, onEnded }) {
    this.#api = api;
    this.#name = name;
    this.#view = view;
    this.#onEnded = onEnded;
    this.#voice = new Voice({ microphone, view, visit: this });
    this.#presence = new Presence({
      api,
      view,
      news: {
        onOwn: (member, before) => this.#updated(member, before),
        onPeople: () => this.showPeople(),
        onAsked: () => this.#voice.asked(),
        onLeft: (event) => this.#left(event),
        onGone: () => void this.comeBack({ isForced: false }),
      },
    });
  }

  get api() {
    return this.#api;
  }

  /** The room where the member is now. */
  get place() {
    return this.#presence.place;
  }

  get voice() {
    return this.#voice;
  }

  /**
   * @param error  why there is no microphone, where one was wanted
   * Throws what it was refused with; nothing is left open then.
   */
  async start(error = null) {
    this.#view.say('Connecting…');
    this.#voice.show(error);
    try {
      await this.#enter();
    } catch (refusal) {
      if (this.#isOver) return;
      this.#close();
      throw refusal;
    }
    this.#view.say(this.call.canSpeak ? 'Connected' : 'Connected. You are listening only');
  }

  dial(digit) {
    this.#view.say(this.call?.dial(digit) ? `Sent ${digit}` : 'Keys cannot be sent in this call');
  }

  hangUp() {
    this.#end(null);
  }

  /** At once, with a new connection: what the person asks for while the old one is lost. */
  joinAgain() {
    if (!this.retry()) void this.comeBack({ isForced: true });
  }

  /** Now and not later: the network is back, for one. @returns whether something waited */
  retry() {
    const isWaiting = this.#wake !== null;
    this.#wake?.(true);
    return isWaiting;
  }

  showPeople() {
    this.#presence.show(this.#voice.isMuted);
  }

  /** @param isForced  the person wants a new connection, whatever became of the old one */
  async comeBack({ isForced }) {
    if (this.#isOver || this.#isComingBack) return;
    this.#isComingBack = true;
    const isToSpeak = isForced && this.#voice.track !== null && !this.call.canSpeak;
    this.#view.showLost(isToSpeak ? null : { delayMs: 0 });
    this.#view.say(isToSpeak ? 'Joining with the microphone…' : 'The connection was lost. Trying to get it back…');
    let isClear = isForced;
    const error = await keepTrying({
      attempt: async () => {
        if (!isClear) await this.#askWhy();
        isClear = true;
        await this.#enter();
      },
      isFinal: (refusal) => this.#isOver || isFinal(refusal),
      wait: (delayMs) => this.#wait(delayMs),
      nowMs: Date.now,
      chance: Math.random,
      onWait: (delayMs) => this.#view.showLost({ delayMs }),
    });
    this.#isComingBack = false;
    if (this.#isOver) return;
    if (error !== null) {
      this.#end(error);
      return;
    }
    this.#view.showLost(null);
    this.#view.say(isToSpeak ? 'Connected: you can speak now' : 'Connected again');
  }

  async #enter() {
    this.#presence.stop();
    // Its name has to be free before it is taken again.
    await this.call?.end();
    if (this.#isOver) return;
    const call = new Call(this.#api, {
      onUp: () => this.#up(call),
      onShaky: () => this.#shaky(call),
      onLost: () => call === this.call && void this.comeBack({ isForced: false }),
    });
    this.call = call;
    await call.start(this.#name, this.#voice.track);
    // A microphone that came, or went, in the meantime.
    await call.replace(this.#voice.track);
    this.#voice.show();
    this.#presence.begin(call.memberId);
  }

  #up(call) {
    if (call !== this.call || this.#isOver || this.#isComingBack) return;
    this.#view.showLost(null);
    if (call.hasBeenLost) this.#view.say('Connected again');
  }

  #shaky(call) {
    if (call !== this.call || this.#isOver || this.#isComingBack) return;
    this.#view.showLost({ delayMs: 0 });
    this.#view.say('The connection was lost. Trying to get it back…');
  }

  #updated(member, before) {
    const place = before?.place ?? 'room';
    if (member.place !== place) this.#view.say(placeWords(member.place, this.call.canSpeak));
    const isWrong = place === 'pin' && member.pin_tries_left < before?.pin_tries_left;
    if (isWrong && member.place === 'pin') this.#view.say(wrongPinWords(member.pin_tries_left));
    if (member.place === 'pin' && place !== 'pin' && this.call.canSpeak) this.#view.showKeypad(true);
    this.#voice.updated(member, before);
  }

  #left(event) {
    const ending = endingIn([event], event.member_id);
    if (isLoss(ending) || isOpenQuestion(ending)) void this.comeBack({ isForced: false });
    else this.#end({ code: 'LEFT', ...ending });
  }

  /** Throws what ended the member where somebody meant to, and OFFLINE where nobody can say. */
  async #askWhy() {
    // From what was read last: the roster reads on meanwhile.
    const { lastId, place } = this.#presence;
    for (let question = 1; ; question += 1) {
      const ending = await this.#ending(place, lastId);
      if (ending === null || isLoss(ending)) return;
      if (!isOpenQuestion(ending) || question === QUESTIONS) throw { code: 'LEFT', ...ending };
      if (!(await this.#wait(ASK_AGAIN_MS))) return;
    }
  }

  /** Null: nobody ended it, or nobody knows of the room any more. */
  async #ending(place, lastId) {
    const unknown = this.call.wasClosed ? { cause: 'unknown', reason: '', movedTo: null, room: null } : null;
    if (lastId === '') return unknown;
    try {
      const { isSameRoom, events } = await place.since(lastId);
      return isSameRoom ? endingIn(events, this.call.memberId) : null;
    } catch (error) {
      // The gateway was started again, and knows nothing of the room.
      if (error.status === 404) return null;
      if (error.status === 401 || error.status === 403) return unknown;
      throw error;
    }
  }

  /** @returns false when it is over */
  #wait(delayMs) {
    return new Promise((resolve) => {
      const end = (isOn) => {
        clearTimeout(timer);
        this.#wake = null;
        resolve(isOn && !this.#isOver);
      };
      const timer = setTimeout(() => end(true), delayMs);
      this.#wake = end;
    });
  }

  #end(error) {
    if (this.#isOver) return;
    this.#close();
    this.#onEnded(error);
  }

  #close() {
    this.#isOver = true;
    this.#presence.stop();
    void this.call?.end();
    this.#voice.close();
    this.#wake?.(false);
  }
}
