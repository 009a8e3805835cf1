import { countFigures } from '../../query-service/queries/stats/count.ts';
import { showStats } from '../../query-service/routes/stats/body.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { loadCatalogue } from '../../shared/catalogue/read.ts';
import { type Command, type Io, parseOptions } from '../command-line/command.ts';
import { readStatsConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';
import { writeTable } from '../output/table.ts';
import { namesOf, ofProduct } from '../stats/choose.ts';
import { mrrByMonth } from '../stats/mrr-by-month.ts';
import { type Name, type Stats, TABLES } from '../stats/tables.ts';

async function count(names: readonly Name[]): Promise<Stats> {
  const config = readStatsConfig();
  const logger = toolLogger(config.LOG_LEVEL);
  const options = { connectionString: config.DATABASE_URL, applicationName: 'cli stats', max: 1, logger };
  const now = Date.now();
  const pool = createPool(options);
  try {
    const stats = showStats(await countFigures(pool, now));
    if (!names.includes('mrr_by_month')) return stats;
    const connectionString = config.HISTORY_DATABASE_URL ?? config.DATABASE_URL;
    const months = await mrrByMonth({ ...options, connectionString, statementTimeoutMs: 60_000 }, now);
    return { ...stats, ...(months && { mrr_by_month: months }) };
  } finally {
    await pool.end();
  }
}

const sold = (): string[] => [
  ...loadCatalogue(readStatsConfig().PLAN_CATALOGUE_FILE).catalogue.products.keys(),
];

function print(stats: Stats, names: readonly Name[], io: Io): void {
  const isTerminal = io.isTerminal === true;
  const tables = names.flatMap((name) => TABLES[name](stats, isTerminal) ?? []);
  for (const [index, { title, header, rows, chart }] of tables.entries()) {
    if (index > 0) io.out('');
    if (tables.length > 1) io.out(title);
    if (rows.length === 0) io.err(`${title}: none`);
    if (chart !== undefined && rows.length > 0) io.out(chart);
    if (rows.length > 0) writeTable(io, header, rows);
  }
  if (names.includes('mrr_by_month') && !stats.mrr_by_month) {
    io.err('MRR by month needs the history tables: history-tables update makes them.');
  }
}

/** The figures of `GET /v1/stats`, and of the history tables. */
export const stats: Command = {
  name: 'stats',
  summary: 'subscriptions, customers, revenue, seats and machines in use, as they are now',
  usage: `stats [FIGURE …] [--product NAME] [--json]

Counts what docs/metrics.md defines, as it is now, and prints it as tables; all figures unless some are named:

  active_subscriptions  those that run, by product and plan
  active_customers      customers who have any
  trials                of the subscriptions that run
  mrr                   monthly recurring revenue, by currency, product and plan
  mrr_by_month          the same at the end of the last twelve months, where the history tables are there
  seats                 bought and used
  renewals_due          end dates within 30 days
  activations           by day
  machines              in use, by day

On a terminal the days and months are drawn, too. --product shows what is counted by product of one. --json prints all that was
asked for as one object, amounts in minor units.

Settings: DATABASE_URL, HISTORY_DATABASE_URL (DATABASE_URL unless set), PLAN_CATALOGUE_FILE.`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: { product: { type: 'string' }, json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    const { product, json } = values;
    const names = namesOf(positionals, product);
    const all = await count(names);
    const shown = product === undefined ? all : ofProduct(all, product, sold());
    if (!json) return print(shown, names, io);
    const chosen = names
      .filter((name) => shown[name] !== undefined)
      .map((name) => [name, shown[name]] as const);
    io.out(JSON.stringify({ ...Object.fromEntries(chosen), as_of: shown.as_of }, null, 2));
  },
};
