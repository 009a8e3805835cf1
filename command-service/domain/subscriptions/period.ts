import { addMonths, extendByMonths } from '../../../shared/calendar.ts';
import { instant, invalid, type Rejection } from '../decision.ts';

// The rules about a subscription's dates. Instants are milliseconds since 1970.

/** A new subscription's. */
export type Period = { readonly months: number } | { readonly startDate: number; readonly endDate: number };

/** What a renewal adds. */
export type Extension = { readonly months: number } | { readonly endDate: number };

/** How far back a start date may lie (billing systems enter what was sold before), in months. */
const EARLIEST_START_MONTHS = 120;
/** How far ahead a start date may lie, in months. */
const LATEST_START_MONTHS = 12;
const MAX_MONTHS = 120;
/** How far ahead an end date may lie, in months. */
const LATEST_END_MONTHS = 120;

const latestEnd = (now: number): number => addMonths(now, LATEST_END_MONTHS);
const TOO_LATE = 'at most ten years ahead is allowed';

const monthsProblem = (months: number): Rejection | undefined =>
  Number.isInteger(months) && months >= 1 && months <= MAX_MONTHS
    ? undefined
    : invalid('months', `expected a whole number from 1 to ${MAX_MONTHS}`);

/** The dates of a new subscription, or what is wrong with them. */
export function dates(period: Period, now: number): { startDate: number; endDate: number } | Rejection {
  if ('months' in period) {
    return monthsProblem(period.months) ?? { startDate: now, endDate: addMonths(now, period.months) };
  }
  const { startDate, endDate } = period;
  if (startDate > addMonths(now, LATEST_START_MONTHS))
    return invalid('start_date', 'at most a year ahead is allowed');
  if (startDate < Math.max(0, addMonths(now, -EARLIEST_START_MONTHS)))
    return invalid('start_date', 'at most ten years back is allowed');
  if (endDate <= startDate) return invalid('end_date', 'expected a time after start_date');
  return endDate > latestEnd(now) ? invalid('end_date', TOO_LATE) : { startDate, endDate };
}

/** The later end date that a renewal leads to, or what is wrong with it. */
export function extendedEnd(
  before: { readonly startDate: number; readonly endDate: number },
  extension: Extension,
  now: number,
): number | Rejection {
  if (!('months' in extension))
    return extension.endDate > latestEnd(now) ? invalid('end_date', TOO_LATE) : extension.endDate;
  const problem = monthsProblem(extension.months);
  if (problem) return problem;
  const endDate = extendByMonths(before.startDate, before.endDate, extension.months);
  return endDate > latestEnd(now)
    ? invalid('months', `the end date would be ${instant(endDate)}: ${TOO_LATE}`)
    : endDate;
}
