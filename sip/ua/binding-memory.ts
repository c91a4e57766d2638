import type { Clock, Timer } from '../../base/clock.js';
import type { ApplyResult, Binding, BindingChange, BindingStore } from './binding.js';

export interface MemoryBindingStoreOptions {
  readonly clock: Clock;
  /** Bindings of all addresses of record together; 100 000 unless told. A REGISTER that would pass it changes nothing. */
  readonly maxBindings?: number;
}

interface Record {
  bindings: readonly Binding[];
  expiry: Timer | null;
}

/**
 * Bindings in memory, gone with the process. At most `maxBindings`: what comes on top is refused and counted
 * `refused`. Bindings end by themselves when their time is over, counted `expired`.
 */
export class MemoryBindingStore implements BindingStore {
  readonly counters = { refused: 0, expired: 0 };
  readonly #clock: Clock;
  readonly #maxBindings: number;
  readonly #records = new Map<string, Record>();
  readonly #listeners: ((aor: string, binding: Binding) => void)[] = [];
  #size = 0;

  constructor({ clock, maxBindings = 100_000 }: MemoryBindingStoreOptions) {
    this.#clock = clock;
    this.#maxBindings = maxBindings;
  }

  /** Bindings. */
  get size(): number {
    return this.#size;
  }

  /** The addresses of record that have one. */
  aors(): IterableIterator<string> {
    return this.#records.keys();
  }

  load(aor: string): readonly Binding[] {
    return this.#records.get(aor)?.bindings ?? [];
  }

  apply(aor: string, changes: readonly BindingChange[]): ApplyResult {
    const before = this.load(aor);
    const after = changes.reduce(changed, before);
    if (after.length > before.length && this.#size + after.length - before.length > this.#maxBindings) {
      this.counters.refused += 1;
      return 'full';
    }
    this.#set(aor, after);
    return 'stored';
  }

  onExpired(listener: (aor: string, binding: Binding) => void): void {
    this.#listeners.push(listener);
  }

  /** Forgets everything and stops its timers; nobody is told. */
  close(): void {
    for (const { expiry } of this.#records.values()) expiry?.cancel();
    this.#records.clear();
    this.#size = 0;
  }

  #set(aor: string, bindings: readonly Binding[]): void {
    const record = this.#records.get(aor);
    record?.expiry?.cancel();
    this.#size += bindings.length - (record?.bindings.length ?? 0);
    if (bindings.length === 0) {
      this.#records.delete(aor);
      return;
    }
    const firstMs = Math.min(...bindings.map(({ expiresAtMs }) => expiresAtMs));
    const leftMs = Math.max(0, firstMs - this.#clock.epochMs());
    const expiry = this.#clock.setTimer(leftMs, () => this.#expire(aor), { liveness: true });
    this.#records.set(aor, { bindings, expiry });
  }

  #expire(aor: string): void {
    const nowMs = this.#clock.epochMs();
    const bindings = this.load(aor);
    const over = bindings.filter(({ expiresAtMs }) => expiresAtMs <= nowMs);
    this.counters.expired += over.length;
    this.#set(
      aor,
      bindings.filter(({ expiresAtMs }) => expiresAtMs > nowMs),
    );
    for (const binding of over) for (const listener of this.#listeners) listener(aor, binding);
  }
}

/** The bindings after a change; an updated one keeps its place. */
function changed(bindings: readonly Binding[], change: BindingChange): readonly Binding[] {
  const gone = new Set(change.type === 'remove' ? [change.previous.id] : change.replaces.map(({ id }) => id));
  const kept = bindings.filter(({ id }) => !gone.has(id));
  if (change.type === 'remove') return kept;
  if (change.type === 'add') return [...kept, change.binding];
  return kept.map((binding) => (binding.id === change.previous.id ? change.binding : binding));
}
