import { UsageError } from './command.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * An instant on the command line, in milliseconds since 1970: ISO 8601 with a time zone, or a date alone, which means its
 * first instant in UTC. A time without a zone is refused, because nobody can tell which was meant.
 * @throws UsageError naming the option
 */
export function parseTime(option: string, text: string): number {
  if (LOCAL.test(text)) {
    throw new UsageError(
      `${option}: ${text} names no time zone: write ${text.replace(' ', 'T')}Z for UTC, or an offset such as +01:00`,
    );
  }
  const time = Date.parse(DATE.test(text) ? `${text}T00:00:00Z` : text);
  // Date rolls 30 February over into March.
  const isReal = !Number.isNaN(time) && isDay(text.slice(0, 10));
  if ((DATE.test(text) || INSTANT.test(text)) && isReal) return time;
  throw new UsageError(
    `${option}: expected a time such as 2026-11-24T08:30:00Z, or a date (its start in UTC), not "${text}"`,
  );
}

/**
 * As {@link parseTime}, of a time that must have come: what is to come is in no log.
 * @param now milliseconds since 1970
 * @throws UsageError naming the option
 */
export function parsePast(option: string, text: string, now: number): number {
  const time = parseTime(option, text);
  if (time <= now) return time;
  throw new UsageError(
    `${option}: ${text} lies ahead: on this machine it is ${new Date(now).toISOString()}, and what is to come is in no log`,
  );
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
