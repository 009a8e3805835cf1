import type { LaunchedStack } from '../../support/stack.ts';

/** Freezes the processes of these names (SIGSTOP) while `work` runs. */
export async function pausing<R>(
  stack: LaunchedStack,
  which: (name: string) => boolean,
  work: () => Promise<R>,
): Promise<R> {
  const pids = [...stack.processes()].flatMap(([name, pid]) => (which(name) ? [pid] : []));
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    return await work();
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}
