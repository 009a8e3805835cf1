/** A row of `subscription_states` as it is known at a time, in milliseconds since 1970. */
export interface Paid {
  readonly user: string;
  readonly currency: string;
  readonly mrr: number;
  readonly from: number;
  readonly to: number;
}

export interface Movement {
  readonly month: string;
  readonly currency: string;
  readonly user_id: string;
  readonly movement: string;
  readonly mrr_start: number;
  readonly mrr_end: number;
}

export const startOf = (month: string): number => Date.parse(`${month}T00:00:00Z`);

/** The first days of the months from one to another. */
export function monthsBetween(first: string, last: string): string[] {
  const months: string[] = [];
  for (
    const day = new Date(first);
    day.toISOString().slice(0, 10) <= last;
    day.setUTCMonth(day.getUTCMonth() + 1)
  )
    months.push(day.toISOString().slice(0, 10));
  return months;
}

/** MRR by customer and currency just before an instant, added up the plain way. */
export function mrrBefore(paid: readonly Paid[], instant: number): Map<string, number> {
  const sums = new Map<string, number>();
  for (const { user, currency, mrr, from, to } of paid) {
    const key = `${user} ${currency}`;
    if (from < instant && instant <= to) sums.set(key, (sums.get(key) ?? 0) + mrr);
  }
  return sums;
}

/** What moved in a month, by definition: each customer's two ends compared, and whether they had paid before. */
export function movementsOf(paid: readonly Paid[], month: string, end: number): Movement[] {
  const before = mrrBefore(paid, startOf(month));
  const after = mrrBefore(paid, end);
  const hadPaid = new Set(
    paid.filter(({ from }) => from < startOf(month)).map(({ user, currency }) => `${user} ${currency}`),
  );
  const kind = (key: string, start: number, now: number) => {
    if (start === 0) return hadPaid.has(key) ? 'reactivated' : 'new';
    if (now === 0) return 'churned';
    return now > start ? 'expansion' : 'contraction';
  };
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((key) => {
    const [start, now] = [before.get(key) ?? 0, after.get(key) ?? 0];
    const [user_id = '', currency = ''] = key.split(' ');
    const movement = kind(key, start, now);
    return start === now ? [] : [{ month, currency, user_id, movement, mrr_start: start, mrr_end: now }];
  });
}

/** How many customers pay just before an instant, in whatever currency. */
export const payingBefore = (paid: readonly Paid[], instant: number): Set<string> =>
  new Set([...mrrBefore(paid, instant).keys()].map((key) => key.slice(0, key.indexOf(' '))));
