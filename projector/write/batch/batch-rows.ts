/** What a batch makes of a table. */
export interface RowsToSave<T> {
  readonly made: readonly T[];
  readonly changed: readonly T[];
}

/** The rows of one table that a batch is about, and which of them it changed. */
export class BatchRows<T> {
  readonly #idOf: (row: T) => string;
  readonly #rows = new Map<string, T>();
  /** Of those that stand in the table. */
  readonly #stored = new Set<string>();
  readonly #changed = new Set<string>();

  constructor(idOf: (row: T) => string) {
    this.#idOf = idOf;
  }

  /** Adds rows as they stand in the table. */
  load(rows: readonly T[]): void {
    for (const row of rows) {
      const id = this.#idOf(row);
      this.#rows.set(id, row);
      this.#stored.add(id);
    }
  }

  get size(): number {
    return this.#rows.size;
  }

  has(id: string): boolean {
    return this.#rows.has(id);
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  /** Makes or changes a row. */
  set(row: T): void {
    const id = this.#idOf(row);
    this.#rows.set(id, row);
    this.#changed.add(id);
  }

  /** The rows that were made or changed. */
  *changed(): Generator<T> {
    for (const id of this.#changed) yield this.#rows.get(id) as T;
  }

  /** The same, those that are new to the table apart from those that stand in it. */
  toSave(): RowsToSave<T> {
    const toSave: { made: T[]; changed: T[] } = { made: [], changed: [] };
    for (const id of this.#changed) {
      const rows = this.#stored.has(id) ? toSave.changed : toSave.made;
      rows.push(this.#rows.get(id) as T);
    }
    return toSave;
  }

  /** What was made and changed so far stands in the table now. */
  saved(): void {
    for (const id of this.#changed) this.#stored.add(id);
    this.#changed.clear();
  }
}
