import { UsageError } from '../../command-line/command.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * An instant on the command line: ISO 8601 with a time zone, or a date alone, which means its first instant in UTC. A
 * time without a zone is refused, because nobody can tell which was meant.
 * @throws UsageError naming the option
 */
export function parseTime(option: string, text: string): Date {
  const expected = `${option}: expected a time such as 2026-11-24T08:30:00Z, or a date (its start in UTC), not "${text}"`;
  if (!DATE.test(text) && !INSTANT.test(text)) throw new UsageError(expected);
  const time = new Date(DATE.test(text) ? `${text}T00:00:00Z` : text);
  // Date rolls 30 February over into March.
  const isReal = !Number.isNaN(time.getTime()) && isDay(text.slice(0, 10));
  if (!isReal) throw new UsageError(expected);
  return time;
}

function isDay(text: string): boolean {
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}
