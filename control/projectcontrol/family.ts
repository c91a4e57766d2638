import type { DialogNews } from '../../contract/mediaswitch/control.js';
import type { Leg } from './leg.js';

/** Who belongs to a leg: the one it was made for, and those that were made for it. */
export class Family {
  parent: Leg | null = null;
  readonly children = new Set<Leg>();
  readonly #leg: Leg;

  constructor(leg: Leg) {
    this.#leg = leg;
  }

  get all(): readonly Leg[] {
    return this.parent === null ? [...this.children] : [this.parent, ...this.children];
  }

  /** The leg at the far side: the parent, the child that answered, or the only one there is. */
  get other(): Leg | null {
    if (this.parent !== null) return this.parent;
    const children = [...this.children];
    return children.find(({ info }) => info.answered) ?? (children.length === 1 ? children[0]! : null);
  }

  adopt(child: Leg): void {
    child.family.leaveQuietly();
    child.family.parent = this.#leg;
    this.children.add(child);
    child.remember();
    this.#leg.remember();
  }

  /** Cuts the link to the parent, and nothing follows from it. */
  leaveQuietly(): void {
    this.parent?.family.children.delete(this.#leg);
    this.parent?.remember();
    this.parent = null;
    this.#leg.remember();
  }

  /** Cuts all links. */
  unlink(): void {
    this.leaveQuietly();
    this.#leaveChildren();
  }

  #leaveChildren(): void {
    for (const child of this.children) {
      child.family.parent = null;
      child.remember();
    }
    this.children.clear();
    this.#leg.remember();
  }

  /** This leg is over; a parent whose last child it was is over too, unanswered for the same reason. */
  leave(error: DialogNews['error']): void {
    const { parent } = this;
    const wasChildOf = parent;
    this.leaveQuietly();
    this.#leaveChildren();
    if (wasChildOf === null || wasChildOf.family.children.size > 0) return;
    const isFailure = error.code >= 300 && !wasChildOf.info.answered;
    wasChildOf.hangup(isFailure ? { code: error.code, reason: error.status } : undefined);
  }
}
