import { language } from './language.ts';
import { texts } from './texts.ts';

const locale = language === 'de' ? 'de-DE' : 'en-GB';

const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium' });
const utcDay = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
const moment = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' });
const whole = new Intl.NumberFormat(locale);

const STEPS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];

/** `27 Nov 2026`, in the browser's time zone. */
export const formatDay = (instant: string | null): string =>
  instant === null ? texts.none : day.format(new Date(instant));

/** A day that is a day in UTC, such as `last_seen_on`. */
export const formatUtcDay = (date: string | null): string =>
  date === null ? texts.never : utcDay.format(new Date(`${date}T00:00:00Z`));

/** With the time to the second. */
export const formatTime = (instant: string | null): string =>
  instant === null ? texts.none : moment.format(new Date(instant));

/** `in 12 days`, `3 hours ago`. @param now in milliseconds since 1970 */
export function formatDistance(instant: string, now = Date.now()): string {
  const seconds = (Date.parse(instant) - now) / 1_000;
  for (const [unit, size] of STEPS)
    if (Math.abs(seconds) >= size) return relative.format(Math.round(seconds / size), unit);
  return relative.format(0, 'minute');
}

export const formatNumber = (value: number): string => whole.format(value);

/** @param amount in the currency's minor units, as the API has it */
export function formatMoney(amount: number, currency: string): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  return format.format(amount / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
