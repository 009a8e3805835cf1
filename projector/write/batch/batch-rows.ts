/** The rows of one table that a batch is about, and which of them it changed. */
export class BatchRows<T> {
  readonly #idOf: (row: T) => string;
  readonly #rows = new Map<string, T>();
  readonly #changed = new Set<string>();

  constructor(idOf: (row: T) => string) {
    this.#idOf = idOf;
  }

  /** Adds rows as they stand in the table. */
  load(rows: readonly T[]): void {
    for (const row of rows) this.#rows.set(this.#idOf(row), row);
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

  *changed(): Generator<T> {
    for (const id of this.#changed) yield this.#rows.get(id) as T;
  }
}
