/** One piece of event state as a compositor holds it: RFC 3903 §4.1. */
export interface StoredPublication {
  readonly etag: string;
  readonly package: string;
  readonly resource: string;
  /** As its package read it. */
  readonly state: unknown;
  readonly body: Buffer;
  readonly contentType: string;
  /** On the clock's monotonic milliseconds. */
  readonly expiresAtMs: number;
  /** The URI of its publisher's From. */
  readonly publisher: string;
  /** The address it came from, for the limit per source. */
  readonly source: string;
}

/**
 * Where a compositor keeps what was published. It is asked from one compositor alone, which holds the limits and takes
 * everything out again when it closes.
 */
export interface PublicationStore {
  readonly size: number;
  get(etag: string): StoredPublication | undefined;
  set(publication: StoredPublication): void;
  delete(etag: string): void;
  /** In the order in which they were published first. */
  of(packageName: string, resource: string): readonly StoredPublication[];
  fromSource(source: string): number;
}

/** In memory. Gone with the process, as RFC 3903 §6 lets event state be: publishers get 412 and publish anew. */
export class MemoryPublicationStore implements PublicationStore {
  readonly #all = new Map<string, StoredPublication>();
  readonly #byResource = new Map<string, Map<string, StoredPublication>>();
  readonly #bySource = new Map<string, number>();

  get size(): number {
    return this.#all.size;
  }

  get(etag: string): StoredPublication | undefined {
    return this.#all.get(etag);
  }

  set(publication: StoredPublication): void {
    const { etag, source } = publication;
    this.delete(etag);
    this.#all.set(etag, publication);
    const key = keyOf(publication.package, publication.resource);
    const known = this.#byResource.get(key);
    if (known === undefined) this.#byResource.set(key, new Map([[etag, publication]]));
    else known.set(etag, publication);
    this.#bySource.set(source, this.fromSource(source) + 1);
  }

  delete(etag: string): void {
    const known = this.#all.get(etag);
    if (known === undefined) return;
    this.#all.delete(etag);
    const key = keyOf(known.package, known.resource);
    const rest = this.#byResource.get(key);
    rest?.delete(etag);
    if (rest?.size === 0) this.#byResource.delete(key);
    const left = this.fromSource(known.source) - 1;
    if (left > 0) this.#bySource.set(known.source, left);
    else this.#bySource.delete(known.source);
  }

  of(packageName: string, resource: string): readonly StoredPublication[] {
    return [...(this.#byResource.get(keyOf(packageName, resource))?.values() ?? [])];
  }

  fromSource(source: string): number {
    return this.#bySource.get(source) ?? 0;
  }
}

function keyOf(packageName: string, resource: string): string {
  return `${packageName} ${resource}`;
}
