/** Milliseconds of a day. Days are counted in UTC, so each has the same length. */
export const DAY_MS = 86_400_000;

/**
 * `months` calendar months after an instant, in UTC: the same day of the month at the same time of day, or the
 * month's last day where the month is shorter (31 January + 1 month is 28 or 29 February).
 */
export function addMonths(at: number, months: number): number {
  const date = new Date(at);
  const year = date.getUTCFullYear();
  const month = date.getUTCMonth() + months;
  const lastDay = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
  const day = Math.min(date.getUTCDate(), lastDay);
  return Date.UTC(year, month, day) + (((at % DAY_MS) + DAY_MS) % DAY_MS);
}

/**
 * The end of a period that is extended by `months`. Where the period is a whole number of months, they are counted
 * from its start, so that one started on the 31st ends on the 31st again after a shorter month; else from its end.
 */
export function extendByMonths(start: number, end: number, months: number): number {
  const from = new Date(start);
  const to = new Date(end);
  const between = (to.getUTCFullYear() - from.getUTCFullYear()) * 12 + to.getUTCMonth() - from.getUTCMonth();
  return between > 0 && addMonths(start, between) === end
    ? addMonths(start, between + months)
    : addMonths(end, months);
}
