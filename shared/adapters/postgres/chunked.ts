/** Rows that one statement is given at most: what is sent at once has to be put together in memory first. */
const ROWS = 10_000;

/** Rows in the order given, no more at once than one statement should be given. */
export function* chunked<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < rows.length; from += ROWS) yield rows.slice(from, from + ROWS);
}
