import { fork } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Benchmark } from '../benchmark.ts';
import type { Outcome } from '../report/markdown.ts';
import type { Row } from '../report/row.ts';
import { endWhoever } from './leftovers.ts';
import type { Message, Order } from './message.ts';

export interface Told extends Pick<Outcome, 'rows' | 'notes' | 'seconds' | 'failure'> {
  /** This machine lacks something: that is no failure. */
  readonly notRunnable: boolean;
}

/**
 * Runs a benchmark in a process of its own, with a temporary folder of its own. Whatever becomes of it, nothing that it started and
 * nothing that it wrote is there afterwards, and what it had measured is answered.
 */
export async function runOne(
  { minutes }: Pick<Benchmark, 'minutes'>,
  order: Order,
  signal: AbortSignal,
  script = path.join(import.meta.dirname, 'child.ts'),
): Promise<Told> {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-bench-'));
  // PostgreSQL runs under another account.
  chmodSync(folder, 0o755);
  const from = performance.now();
  const rows: Row[] = [];
  const notes: string[] = [];
  let failed: Extract<Message, { kind: 'failure' }> | undefined;
  const child = fork(script, [JSON.stringify(order)], {
    env: { ...process.env, TMPDIR: folder },
  });
  child.on('message', (message: Message) => {
    if (message.kind === 'row') rows.push(message.row);
    else if (message.kind === 'note') notes.push(message.sentence);
    else failed = message;
  });
  // All that it has told is there once the channel is closed, and that may be after it has ended.
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')]).then(([exit]) => exit);
  const limit = AbortSignal.any([signal, AbortSignal.timeout(minutes * 60_000)]);
  try {
    const outcome = await Promise.race([ended, once(limit, 'abort')]);
    return {
      rows,
      notes,
      seconds: (performance.now() - from) / 1_000,
      notRunnable: failed?.runnable === false,
      ...why(failed?.why, limit, outcome as unknown[], minutes),
    };
  } finally {
    await endWhoever(folder);
    await ended;
    rmSync(folder, { recursive: true, force: true });
  }
}

function why(told: string | undefined, limit: AbortSignal, outcome: readonly unknown[], minutes: number) {
  if (told !== undefined) return { failure: told };
  if (limit.aborted) return { failure: `given up after ${minutes} minutes` };
  const [code, signal] = outcome;
  return code === 0 ? {} : { failure: `its process ended with ${signal ?? `code ${code}`}` };
}
