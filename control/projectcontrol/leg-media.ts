import type { DialogNews, LegNote, SdpSeen } from '../../contract/mediaswitch/control.js';
import { Channel, type SoundSoup } from './channel.js';
import {
  type CodecName,
  commonPayloads,
  type Direction,
  hasAudio,
  isCodec,
  makeSdp,
  withAddress,
  withDirection,
} from './codecs.js';
import type { Desk } from './desk.js';
import type { Leg } from './leg.js';

/** The sound of one leg: its RTP channel, what was said of it to the peer, and with whom it is mixed. */
export class LegMedia {
  channel: Channel | null = null;
  /** What the peer was told last; null for a call that this process did not set up. */
  us: SdpSeen | null = null;
  mixedWith: Leg | null = null;
  /** Those that were announced to the peer. */
  codecs: readonly CodecName[] = [];
  readonly #leg: Leg;
  readonly #desk: Desk;

  constructor(leg: Leg, desk: Desk) {
    this.#leg = leg;
    this.#desk = desk;
  }

  /** Opens the channel; whether it did. */
  async open(codecs: readonly CodecName[]): Promise<boolean> {
    this.codecs = codecs;
    // A restored leg may have one already.
    this.channel = this.channel?.isOpen === true ? this.channel : new Channel(this.#desk, this.#leg);
    const isOpen = await this.channel.opened;
    this.#leg.remember();
    return isOpen;
  }

  /** What an earlier process had. A channel of another RTP server than ours is nobody's. */
  restore({ codecs, channel }: LegNote): void {
    this.codecs = codecs.filter(isCodec);
    if (channel?.rtp === this.#desk.rtpUrl) this.channel = new Channel(this.#desk, this.#leg, channel);
  }

  /** Our offer, or our answer to what the peer has offered; null when there is nothing in common. */
  describe(them: SdpSeen): SdpSeen | null {
    const { channel } = this;
    if (channel === null) return null;
    const common = commonPayloads(this.codecs, them);
    if (common !== null && !hasAudio(common)) return null;
    const origin = { sessionId: this.#desk.nextSessionId(), version: 1, ip: channel.ip, port: channel.port };
    this.us = makeSdp(origin, this.codecs, common);
    return this.us;
  }

  /** What a re-INVITE is answered with: what was said before, with that direction. */
  redescribe(direction: Direction): SdpSeen {
    this.us = withDirection(this.us ?? this.#leg.info.sdp.us, direction);
    return this.us;
  }

  /** Takes another channel over. RFC 3264 §8: the session stays the same, a version later. */
  move(channel: Channel | null): void {
    this.channel = channel;
    this.#leg.remember();
    if (channel === null) return;
    channel.owner = this.#leg;
    this.us = withAddress(this.us ?? this.#leg.info.sdp.us, channel);
  }

  target(info: DialogNews): void {
    this.channel?.target(info.sdp.them, this.codecs);
  }

  /** The peer is on hold: it need not send anything, and its silence is no reason to close the channel. */
  rest(info: DialogNews): void {
    this.channel?.rest(info.sdp.them, this.codecs);
  }

  /** Mixes two legs that are up, on hold with nobody, and with nobody yet. */
  join(other: Leg): Promise<void> {
    const mine = this.channel;
    const theirs = other.media.channel;
    if (mine === null || theirs === null || this.mixedWith !== null || other.media.mixedWith !== null) {
      return Promise.resolve();
    }
    if (!this.#isUp(this.#leg) || !this.#isUp(other)) return Promise.resolve();
    this.mixedWith = other;
    other.media.mixedWith = this.#leg;
    this.#leg.remember();
    other.remember();
    return mine.mix(theirs);
  }

  part(): Promise<void> {
    const other = this.mixedWith;
    if (other === null) return Promise.resolve();
    this.mixedWith = null;
    other.media.mixedWith = null;
    this.#leg.remember();
    other.remember();
    return this.channel?.unmix() ?? Promise.resolve();
  }

  play(soup: SoundSoup): Promise<void> {
    return this.channel?.play(soup) ?? Promise.resolve();
  }

  close(): void {
    const other = this.mixedWith;
    this.mixedWith = null;
    if (other !== null) {
      other.media.mixedWith = null;
      other.remember();
    }
    this.channel?.close();
  }

  #isUp(leg: Leg): boolean {
    return leg.info.answered && !leg.info.hold && !leg.isOver;
  }
}

/** What one leg hears and says, the other does from now on; each knows what its own peer has to be told. */
export function swapChannels(one: Leg, two: Leg): void {
  const { channel } = one.media;
  one.media.move(two.media.channel);
  two.media.move(channel);
}
