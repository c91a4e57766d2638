import type { AnyEventPackage, EventDocument } from '../packages/package.js';

/** What one dialog has told of a resource: whole documents replace it, partial ones are joined (RFC 6665 §5.3.2). */
export class KnownState {
  readonly #package: AnyEventPackage;
  #state: unknown = null;
  #hasState = false;
  #version: number | undefined;
  /** Read, not applied yet: the NOTIFY is answered in between. */
  #read: EventDocument<unknown> | null = null;

  constructor(eventPackage: AnyEventPackage) {
    this.#package = eventPackage;
  }

  /** Null before the first document. */
  get state(): unknown {
    return this.#state;
  }

  /** False when the body cannot be read. */
  read(body: Buffer, contentType: string): boolean {
    const document = this.#package.parse(body, contentType);
    this.#read = document.ok ? document.value : null;
    return document.ok;
  }

  /**
   * Takes the document that was read. `old`: its version has been seen. `gap`: a document before it was lost, so it is
   * left out and the whole state has to be asked for (RFC 3680 §5.2, RFC 4235 §4.3).
   */
  apply(): 'none' | 'new' | 'old' | 'gap' {
    const document = this.#read;
    this.#read = null;
    if (document === null) return 'none';
    const { version, full, state } = document;
    const known = this.#version;
    if (version !== undefined && known !== undefined && version <= known) return 'old';
    const follows = version === undefined || (known !== undefined && version === known + 1);
    if (!full && (!this.#hasState || !follows)) return 'gap';
    this.#version = version;
    this.#state = full ? state : (this.#package.merge?.(this.#state, state) ?? state);
    this.#hasState = true;
    return 'new';
  }
}
