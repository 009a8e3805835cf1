import { systemClock } from '../../../shared/clock.ts';
import { UsageError } from '../../command-line/command.ts';
import type { Criteria } from './criteria.ts';
import { criteriaOf } from './criteria-options.ts';
import { parseValues, type Values } from './values.ts';

/** Where an export goes that is one stream of events. */
export type SinkTarget =
  | { readonly kind: 'stdout' }
  | { readonly kind: 'file'; readonly file: string }
  | { readonly kind: 'topic'; readonly topic: string };

/** Where an export goes. */
export type Target = SinkTarget | { readonly kind: 'folder'; readonly folder: string };

export interface ReplayOptions<T = Target> {
  readonly criteria: Criteria;
  readonly target: T;
}

const TOPIC = /^[\w.-]{1,249}$/;

/** @throws UsageError naming the option that is wrong */
export function parseReplayOptions(args: readonly string[], now = systemClock()): ReplayOptions {
  const values = parseValues(args);
  return { target: targetOf(values), criteria: criteriaOf(values, now) };
}

function targetOf(values: Values): Target {
  const { out, topic, partition } = values;
  if (partition !== undefined) return folderOf(partition, values);
  if (out !== undefined && topic !== undefined) throw new UsageError('--topic does not go with --out');
  if (topic !== undefined) return topicOf(topic, values);
  if (out === undefined) return { kind: 'stdout' };
  if (out === '' || out.endsWith('/')) throw new UsageError('--out: expected the name of a file');
  return { kind: 'file', file: out };
}

/** What a folder that is kept up can be divided into months by, and be erased in. */
const FOLDER_TAKES: readonly string[] = ['partition', 'format', 'out', 'type', 'to'];

function folderOf(partition: string, values: Values): Target {
  if (partition !== 'month') throw new UsageError(`--partition: expected month, not "${partition}"`);
  const other = Object.keys(values).find((name) => !FOLDER_TAKES.includes(name));
  if (other === 'with-personal') {
    throw new UsageError(
      '--with-personal does not go with --partition: a folder that is kept has no personal data',
    );
  }
  if (other) throw new UsageError(`--${other} does not go with --partition: filter what the folder holds`);
  if (values.format !== 'parquet') throw new UsageError('--partition needs --format parquet');
  if (!values.out) throw new UsageError('--partition needs --out with the name of a folder');
  return { kind: 'folder', folder: values.out };
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
