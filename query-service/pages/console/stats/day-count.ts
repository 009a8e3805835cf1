/** How many there were on a day (UTC). */
export interface DayCount {
  readonly day: string;
  readonly count: number;
}

const DAY_MS = 86_400_000;

/** One count for each of the last days, also of those without any. @param now in milliseconds since 1970 */
export function everyDay(counts: readonly DayCount[], days: number, now: number): DayCount[] {
  const known = new Map(counts.map(({ day, count }) => [day, count]));
  return Array.from({ length: days }, (_, index) => {
    const day = new Date(now - (days - 1 - index) * DAY_MS).toISOString().slice(0, 10);
    return { day, count: known.get(day) ?? 0 };
  });
}
