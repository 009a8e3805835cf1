/** How long a window is, unless a limiter says otherwise. */
export const WINDOW_MS = 60_000;

/** One key's uses in one window, to be added to what all nodes share. */
export interface CounterChange {
  readonly key: string;
  readonly count: number;
}

/** One key in one window. */
export interface Counter {
  /** The highest total known: the shared one of the last exchange, with this node's uses since. */
  used: number;
  /** Of those, what has not been added to the shared counter yet. */
  pending: number;
}

/** The counts of one window. */
export interface Window {
  /** How many windows of this length went before it, since 1970. */
  readonly number: number;
  readonly ms: number;
  readonly counters: Map<string, Counter>;
  /** Keys whose pending count is due for the next exchange. */
  readonly due: Set<string>;
}

/** Changes of one round trip: Redis answers nobody else while it adds them, for about half a millisecond. */
export const BATCH = 500;

export const newWindow = (now: number, ms: number): Window => ({
  number: Math.floor(now / ms),
  ms,
  counters: new Map(),
  due: new Set(),
});

/** The counters' names in the store hold the window, so that two nodes never add different ones to one. */
const sharedName = ({ number, ms }: Window, key: string): string =>
  `rate:${ms === WINDOW_MS ? '' : `${ms}:`}${number}:${key}`;

/** A change, and the key it is for here. */
export interface Taken extends CounterChange {
  readonly local: string;
}

/** Takes what is due next, at most a batch. */
export function takeDue(window: Window): readonly Taken[] {
  const changes: Taken[] = [];
  for (const local of window.due) {
    window.due.delete(local);
    const counter = window.counters.get(local);
    if (!counter) continue;
    changes.push({ local, key: sharedName(window, local), count: counter.pending });
    counter.pending = 0;
    if (changes.length === BATCH) break;
  }
  return changes;
}

/** Takes over the totals that the exchange answered. */
export function settle(window: Window, changes: readonly Taken[], totals: readonly number[]): void {
  changes.forEach(({ local }, index) => {
    const counter = window.counters.get(local);
    // Uses that came while the exchange was under way are not in the total.
    if (counter) counter.used = Math.max(counter.used, (totals[index] ?? 0) + counter.pending);
  });
}

/** The exchange failed: all of it is due again. */
export function giveBack(window: Window, changes: readonly Taken[]): void {
  for (const { local, count } of changes) {
    const counter = window.counters.get(local);
    if (!counter) continue;
    counter.pending += count;
    window.due.add(local);
  }
}
