import { addMonths, extendByMonths } from '../../shared/calendar.ts';
import type { Rejection } from './decision.ts';

// The rules about a subscription's dates. Instants are milliseconds since 1970.

/** A new subscription's. */
export type Period = { readonly months: number } | { readonly startDate: number; readonly endDate: number };

/** What a renewal adds. */
export type Extension = { readonly months: number } | { readonly endDate: number };

/** The latest end date: with a year of grace after it, a date still has four digits of year. */
export const LATEST_END = Date.UTC(9999, 0, 1) - 1;
/** How far back a start date may lie (billing systems enter what was sold before), in months. */
const EARLIEST_START_MONTHS = 120;
/** How far ahead a start date may lie, in months. */
const LATEST_START_MONTHS = 12;
const MAX_MONTHS = 120;

export const invalid = (field: string, detail: string): Rejection => ({
  code: 'invalid_field',
  field,
  detail,
});

const monthsProblem = (months: number): Rejection | undefined =>
  Number.isInteger(months) && months >= 1 && months <= MAX_MONTHS
    ? undefined
    : invalid('months', `expected a whole number from 1 to ${MAX_MONTHS}`);

/** The dates of a new subscription, or what is wrong with them. It must end ahead: what is over can't be started. */
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
  if (endDate <= now) return invalid('end_date', 'expected a time ahead');
  if (endDate > LATEST_END) return invalid('end_date', 'expected a time before the year 9999');
  return { startDate, endDate };
}

/** The end date that a renewal leads to, or what is wrong with it. */
export function extendedEnd(
  before: { readonly startDate: number; readonly endDate: number },
  extension: Extension,
): number | Rejection {
  if (!('months' in extension)) {
    const { endDate } = extension;
    if (endDate < before.endDate) return invalid('end_date', 'expected no earlier than the end date');
    return endDate > LATEST_END ? invalid('end_date', 'expected an end before the year 9999') : endDate;
  }
  const problem = monthsProblem(extension.months);
  if (problem) return problem;
  const endDate = extendByMonths(before.startDate, before.endDate, extension.months);
  return endDate > LATEST_END ? invalid('months', 'expected an end before the year 9999') : endDate;
}

export const isRejection = (value: object): value is Rejection => 'code' in value;
