import { readdirSync, readFileSync } from 'node:fs';
import { eventually } from '../../support/eventually.ts';
import { ProcessTree } from '../system/process-tree.ts';

/**
 * Ends every process that has this folder in its command line or its environment, and whatever it started, at once.
 * Who started a process can't be asked for it: a benchmark that crashed has left orphans.
 */
export const endWhoever = (folder: string): Promise<true> =>
  eventually(`nothing runs any more that has to do with ${folder}`, () => {
    const tree = ProcessTree.now();
    const found = new Set(mentioning(folder).flatMap((pid) => [pid, ...tree.descendants(pid)]));
    for (const pid of found) end(pid);
    return found.size === 0 || undefined;
  });

function mentioning(folder: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => read(`/proc/${pid}/${file}`).includes(folder)))
    .map(Number);
}

/** Nothing for what has ended, and for what belongs to somebody else. */
function read(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch (error) {
    if (isOneOf(error, ['ENOENT', 'ESRCH', 'EACCES'])) return '';
    throw error;
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isOneOf(error, ['ESRCH'])) throw error;
  }
}

const isOneOf = (error: unknown, codes: readonly string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');
