import { readFileSync } from 'node:fs';
import type { BenchmarkContext } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import { ProcessTree } from '../system/process-tree.ts';
import type { Sides } from './everyday.ts';
import type { Side } from './side.ts';

const MIB = 2 ** 20;
const SERVICE_BELOW_MIB = 512;
/** What is ours; PostgreSQL's memory is what it is given, shared between its processes. */
const SERVICES = /^(command|query|projector|notifier|event-store|relay)/;

const RELATIONS = `
SELECT n.nspname || '.' || coalesce(p.relname, c.relname) AS name, sum(pg_total_relation_size(c.oid))::float8 AS bytes
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
WHERE c.relkind = 'r' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
GROUP BY 1 ORDER BY 2 DESC LIMIT 5`;

/** Disk and memory, after everything else has been measured. */
export async function sizes({ large, small }: Sides, { report, note }: BenchmarkContext): Promise<void> {
  const [disk, diskOfSmall] = [await diskOf(large), await diskOf(small)];
  report({
    what: 'disk: log and read models, indexes included',
    figure: figure([disk.bytes / MIB], ' MiB'),
    beside: { what: small.name, figure: figure([diskOfSmall.bytes / MIB], ' MiB') },
  });
  note(
    `Of ${large.prepared.events.toLocaleString('en')} events each takes ${Math.round(disk.log / large.prepared.events)} bytes in the log; the largest tables: ${disk.largest}.`,
  );
  const ofSmall = memory(small);
  for (const [name, { peak, now }] of memory(large)) {
    const beside = { what: small.name, figure: figure([ofSmall.get(name)?.peak ?? 0], ' MiB') };
    const ours = SERVICES.test(name);
    report({
      what: `memory of ${name} at its largest${ours ? '' : ` (now ${Math.round(now)} MiB)`}`,
      figure: figure([peak], ' MiB'),
      beside,
      ...(ours && { target: target(`under ${SERVICE_BELOW_MIB} MiB`, peak < SERVICE_BELOW_MIB) }),
    });
  }
}

async function diskOf({ db, store }: Side) {
  const tables: { name: string; bytes: number }[] = [];
  let bytes = 0;
  let log = 0;
  for (const pool of [db, store]) {
    tables.push(...(await pool.query<{ name: string; bytes: number }>(RELATIONS)).rows);
    const { rows } = await pool.query<{ bytes: number }>(
      'SELECT pg_database_size(current_database())::float8 AS bytes',
    );
    log = rows[0]?.bytes ?? 0;
    bytes += log;
  }
  const largest = tables
    .sort((a, b) => b.bytes - a.bytes)
    .slice(0, 6)
    .map((table) => `${table.name} ${Math.round(table.bytes / MIB)} MiB`)
    .join(', ');
  return { bytes, log, largest };
}

/** Of each process with what it started, in MiB: resident at its largest (VmHWM of proc(5)), and now. */
function memory({ stack }: Side): Map<string, { readonly peak: number; readonly now: number }> {
  const tree = ProcessTree.now();
  const used = new Map<string, { peak: number; now: number }>();
  for (const [name, pid] of stack.processes()) {
    if (name === 'launcher' || name === 'postgres') continue;
    const all = [pid, ...tree.descendants(pid)].map(residentOf);
    used.set(name, {
      peak: all.reduce((sum, { peak }) => sum + peak, 0),
      now: all.reduce((sum, { now }) => sum + now, 0),
    });
  }
  return used;
}

/** @returns zeroes for one that has just ended */
function residentOf(pid: number) {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const of = (name: string) =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) / 1_024;
    return { peak: of('VmHWM'), now: of('VmRSS') };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return { peak: 0, now: 0 };
    throw error;
  }
}
