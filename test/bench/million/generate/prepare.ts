import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startBackends } from '../../../../local/backends.ts';
import { readOptions } from '../../../../local/options.ts';
import { freePorts } from '../../../../local/ports.ts';
import { ProcessRegistry } from '../../../../local/processes/registry.ts';
import { answersOk, Supervisor, untilReady } from '../../../../local/processes/supervisor.ts';
import {
  type Backends,
  eventStoreSpec,
  serviceEnvironment,
  serviceSpec,
} from '../../../../local/services.ts';
import { runTool } from '../../../../local/tool.ts';
import { createPool } from '../../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { eventually } from '../../../support/eventually.ts';

/** What the data is, once it is whole. */
export interface Prepared {
  readonly customers: number;
  readonly events: number;
  readonly erased: number;
  /** Until all events were in the log, and until all of them were projected too. */
  readonly generatedSeconds: number;
  readonly projectedSeconds: number;
}

const TIMEOUT_MS = 4 * 3_600_000;
/** A million customers and their keys, while each waits for what they do next. */
const HEAP_MIB = 10_240;
const root = path.resolve(import.meta.dirname, '../../../..');
const summaryFile = (data: string) => path.join(data, 'population.json');

/** undefined where the history is not whole: it was never begun, or was cut off. */
export function preparedIn(data: string): Prepared | undefined {
  return existsSync(summaryFile(data)) ? JSON.parse(readFileSync(summaryFile(data), 'utf8')) : undefined;
}

/**
 * Makes the data of a system in which so many customers have done business for two years: their events are appended through the event
 * store, and projected at the same time. No command node runs meanwhile: it would tell customers of ends as they pass by. Everything is
 * stopped when it resolves; a system that is started with this data goes on from there.
 */
export async function prepare(
  data: string,
  customers: number,
  say: (line: string) => void,
): Promise<Prepared> {
  mkdirSync(path.join(data, 'logs'), { recursive: true });
  mkdirSync(path.join(data, 'keys'), { recursive: true, mode: 0o700 });
  const registry = new ProcessRegistry(path.join(data, 'processes.json'));
  await registry.endLeftovers();
  const options = readOptions(['--data', data], process.env, root);
  if (!options) throw new Error('no options');
  const supervisor = new Supervisor(registry, say, new AbortController().signal);
  try {
    const backends = await startBackends(options, supervisor, say);
    await runTool(backends, 'migrate');
    await runTool(backends, 'keys', 'ensure');
    const started = performance.now();
    const seconds = () => (performance.now() - started) / 1_000;
    const written = await generated(backends, customers, say);
    const generatedSeconds = seconds();
    say(
      `${written.events.toLocaleString('en')} events are in the log after ${generatedSeconds.toFixed(0)} s`,
    );
    const [port] = (await freePorts(1)) as [number];
    const { eventStorePort } = backends;
    if (eventStorePort === undefined) throw new Error('a history is made in the local event store alone');
    await supervisor.start('event store', eventStoreSpec(backends, eventStorePort));
    const projector = await supervisor.start(
      'services',
      serviceSpec('projector', 'projector/main.ts', port, backends, { LOG_LEVEL: 'warn' }),
    );
    await untilReady(projector, () => answersOk(`http://127.0.0.1:${port}/health/live`));
    await projected(backends, say);
    const { events, erased } = written;
    const summary = { customers, events, erased, generatedSeconds, projectedSeconds: seconds() };
    writeFileSync(summaryFile(data), `${JSON.stringify(summary)}\n`);
    return summary;
  } finally {
    await supervisor.stop();
    registry.clear();
  }
}

async function generated(backends: Backends, customers: number, say: (line: string) => void) {
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${HEAP_MIB}`,
      '--max-semi-space-size=64',
      path.join(import.meta.dirname, 'main.ts'),
      '--customers',
      String(customers),
    ],
    {
      env: {
        ...process.env,
        ...serviceEnvironment(backends),
        EVENT_STORE_DATABASE_URL: backends.eventStoreDatabaseUrl,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let summary = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    summary += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => say(text.trimEnd()));
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`generating ended with ${code}`);
  return JSON.parse(summary) as { readonly events: number; readonly erased: number };
}

/** By the checkpoint: when it has reached the last event of the log. */
async function projected({ databaseUrl, eventStoreDatabaseUrl }: Backends, say: (line: string) => void) {
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const one = (connectionString: string) =>
    createPool({ connectionString, applicationName: 'bench', max: 1, statementTimeoutMs: 3_600_000, logger });
  const [db, store] = [one(databaseUrl), one(eventStoreDatabaseUrl)];
  try {
    const { rows } = await store.query('SELECT max(position)::float8 AS head FROM event_store.events');
    const head = Number(rows[0].head);
    let told = performance.now();
    await eventually(
      'all events are projected',
      async () => {
        const { rows: at } = await db.query(
          'SELECT last_event_commit::float8 AS position FROM read_model.checkpoints',
        );
        const position = Number(at[0]?.position ?? 0);
        if (performance.now() - told > 10_000) {
          told = performance.now();
          say(`projected up to ${position.toLocaleString('en')} of ${head.toLocaleString('en')}`);
        }
        return position >= head;
      },
      TIMEOUT_MS,
    );
    // As it would be after months of autovacuum, which has no time for it between millions of rows and the first question.
    for (const pool of [db, store]) await pool.query('VACUUM (ANALYZE)');
  } finally {
    await Promise.all([db.end(), store.end()]);
  }
}
