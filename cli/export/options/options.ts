import { parseOptions, UsageError } from '../../command.ts';
import type { Criteria } from './criteria.ts';
import { criteriaOf } from './criteria-options.ts';
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

const TOPIC = /^[\w.-]{1,249}$/;

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
export type Values = ReturnType<typeof parse>;

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
