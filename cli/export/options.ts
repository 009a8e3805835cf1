import { eventCatalogue } from '../../shared/events/catalogue.ts';
import { comparePositions, parsePosition } from '../../shared/events/position.ts';
import { parseOptions, UsageError } from '../command.ts';
import type { Criteria } from './criteria.ts';
import { parseTime } from './times.ts';

/** Where an export goes. */
export type Target =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly file: string; readonly resume: boolean }
  | {
      readonly kind: 'topic';
      readonly topic: string;
      readonly checkpointFile: string | undefined;
      readonly resume: boolean;
    };

/** Read models as of a time, in a schema of their own. */
export interface IntoOptions {
  readonly schema: string;
  /** Milliseconds since 1970; undefined: now. */
  readonly asOf: number | undefined;
  readonly withPersonal: boolean;
  readonly fresh: boolean;
}

export type ReplayOptions =
  | { readonly kind: 'export'; readonly criteria: Criteria; readonly target: Target }
  | { readonly kind: 'into'; readonly into: IntoOptions };

const FORMATS = ['ndjson', 'csv', 'parquet'] as const;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const TOPIC = /^[\w.-]{1,249}$/;
const PLAN = /^[^\p{Cc}]{1,32}$/u;
/** Each is a read of its own, all at once. */
const MAX_USERS = 100;

const OPTIONS = {
  format: { type: 'string' },
  out: { type: 'string' },
  topic: { type: 'string' },
  checkpoint: { type: 'string' },
  type: { type: 'string', multiple: true },
  user: { type: 'string', multiple: true },
  plan: { type: 'string', multiple: true },
  since: { type: 'string' },
  until: { type: 'string' },
  from: { type: 'string' },
  after: { type: 'string' },
  to: { type: 'string' },
  'with-personal': { type: 'boolean' },
  resume: { type: 'boolean' },
  into: { type: 'string' },
  fresh: { type: 'boolean' },
  'as-of': { type: 'string' },
} as const;

const parse = (args: readonly string[]) => parseOptions(args, { options: OPTIONS }).values;
type Values = ReturnType<typeof parse>;

/** @throws UsageError naming the option that is wrong */
export function parseReplayOptions(args: readonly string[]): ReplayOptions {
  const values = parse(args);
  if (values.into !== undefined) return { kind: 'into', into: intoOf(values, values.into) };
  for (const name of ['as-of', 'fresh'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name} goes with --into`);
  }
  const target = targetOf(values);
  return { kind: 'export', target, criteria: criteriaOf(values, target) };
}

const INTO_TAKES: readonly string[] = ['into', 'as-of', 'with-personal', 'fresh'];

function intoOf(values: Values, schema: string): IntoOptions {
  const other = Object.keys(values).find((name) => !INTO_TAKES.includes(name));
  if (other) throw new UsageError(`--${other} does not go with --into`);
  const asOf = values['as-of'];
  return {
    schema,
    asOf: asOf === undefined ? undefined : parseTime('--as-of', asOf).getTime(),
    withPersonal: values['with-personal'] ?? false,
    fresh: values.fresh ?? false,
  };
}

function targetOf(values: Values): Target {
  const { out, topic, checkpoint, resume = false } = values;
  if (out !== undefined && topic !== undefined) throw new UsageError('--topic does not go with --out');
  if (topic !== undefined) {
    if (!TOPIC.test(topic) || topic === '.' || topic === '..') {
      throw new UsageError('--topic: expected a topic name: letters, digits, ".", "_", "-"');
    }
    if (values.format !== undefined)
      throw new UsageError('--format does not go with --topic: records are CloudEvents');
    if (values['with-personal']) {
      throw new UsageError(
        '--with-personal does not go with --topic: what stands in a topic can not be erased',
      );
    }
    if (resume && checkpoint === undefined)
      throw new UsageError('--resume needs --checkpoint FILE with --topic');
    if (checkpoint === '') throw new UsageError('--checkpoint: expected the name of a file');
    return { kind: 'topic', topic, checkpointFile: checkpoint, resume };
  }
  if (checkpoint !== undefined) throw new UsageError('--checkpoint goes with --topic');
  if (out === undefined) {
    if (resume) throw new UsageError('--resume goes with --out or --topic: a stream can not be gone on with');
    return { kind: 'stdout' };
  }
  if (out === '' || out.endsWith('/')) throw new UsageError('--out: expected the name of a file');
  return { kind: 'file', file: out, resume };
}

function criteriaOf(values: Values, target: Target): Criteria {
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
