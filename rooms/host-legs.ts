import { messageOf } from '../base/errors.js';
import type { LegId } from '../base/ids.js';
import { systemCode } from '../base/network.js';
import type { LegStats, MediaSession } from '../media/index.js';
import type { LegOverlay } from './leg-overlay.js';
import type { RingLeg } from './member.js';
import type { RingEnd } from './ring.js';
import { frameSamplesAt } from './ticker.js';

/** Where a leg's sound goes: nowhere (it hears silence), to a room of this host, or through a ring to another host's. */
export type LegPlace =
  | { readonly kind: 'none' }
  | { readonly kind: 'room' }
  | { readonly kind: 'ring'; readonly ring: RingLeg; readonly end: RingEnd };

export const nowhere: LegPlace = { kind: 'none' };

/** One leg of a media host. */
export interface HostLeg {
  readonly legId: LegId;
  readonly session: MediaSession;
  /** `opening`: the sockets are being bound; `closing`: leg-closed follows. */
  state: 'opening' | 'open' | 'closing';
  place: LegPlace;
  /** What it hears besides its room, or in place of silence; null while it had no player yet. */
  overlay: LegOverlay | null;
  /** Settles when the sockets are bound, or could not be. */
  opening: Promise<void>;
  /** Settles when an open leg that was told to close has closed its sockets. */
  closing: Promise<void> | null;
}

/** What becomes of legs between beats. */
export interface HostLegsHandlers {
  onOpened(leg: HostLeg): void;
  onOpenFailed(leg: HostLeg, code: string): void;
  onClosed(leg: HostLeg, stats: LegStats): void;
  onDefect(reason: string): void;
}

/** The legs of one media host, from open-leg to leg-closed. Bounded by the ports that the main thread hands out. */
export class HostLegs {
  readonly #handlers: HostLegsHandlers;
  readonly #legs = new Map<LegId, HostLeg>();
  readonly #open: HostLeg[] = [];
  /** 20 ms at the highest rate. */
  readonly #unheard = new Int16Array(frameSamplesAt(48_000));

  constructor(handlers: HostLegsHandlers) {
    this.#handlers = handlers;
  }

  /** Legs in any state. */
  get size(): number {
    return this.#legs.size;
  }

  /** Legs whose sockets are bound. */
  get open(): readonly HostLeg[] {
    return this.#open;
  }

  get(legId: LegId): HostLeg | undefined {
    return this.#legs.get(legId);
  }

  /** One whose sockets are bound, and that is not being closed. */
  openOf(legId: LegId): HostLeg | null {
    const leg = this.#legs.get(legId);
    return leg?.state === 'open' ? leg : null;
  }

  add(legId: LegId, session: MediaSession): void {
    const leg: HostLeg = {
      legId,
      session,
      state: 'opening',
      place: nowhere,
      overlay: null,
      opening: Promise.resolve(),
      closing: null,
    };
    this.#legs.set(legId, leg);
    leg.opening = session.open().then(
      () => this.#opened(leg),
      (error: unknown) => this.#openFailed(leg, error),
    );
  }

  /** Some leg has a packet that leaves between two beats. */
  get isHolding(): boolean {
    const open = this.#open;
    for (let i = 0; i < open.length; i += 1) if (open[i]!.session.isHolding) return true;
    return false;
  }

  halfBeat(): void {
    for (const { session } of this.#open) session.halfBeat();
  }

  /** One beat of every leg that no room drives: to and from its ring, or its player, or silence. No allocation. */
  beat(dueMs: number): void {
    const open = this.#open;
    for (let i = 0; i < open.length; i += 1) {
      const leg = open[i]!;
      if (leg.place.kind === 'room') continue;
      if (leg.place.kind === 'ring') {
        leg.place.ring.beat(dueMs);
        continue;
      }
      leg.session.pull(dueMs, this.#unheard, null, true);
      const player = leg.overlay?.player ?? null;
      leg.session.push(dueMs, player === null ? null : player.beat(leg.session));
    }
  }

  /** Closes one leg, which must be in no room any more; a leg that is still being opened closes right after. */
  close(leg: HostLeg): void {
    if (leg.state === 'closing') return;
    const wasOpening = leg.state === 'opening';
    leg.state = 'closing';
    if (!wasOpening) leg.closing = this.#finish(leg);
  }

  /** Closes every leg; resolves when all sockets are closed. */
  async closeAll(): Promise<void> {
    const waiting: Promise<void>[] = [];
    for (const leg of [...this.#legs.values()]) {
      this.close(leg);
      waiting.push(leg.closing ?? leg.opening);
    }
    await Promise.all(waiting);
  }

  async #opened(leg: HostLeg): Promise<void> {
    const unwanted = leg.state === 'closing';
    if (!unwanted) leg.state = 'open';
    this.#open.push(leg);
    this.#handlers.onOpened(leg);
    if (unwanted) await this.#finish(leg);
  }

  #openFailed(leg: HostLeg, error: unknown): void {
    this.#legs.delete(leg.legId);
    this.#handlers.onOpenFailed(leg, systemCode(error) ?? messageOf(error));
  }

  async #finish(leg: HostLeg): Promise<void> {
    const index = this.#open.indexOf(leg);
    if (index >= 0) this.#open.splice(index, 1);
    try {
      const stats = await leg.session.close();
      this.#legs.delete(leg.legId);
      this.#handlers.onClosed(leg, stats);
    } catch (error) {
      this.#legs.delete(leg.legId);
      this.#handlers.onDefect(messageOf(error));
    }
  }
}
