// What the room hears of this person: the microphone, and whether it is muted.
import { NO_MICROPHONE } from './microphone.js';
import { silenceOf, stillMuted } from './words.js';

/** `visit` has the `call`, the room where it is (`place`) and its own (`api`), and can `comeBack` with a new connection. */
export class Voice {
  isMuted = false;
  #microphone;
  #view;
  #visit;
  #telling = 0;
  /** What the room has of this member, as far as that is known. */
  #isRoomMuted = false;
  /** That it is muted could not be told. */
  #isUntold = false;
  #wasUnplugged = false;
  /** Why there is no microphone. */
  #missing = null;
  #isOver = false;

  constructor({ microphone, view, visit }) {
    this.#microphone = microphone;
    this.#view = view;
    this.#visit = visit;
    microphone.whenGone((label) => void this.#unplugged(label));
  }

  get track() {
    return this.#microphone.track;
  }

  close() {
    this.#isOver = true;
    this.#microphone.close();
  }

  async mute(isMuted) {
    this.#set(isMuted);
    this.#telling += 1;
    try {
      await this.#visit.place.mute(this.#visit.call.memberId, isMuted);
      this.#isRoomMuted = isMuted;
      this.#isUntold = false;
    } catch (error) {
      this.#isUntold = isMuted;
      // Muted is muted, whatever the room shows; not muted is so only where the room agrees, or never knew.
      if (!isMuted && this.#isRoomMuted) {
        this.#set(true);
        this.#view.say(stillMuted(error));
      }
    }
    this.#telling -= 1;
  }

  /** A host asks for it. */
  asked() {
    this.#view.showAsked(this.isMuted);
    this.#view.say('You are asked to unmute yourself');
  }

  /** @param own  the member as the room has it now, and as it had it before: null when it has just come in */
  updated(own, before) {
    this.#isRoomMuted = own.muted;
    if (before === null || (this.#isUntold && this.#telling === 0)) {
      this.#agree(own);
      return;
    }
    if (before.muted_by === 'host' && own.muted_by !== 'host' && this.isMuted) {
      this.#view.say('You may unmute yourself now');
    }
    const isNews = own.muted && (!this.isMuted || (own.muted_by === 'host' && before.muted_by !== 'host'));
    if (!isNews || this.#telling > 0) return;
    // Nobody else opens a microphone that its owner has closed.
    this.#set(true);
    this.#view.say(own.muted_by === 'host' ? 'You were muted by a host' : 'You were muted');
  }

  /** The room and the page are to have the same of a member that has come in. */
  #agree(own) {
    if (this.isMuted && !own.muted) void this.mute(true);
    if (this.isMuted || !own.muted) return;
    this.#set(true);
    this.#view.say(own.muted_by === 'host' ? 'You were muted by a host' : 'You are muted. Unmute yourself to speak');
  }

  /** Another device, or none, while the call goes on. */
  async use(deviceId) {
    if (deviceId === NO_MICROPHONE) {
      this.#microphone.close();
      await this.#visit.call?.replace(null);
      this.show(null);
      return;
    }
    try {
      if (!(await this.#microphone.open(deviceId))) return;
      await this.#heard();
      this.#view.say('The microphone was changed');
    } catch (error) {
      this.#view.say('That microphone cannot be used');
      this.show(error);
    }
  }

  /** Turns the microphone on for who has come without one, or has lost it. */
  async speak() {
    try {
      if (await this.#microphone.open()) await this.#heard();
    } catch (error) {
      this.show(error);
      this.#view.say(silenceOf(error));
    }
  }

  /** Devices were plugged in or out. */
  async devicesChanged(devices) {
    this.#microphone.check(devices);
    if (!this.#wasUnplugged || devices.length === 0 || this.track !== null) return;
    if (!(await this.#microphone.open('').catch(() => false))) return;
    await this.#heard();
    this.#view.say('A microphone was found. You can be heard again');
  }

  /** @param error  why there is no microphone; null: nobody wants one; left out: as it was said before */
  show(error = this.#missing) {
    this.#missing = error;
    const { call } = this.#visit;
    this.#view.showDevice(this.track === null ? NO_MICROPHONE : this.#microphone.deviceId);
    this.#view.showSilence(this.track === null ? silenceOf(error) : '');
    this.#view.showControls({ canSpeak: call?.canSpeak ?? this.track !== null });
  }

  /** The room is to hear the track that the microphone has now. */
  async #heard() {
    const { call, api } = this.#visit;
    this.#wasUnplugged = false;
    if (call.canSpeak) {
      await call.replace(this.track);
      this.show();
      return;
    }
    // A listener is one from beginning to end: it has to come in once more, and must not lose its place where it could not.
    const { settings } = await api.about().catch(() => ({}));
    if (settings?.locked) {
      this.#microphone.close();
      this.#view.say('The room is locked: until it is unlocked you can only listen');
      return;
    }
    await this.#visit.comeBack({ isForced: true });
  }

  async #unplugged(label) {
    if (this.#isOver) return;
    const what = label === '' ? 'The microphone' : label;
    // At once: the browser may ask the person now, who may not answer for long.
    this.show(null);
    this.#view.say(`${what} is gone. Nobody hears you`);
    try {
      await this.#visit.call?.replace(null);
      if (!(await this.#microphone.open(''))) return;
      await this.#heard();
      this.#view.say(`${what} is gone. The default microphone is used now`);
    } catch (error) {
      this.#wasUnplugged = true;
      this.show(error);
    }
  }

  #set(isMuted) {
    this.isMuted = isMuted;
    this.#microphone.mute(isMuted);
    this.#view.showMuted(isMuted);
    if (!isMuted) this.#view.showAsked(false);
    this.#visit.showPeople();
  }
}
