import { comparePositions, type Position, parsePosition } from '../../../shared/event-log/position.ts';
import { eventCatalogue } from '../../../shared/events/schemas/catalogue.ts';
import { isUuid } from '../../../shared/ids.ts';
import { UsageError } from '../../command-line/command.ts';
import { didYouMean } from '../../command-line/suggestion.ts';
import { parsePast, parseTime } from '../../command-line/times.ts';
import { type Criteria, FORMATS, type Format } from './criteria.ts';
import type { Values } from './values.ts';

const PLAN = /^[^\p{Cc}]{1,32}$/u;
/** Each is a read of its own, all at once. */
const MAX_USERS = 100;

/**
 * The filters of the command line, checked.
 * @param now milliseconds since 1970
 * @throws UsageError naming the option that is wrong
 */
export function criteriaOf(values: Values, now: number): Criteria {
  const since = values.since === undefined ? undefined : parsePast('--since', values.since, now);
  const until = values.until === undefined ? undefined : parseTime('--until', values.until);
  if (since !== undefined && until !== undefined && until <= since) {
    throw new UsageError('--until must be later than --since');
  }
  return {
    format: formatOf(values.format ?? 'ndjson'),
    types: distinct(values.type, typeOf),
    users: usersOf(values),
    plans: distinct(values.plan, planOf),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...positionsOf(values),
    withPersonal: values['with-personal'] ?? false,
  };
}

/** Each once. */
const distinct = (texts: readonly string[] | undefined, check: (text: string) => string): string[] => [
  ...new Set((texts ?? []).map(check)),
];

function usersOf({ user }: Values): string[] {
  const users = distinct(user, userOf);
  if (users.length <= MAX_USERS) return users;
  throw new UsageError(
    `--user: at most ${MAX_USERS} users; leave it out and filter the whole export by user_id`,
  );
}

function formatOf(text: string): Format {
  const format = FORMATS.find((known) => known === text);
  if (!format) throw new UsageError(`--format: expected ndjson, csv or parquet, not "${text}"`);
  return format;
}

function typeOf(text: string): string {
  const types = Object.keys(eventCatalogue);
  if (types.includes(text)) return text;
  throw new UsageError(
    `--type: there is no event type "${text}".${didYouMean(text, types)} There are ${types.join(', ')}`,
  );
}

function userOf(text: string): string {
  if (!isUuid(text)) throw new UsageError(`--user: expected a user's id (a UUID), not "${text}"`);
  return text.toLowerCase();
}

function planOf(text: string): string {
  if (!PLAN.test(text)) throw new UsageError('--plan: expected the name of a plan');
  return text;
}

function positionsOf({ from, after, to }: Values): Pick<Criteria, 'from' | 'after' | 'to'> {
  if (from !== undefined && after !== undefined) {
    throw new UsageError('--after does not go with --from: give one');
  }
  const first = positionOf(from === undefined ? 'after' : 'from', from ?? after);
  const last = positionOf('to', to);
  if (first && last && comparePositions(last, first) < 0) {
    throw new UsageError(`--to must not be before --${from === undefined ? 'after' : 'from'}`);
  }
  return {
    ...(first && { [from === undefined ? 'after' : 'from']: first }),
    ...(last && { to: last }),
  };
}

function positionOf(option: string, text: string | undefined): Position | undefined {
  if (text === undefined) return undefined;
  const position = parsePosition(text);
  if (position) return position;
  throw new UsageError(
    `--${option}: expected a position as it stands in the field "position", such as 1234/1234, not "${text}"`,
  );
}
