/** Something that reads what a peer sends. */
export interface FuzzTarget {
  readonly name: string;
  /** Where the search begins, beside the corpus. */
  seeds(): readonly Buffer[];
  /** Throws when what must always hold does not hold for these bytes. */
  run(data: Buffer): void | Promise<void>;
}

/** What must hold. */
export function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(what);
}
