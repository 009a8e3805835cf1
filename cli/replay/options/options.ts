import { UsageError } from '../../command-line/command.ts';
import type { Criteria } from './criteria.ts';
import { criteriaOf } from './criteria-options.ts';
import { parseValues, type Values } from './values.ts';

/** Where an export goes. */
export type Target =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'topic'; readonly topic: string };

export interface ReplayOptions {
  readonly criteria: Criteria;
  readonly target: Target;
}

const TOPIC = /^[\w.-]{1,249}$/;

/** @throws UsageError naming the option that is wrong */
export function parseReplayOptions(args: readonly string[]): ReplayOptions {
  const values = parseValues(args);
  return { target: targetOf(values), criteria: criteriaOf(values) };
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
