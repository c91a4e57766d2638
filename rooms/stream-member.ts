import type { LegId } from '../base/ids.js';
import type { Tapped } from './host-sounds.js';
import { RingMember } from './member.js';
import type { RingEnd } from './ring.js';

/** A stream in a room of its host. Who records it is told at the room's rate, as of a leg, so that their files line up. */
export class StreamMember extends RingMember {
  readonly #stream: Tapped;

  constructor(legId: LegId, ways: Omit<RingEnd, 'close'>, stream: Tapped) {
    super(legId, ways, { echo: false });
    this.#stream = stream;
  }

  override hear(dueMs: number): Int16Array | null {
    const frame = super.hear(dueMs);
    const { tap } = this.#stream;
    tap?.heard(dueMs, frame, this.rateHz);
    if (this.nextRateHz !== null) tap?.heardNext(frame === null ? null : this.heardNext(), this.nextRateHz);
    return frame;
  }

  override tell(dueMs: number, frame: Int16Array | null): void {
    super.tell(dueMs, frame);
    this.#stream.tap?.told(dueMs, frame, this.rateHz);
  }

  override prime(frame: Int16Array | null): void {
    super.prime(frame);
    if (this.nextRateHz !== null) this.#stream.tap?.toldNext(frame, this.nextRateHz);
  }
}
