/** What held from one instant to another, as it is known from an instant on. Instants are milliseconds since 1970. */
export interface Interval<S> {
  readonly state: S;
  readonly validFrom: number;
  /** Excluded; Infinity: it holds on. */
  readonly validTo: number;
  readonly knownFrom: number;
  /** Whether the table has it as a row that is known until further notice. */
  readonly stored: boolean;
}

/** What holds from one instant to another. */
export type Piece<S> = Pick<Interval<S>, 'state' | 'validFrom' | 'validTo'>;

/** A row that was known and is known no longer. */
export interface Ended<S> {
  readonly interval: Interval<S>;
  readonly knownTo: number;
}

/** Where what the table knows of a thing ends: rows are not read for it. */
export interface Cut {
  /** What is known from this instant on is another thing: rows that hold at it or later are known no longer. */
  readonly at: number;
}

/** What has to be written, once the events of a batch were taken in. */
export interface Changes<S> {
  /** Rows of the table that are known no longer, and what remains of the one that holds at that instant. */
  readonly cut: Cut | undefined;
  /** Rows of the table that are known no longer from `knownTo` on. */
  readonly ended: readonly Ended<S>[];
  /** Rows of the table that were never known: what replaced them became known at the same instant. */
  readonly removed: readonly Interval<S>[];
  /** Rows to add, with until when they were known. */
  readonly added: readonly Ended<S>[];
}

const NONE: readonly never[] = [];

/**
 * What is known of one thing: intervals in order of time, without a gap, the last one without an end. Known times never go
 * back. A row that becomes known and is replaced between two calls of `takeChanges` is written once, with both its ends.
 */
export class Known<S> {
  readonly #now: Interval<S>[];
  #isUnread = false;
  #cut: Cut | undefined;
  // There may be a million of these at once, most of them without a change.
  #ended: readonly Ended<S>[] = NONE;
  #removed: readonly Interval<S>[] = NONE;
  #past: readonly Ended<S>[] = NONE;

  /** @param now what is known so far, in order of time */
  constructor(now: readonly Interval<S>[] = []) {
    this.#now = [...now];
  }

  /** What the table knows is not read: the first change is to count from when it becomes known, and from no earlier date. */
  static unread<S>(): Known<S> {
    const known = new Known<S>();
    known.#isUnread = true;
    return known;
  }

  /** What holds in the end; undefined too where it was not read. */
  get last(): Interval<S> | undefined {
    return this.#now.at(-1);
  }

  /** What is known to hold up to an instant. */
  upTo(instant: number): S | undefined {
    return this.#now.findLast(({ validFrom }) => validFrom < instant)?.state;
  }

  /** What is known to hold from an instant on. */
  from(instant: number): Piece<S>[] {
    let first = this.#now.length;
    while (first > 0 && (this.#now[first - 1] as Interval<S>).validTo > instant) first--;
    return this.#now.slice(first).map(({ state, validFrom, validTo }) => ({
      ...{ state, validTo },
      validFrom: Math.max(validFrom, instant),
    }));
  }

  /** From `at` on it is known that from the first piece on these hold, one after the other. What lies before stays. */
  replace(at: number, pieces: readonly Piece<S>[]): void {
    const from = (pieces[0] as Piece<S>).validFrom;
    if (this.#isUnread) {
      this.#isUnread = false;
      this.#cut = { at };
    }
    // Else what is not known here would be taken for not there.
    if (from < (this.#cut?.at ?? from)) throw new Error('a change counts from before what was read');
    for (let last = this.last; last && last.validTo > from; last = this.last) {
      this.#now.pop();
      this.#end(last, at);
      if (last.validFrom < from) {
        this.#now.push({ ...last, validTo: from, knownFrom: at, stored: false });
        break;
      }
    }
    for (const piece of pieces) this.#now.push({ ...piece, knownFrom: at, stored: false });
  }

  /** From `at` on it is known that this holds from then on. */
  holds(at: number, state: S): void {
    this.replace(at, [{ state, validFrom: at, validTo: Number.POSITIVE_INFINITY }]);
  }

  /** Rows to add that are known no longer: nothing changes them any more. */
  takePast(): readonly Ended<S>[] {
    const past = this.#past;
    this.#past = NONE;
    return past;
  }

  /** What is to be written of what was replaced so far; what is known now then counts as stored. */
  takeChanges(): Changes<S> {
    const added = [...this.takePast()];
    for (const [i, interval] of this.#now.entries()) {
      if (interval.stored) continue;
      added.push({ interval, knownTo: Number.POSITIVE_INFINITY });
      this.#now[i] = { ...interval, stored: true };
    }
    const changes = { cut: this.#cut, ended: this.#ended, removed: this.#removed, added };
    this.#cut = undefined;
    this.#ended = NONE;
    this.#removed = NONE;
    return changes;
  }

  /** A row that would have been known for no time at all is none. */
  #end(interval: Interval<S>, knownTo: number): void {
    const wasKnown = interval.knownFrom < knownTo;
    if (!interval.stored) {
      if (wasKnown) this.#past = [...this.#past, { interval, knownTo }];
    } else if (wasKnown) this.#ended = [...this.#ended, { interval, knownTo }];
    else this.#removed = [...this.#removed, interval];
  }
}
