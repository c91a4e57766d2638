/** Begins a sound for all of the room; false: there is no such sound, and `onEnded` does not come. */
export type Announce = (sound: string, onEnded: () => void) => boolean;

/**
 * The entry and exit sounds of one room, one at a time. While one is heard the same is not begun again, nor cut: twenty who come
 * within a second are one sound. The other one waits for its end, once, whoever else comes or goes meanwhile: so nobody hears about
 * comings that were long ago.
 */
export class Announcements {
  /** Comings and goings that had no sound of their own. */
  collapsed = 0;
  readonly #announce: Announce;
  #playing: string | null = null;
  #next: string | null = null;

  constructor(announce: Announce) {
    this.#announce = announce;
  }

  play(sound: string): void {
    if (this.#playing === null) this.#begin(sound);
    else if (this.#playing === sound || this.#next !== null) this.collapsed += 1;
    else this.#next = sound;
  }

  /** Nothing follows what is heard. */
  close(): void {
    this.#next = null;
  }

  #begin(sound: string): void {
    this.#playing = sound;
    if (!this.#announce(sound, () => this.#ended())) this.#playing = null;
  }

  #ended(): void {
    this.#playing = null;
    const next = this.#next;
    this.#next = null;
    if (next !== null) this.#begin(next);
  }
}
