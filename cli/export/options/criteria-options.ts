import { eventCatalogue } from '../../../shared/events/catalogue.ts';
import { comparePositions, parsePosition } from '../../../shared/events/position.ts';
import { UsageError } from '../../command.ts';
import type { Criteria } from './criteria.ts';
import type { Target, Values } from './options.ts';
import { parseTime } from './times.ts';

const FORMATS = ['ndjson', 'csv', 'parquet'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const PLAN = /^[^\p{Cc}]{1,32}$/u;
/** Each is a read of its own, all at once. */
const MAX_USERS = 100;

/** The filters of the command line, checked. @throws UsageError naming the option that is wrong */
export function criteriaOf(values: Values, target: Target): Criteria {
  const time = (option: 'since' | 'until') =>
    values[option] === undefined ? undefined : parseTime(`--${option}`, values[option]).getTime();
  const [since, until] = [time('since'), time('until')];
  if (since !== undefined && until !== undefined && until <= since) {
    throw new UsageError('--until must be later than --since');
  }
  return {
    format: target.kind === 'topic' ? 'kafka' : formatOf(values.format ?? 'ndjson'),
    types: sorted(values.type, typeOf),
    users: sorted(values.user, userOf),
    plans: sorted(values.plan, planOf),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    ...positionsOf(values),
    withPersonal: values['with-personal'] ?? false,
    ...(target.kind === 'topic' ? { topic: target.topic } : {}),
  };
}

/** Each once and in one order, so that the same filters compare as the same. */
const sorted = (texts: readonly string[] | undefined, check: (text: string) => string): string[] => {
  const checked = [...new Set((texts ?? []).map(check))].sort();
  if (check === userOf && checked.length > MAX_USERS) {
    throw new UsageError(
      `--user: at most ${MAX_USERS} users; leave it out and filter the whole log's user_id`,
    );
  }
  return checked;
};

function formatOf(text: string) {
  const format = FORMATS.find((known) => known === text);
  if (!format) throw new UsageError(`--format: expected ndjson, csv or parquet, not "${text}"`);
  return format;
}

function typeOf(text: string): string {
  if (Object.hasOwn(eventCatalogue, text)) return text;
  throw new UsageError(
    `--type: there is no event type "${text}"; there are ${Object.keys(eventCatalogue).join(', ')}`,
  );
}

function userOf(text: string): string {
  if (!UUID.test(text)) throw new UsageError(`--user: expected a user's id (a UUID), not "${text}"`);
  return text.toLowerCase();
}

function planOf(text: string): string {
  if (!PLAN.test(text)) throw new UsageError('--plan: expected the name of a plan');
  return text;
}

function positionsOf(values: Values): Pick<Criteria, 'from' | 'after' | 'to'> {
  const { from, after, to } = values;
  if (from !== undefined && after !== undefined)
    throw new UsageError('--after does not go with --from: give one');
  const given = { from, after, to };
  for (const [name, text] of Object.entries(given)) {
    if (text !== undefined && !parsePosition(text)) {
      throw new UsageError(
        `--${name}: expected a position as it stands in the field "position", such as 1234/1234, not "${text}"`,
      );
    }
  }
  const [first, last] = [parsePosition(from ?? after ?? ''), parsePosition(to ?? '')];
  if (first && last && comparePositions(last, first) < 0) {
    throw new UsageError(`--to must not be before --${from === undefined ? 'after' : 'from'}`);
  }
  return Object.fromEntries(Object.entries(given).filter(([, text]) => text !== undefined));
}
