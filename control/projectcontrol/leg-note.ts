import type { LegNote } from '../../contract/mediaswitch/control.js';
import type { Leg } from './leg.js';

/** What a leg has to know again after a restart of this process; null while that is no more than its dialog tells. */
function noteOf(leg: Leg): LegNote | null {
  const { info, family, media, referred, mixAfter } = leg;
  const { channel } = media;
  const parent = family.parent?.kind === 'virtual' ? null : family.parent;
  const isParent = family.children.size > 0;
  if (channel === null && family.parent === null && !isParent && referred === null) return null;
  return {
    hookline: 1,
    ...{ ring: info.ring, answered: info.answered, hold: info.hold },
    parent: parent?.callid || null,
    isParent,
    isGrouped: leg.group.length > 0,
    mixed: media.mixedWith?.callid ?? null,
    mixAfter: mixAfter === null ? null : [mixAfter.early.callid, mixAfter.late.callid],
    referred,
    cid: { ...leg.callerId },
    codecs: [...media.codecs],
    channel:
      channel === null || !channel.isOpen
        ? null
        : { uuid: channel.uuid, ip: channel.ip, port: channel.port, rtp: leg.desk.rtpUrl },
  };
}

/**
 * Leaves the leg's note with its dialog whenever it is another, one at a time and without anything waiting for it. What
 * changes meanwhile makes one more. A note that is not taken is told to nobody: the call does not need it.
 */
export class NoteKeeper {
  readonly #leg: Leg;
  #isDue = false;
  #isSending = false;
  #sent: string | null = null;

  constructor(leg: Leg) {
    this.#leg = leg;
  }

  /** Something may be different; what else is, in this turn, goes with it. */
  changed(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    if (!this.#isSending) queueMicrotask(() => void this.#send());
  }

  async #send(): Promise<void> {
    if (this.#isSending) return;
    this.#isSending = true;
    while (this.#isDue) {
      this.#isDue = false;
      const { callid, kind, isOver, desk } = this.#leg;
      const note = callid === '' || kind === 'virtual' || isOver ? null : noteOf(this.#leg);
      const text = JSON.stringify(note);
      if (note === null || text === this.#sent) continue;
      this.#sent = text;
      const { code } = await desk.sip('POST', '/dialog/note', { callid, note });
      if (code !== 200) this.#sent = null;
    }
    this.#isSending = false;
  }
}
