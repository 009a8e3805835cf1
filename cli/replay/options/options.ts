import { UsageError } from '../../command-line/command.ts';
import type { Criteria } from './criteria.ts';
import { criteriaOf } from './criteria-options.ts';
import { parseTime } from './times.ts';
import { parseValues, type Values } from './values.ts';

/** Where an export goes. */
export type Target =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'topic'; readonly topic: string };

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

/** @throws UsageError naming the option that is wrong */
export function parseReplayOptions(args: readonly string[]): ReplayOptions {
  const values = parseValues(args);
  if (values.into !== undefined) return { kind: 'into', into: intoOf(values, values.into) };
  for (const name of ['as-of', 'fresh'] as const) {
    if (values[name] !== undefined) throw new UsageError(`--${name} goes with --into`);
  }
  return { kind: 'export', target: targetOf(values), criteria: criteriaOf(values) };
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
  const { out, topic } = values;
  if (out !== undefined && topic !== undefined) throw new UsageError('--topic does not go with --out');
  if (topic !== undefined) return topicOf(topic, values);
  if (out === undefined) return { kind: 'stdout' };
  if (out === '' || out.endsWith('/')) throw new UsageError('--out: expected the name of a file');
  return { kind: 'file', file: out };
}

function topicOf(topic: string, values: Values): Target {
  if (!TOPIC.test(topic) || topic === '.' || topic === '..') {
    throw new UsageError('--topic: expected a topic name: letters, digits, ".", "_", "-"');
  }
  if (values.format !== undefined) {
    throw new UsageError('--format does not go with --topic: records are CloudEvents');
  }
  if (values['with-personal']) {
    throw new UsageError("--with-personal does not go with --topic: what a topic holds can't be erased");
  }
  return { kind: 'topic', topic };
}
