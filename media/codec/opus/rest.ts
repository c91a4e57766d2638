import { MOST_GAIN, quietGain } from './quiet-packet.js';
import { ToldLevel } from './told-level.js';

/** A line rests after so many packets, or beats of a pause, that were all too quiet: 200 ms. */
const QUIET_FRAMES = 10;
/** While it rests one packet in so many is decoded all the same, to follow its level: one each half second. */
const LOOK_EVERY = 25;
/** Packets kept undecoded. One brings a decoder to the same samples as ever, up to three where its level has fallen far. */
const KEPT_PACKETS = 3;
/** Longer ones are decoded: no encoder spends so much on 20 ms of quiet, up to 80 kbit/s. */
const MOST_KEPT_BYTES = 200;
/** A mean square too small to be told from digital silence, so that what is known is more than 0. */
const LEAST_POWER = 0.01;
/** Doubt about the level of what is not decoded: 3 dB. */
const DOUBT = 2;
/** The power of each gain index, by steps of 1.37 dB (RFC 6716 §4.2.7.4). */
const gainPower = Float64Array.from({ length: MOST_GAIN + 1 }, (_, index) => 10 ** (0.1369 * index));

/**
 * Chooses which packets of one line need not be decoded because nobody would hear them: those without voice, when all
 * of the last 200 ms were below a power that the caller names, for as long as their gains promise that they are too. A flag
 * alone will not do, since an encoder calls a long tone a background. It errs open: whatever is not clear is decoded.
 *
 * Keeps the last three packets that were not decoded, from which a decoder goes on with the next as if it had decoded all;
 * what came before them is dropped. 600 bytes, taken with the line; no allocation afterwards.
 */
export class Rest {
  /** Nothing is decoded but to look. */
  isOn = false;
  /** Packets and concealments saved. */
  framesSaved = 0;
  /** Where the first symbols of a packet promise nothing, what its sender says of it. */
  readonly told = new ToldLevel();
  readonly #kept = new Uint8Array(KEPT_PACKETS * MOST_KEPT_BYTES);
  readonly #lengths = new Int32Array(KEPT_PACKETS);
  #keptFirst = 0;
  #keptCount = 0;
  /** What came after the packets kept was missing. */
  #wasMissing = false;
  #quietFrames = 0;
  #sinceLook = 0;
  /** Of the packet that is being decoded; −1 = none, or one that is not clear. */
  #gain = -1;
  /** The same, and its sender says that nobody would hear it. */
  #isToldQuiet = false;
  /** The most power that came of the gains since the line became quiet; 0 = not known. Kept as an array is, not as an object. */
  readonly #powerOfGain = new Float64Array(1);

  /**
   * Whether a packet may stay undecoded; it is kept then. If not, it is to be decoded after what `keptLength` gives, and
   * `heard` is to be told.
   */
  maySkip(payload: Uint8Array, offset: number, length: number, unheardPower: number, toldLevel = -1): boolean {
    this.told.take(toldLevel);
    this.#gain = unheardPower > 0 ? quietGain(payload, offset, length) : -1;
    this.#isToldQuiet = this.#gain < 0 && unheardPower > 0 && this.told.isBelow(unheardPower);
    if (this.#gain < 0 && !this.#isToldQuiet) this.wake();
    if (!this.isOn) return false;
    const powerOfGain = this.#powerOfGain[0]!;
    this.#sinceLook += 1;
    if (this.#sinceLook >= LOOK_EVERY || length > MOST_KEPT_BYTES) return false;
    if (this.#isToldQuiet) {
      this.#keep(payload, offset, length);
      this.framesSaved += 1;
      return true;
    }
    if (powerOfGain === 0) return false;
    if (powerOfGain * gainPower[this.#gain]! * DOUBT > unheardPower) {
      this.wake();
      return false;
    }
    this.#keep(payload, offset, length);
    this.framesSaved += 1;
    return true;
  }

  /** Whether something that is missing, in a pause or by a loss, may be left silent. */
  maySkipMissing(unheardPower: number): boolean {
    if (unheardPower <= 0) this.wake();
    if (!this.isOn) return false;
    this.#sinceLook += 1;
    this.#wasMissing = true;
    this.framesSaved += 1;
    return true;
  }

  /** What was made of a packet (`isPacket`), or in a pause; true where nobody is to hear it, since the line rests. */
  heard(pcm: Int16Array, offset: number, samples: number, isPacket: boolean, unheardPower: number): boolean {
    const mayRest = unheardPower > 0 && (!isPacket || this.#gain >= 0 || this.#isToldQuiet);
    if (!mayRest) this.wake();
    if (!mayRest && !(isPacket && this.told.isTold)) return false;
    let power = 0;
    for (let i = offset; i < offset + samples; i += 1) power += pcm[i]! * pcm[i]!;
    power /= Math.max(1, samples);
    if (isPacket) this.told.learn(power);
    if (!mayRest) return false;
    this.#sinceLook = 0;
    if (power > unheardPower) {
      this.wake();
      return false;
    }
    if (isPacket) {
      if (this.#gain >= 0) {
        this.#powerOfGain[0] = Math.max(this.#powerOfGain[0]!, (power + LEAST_POWER) / gainPower[this.#gain]!);
      }
      this.forget();
    }
    this.#quietFrames += 1;
    this.isOn = this.#quietFrames > QUIET_FRAMES;
    return this.isOn;
  }

  /** From now on all is decoded, until the line has been quiet for long again. What is kept stays kept. */
  wake(): void {
    this.isOn = false;
    this.#quietFrames = 0;
    this.#sinceLook = 0;
    this.#powerOfGain[0] = 0;
  }

  /** How many packets are kept. */
  get keptCount(): number {
    return this.#keptCount;
  }

  /** Something was missing between the packets kept and now. */
  get wasMissing(): boolean {
    return this.#wasMissing;
  }

  /** Copies a kept packet, 0 the oldest, to `out`; its length. */
  takeKept(index: number, out: Uint8Array, outOffset: number): number {
    const slot = (this.#keptFirst + index) % KEPT_PACKETS;
    const length = this.#lengths[slot]!;
    const from = slot * MOST_KEPT_BYTES;
    for (let i = 0; i < length; i += 1) out[outOffset + i] = this.#kept[from + i]!;
    return length;
  }

  /** The decoder stands where the line does: nothing kept is needed any more. */
  forget(): void {
    this.#keptCount = 0;
    this.#wasMissing = false;
  }

  #keep(payload: Uint8Array, offset: number, length: number): void {
    if (this.#keptCount === KEPT_PACKETS) this.#keptFirst = (this.#keptFirst + 1) % KEPT_PACKETS;
    else this.#keptCount += 1;
    const slot = (this.#keptFirst + this.#keptCount - 1) % KEPT_PACKETS;
    const to = slot * MOST_KEPT_BYTES;
    for (let i = 0; i < length; i += 1) this.#kept[to + i] = payload[offset + i]!;
    this.#lengths[slot] = length;
    this.#wasMissing = false;
  }
}
