const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Between ten attempts: 71.6 hours in all, as the examples of Standard Webhooks spread them. In milliseconds. */
const PAUSES: readonly number[] = [
  5_000,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  20 * HOUR,
];
/** So that what failed together does not come again together. */
const JITTER = 0.1;
/** An endpoint may ask for more time, but not for as much as would let its deliveries be swept. */
const MOST_ASKED = 24 * HOUR;

/** How long to wait after an attempt has failed. */
export interface Schedule {
  /**
   * The pause in milliseconds; undefined if that was the last attempt.
   * @param attempts how many there have been, from 1
   * @param asked what the endpoint's `Retry-After` asks for, in milliseconds
   */
  pause(attempts: number, asked: number | undefined): number | undefined;
}

/** @param random from 0 to 1 */
export function createSchedule(
  pauses: readonly number[] = PAUSES,
  random: () => number = Math.random,
): Schedule {
  return {
    pause(attempts, asked = 0) {
      const pause = pauses[attempts - 1];
      if (pause === undefined) return undefined;
      const own = pause * (1 - JITTER + random() * 2 * JITTER);
      return Math.round(Math.max(own, Math.min(asked, MOST_ASKED)));
    },
  };
}

/** What a `Retry-After` header says (RFC 9110 10.2.3: seconds, or a date), in milliseconds; undefined for anything else. */
export function readRetryAfter(header: string | undefined, now: number): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1_000;
  // All three forms of a date begin with a day's name; Date.parse makes one of nearly anything.
  const at = /^[a-z]{3}/i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - now);
}
