import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Benchmark } from '../benchmark.ts';
import { figure } from '../report/row.ts';
import { inTurn } from '../rounds.ts';
import { withCpu } from '../system/cpu.ts';
import { type LogSystem, logSystem } from '../system/log-system.ts';

const EVENTS = 200_000;
const FORMATS = ['ndjson', 'csv', 'parquet'] as const;
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');

/** What analysts take out of the log, as files. The rates have the start of the tool in them. */
export const exports: Benchmark = {
  name: 'export',
  summary: `export of ${EVENTS.toLocaleString('en')} events to a file, without personal data`,
  minutes: 5,
  async run({ rounds, sized, say, report }) {
    await using system = await logSystem(sized(EVENTS), say);
    const folder = mkdtempSync(path.join(tmpdir(), 'license-bench-export-'));
    const to = (format: string) => () => exporting(system, format, path.join(folder, `events.${format}`));
    const measured = await inTurn(rounds, { ndjson: to('ndjson'), csv: to('csv'), parquet: to('parquet') });
    for (const format of FORMATS) {
      report({
        what: `events to ${format}`,
        figure: figure(
          measured[format].map(({ rate }) => rate),
          '/s',
        ),
        cpu: measured[format].map(({ cpu }) => cpu),
      });
    }
  },
};

function exporting({ env, summary, processes }: LogSystem, format: string, file: string) {
  return withCpu({ processes: processes(), own: 'the tool' }, async () => {
    const from = performance.now();
    await promisify(execFile)(process.execPath, [entry, 'replay', '--format', format, '--out', file], {
      env,
    });
    const rate = (summary.events / (performance.now() - from)) * 1_000;
    // The next round writes it again, and the tool overwrites nothing.
    rmSync(file);
    return { operations: summary.events, rate };
  });
}
