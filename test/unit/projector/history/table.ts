import type { Cause } from '../../../../projector/history/intervals/cause.ts';
import type { Changes, Interval } from '../../../../projector/history/intervals/interval.ts';

export interface Row<S> extends Omit<Interval<S>, 'stored'> {
  readonly knownTo: number;
}

/** A table of intervals in memory. */
export class Table<S extends { readonly cause: Cause }> {
  rows: Row<S>[] = [];

  write({ ended, removed, added }: Changes<S>): void {
    const find = ({ validFrom, validTo }: Interval<S>) => {
      const known = this.rows.filter(({ knownTo }) => knownTo === Number.POSITIVE_INFINITY);
      const i = this.rows.indexOf(
        known.find((row) => row.validFrom === validFrom && row.validTo === validTo) as Row<S>,
      );
      if (i < 0) throw new Error('no such row');
      return i;
    };
    for (const interval of removed) this.rows.splice(find(interval), 1);
    for (const { interval, knownTo } of ended) {
      const i = find(interval);
      this.rows[i] = { ...(this.rows[i] as Row<S>), knownTo };
    }
    for (const { interval, knownTo } of added) {
      const { stored: _, ...row } = interval;
      this.rows.push({ ...row, knownTo });
    }
  }

  /** The one row that says what held at an instant, as it was known at another. */
  at(valid: number, known: number): Row<S> | undefined {
    const found = this.rows.filter(
      (row) => row.validFrom <= valid && valid < row.validTo && row.knownFrom <= known && known < row.knownTo,
    );
    if (found.length > 1) throw new Error('two rows say what held');
    return found[0];
  }
}
