import { Gauge, type Registry } from 'prom-client';
import type { Logger } from '../../process/logger.ts';
import type { Queryable } from './pool.ts';

export interface ServerMetricsOptions {
  readonly registry: Registry;
  /** One connection to each server that is watched, by the name it has in the metrics. */
  readonly servers: Readonly<Record<string, Queryable>>;
  readonly logger: Logger;
  /** How often the servers are asked; default 15 s. */
  readonly everyMs?: number;
}

interface Sample {
  readonly used: number;
  readonly most: number;
  readonly bytes: number;
}

/** Needs no right beyond that to connect: pg_stat_activity would hide the others' rows. */
const ASK = `
SELECT
  (SELECT sum(numbackends) FROM pg_stat_database)::float8 AS used,
  (current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int)::float8 AS most,
  pg_database_size(current_database())::float8 AS bytes`;

const EVERY_MS = 15_000;

/**
 * Exports what PostgreSQL itself is near the limit of: connections (of all its clients) and the size of the database.
 * It is asked in the background, never by the scrape. While a server does not answer, it has no values here: an old
 * one would say that all is well.
 */
export function watchServers(options: ServerMetricsOptions): { stop(): Promise<void> } {
  const { servers, logger, everyMs = EVERY_MS } = options;
  const gauges = createGauges(options.registry);
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  const sample = async ([database, server]: [string, Queryable]) => {
    try {
      const { rows } = await server.query<Sample>(ASK);
      gauges.set(database, rows[0] as Sample);
    } catch (error) {
      gauges.forget(database);
      // The health check says it in the log, once.
      logger.debug({ err: error, database }, 'postgres_not_measured');
    }
  };
  const round = async () => {
    await Promise.all(Object.entries(servers).map(sample));
    if (!stopped) timer = setTimeout(next, everyMs).unref();
  };
  let running = round();
  const next = () => {
    running = round();
  };
  return {
    async stop() {
      stopped = true;
      clearTimeout(timer);
      await running;
    },
  };
}

function createGauges(registry: Registry) {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['database'], registers: [registry] });
  const used = gauge('postgres_connections_used', "Connections to PostgreSQL's server, of all its clients");
  const most = gauge('postgres_connections_max', "Most connections that PostgreSQL's server takes");
  const bytes = gauge('postgres_database_bytes', 'Size of the database on disk');
  return {
    set(database: string, sample: Sample): void {
      used.set({ database }, sample.used);
      most.set({ database }, sample.most);
      bytes.set({ database }, sample.bytes);
    },
    forget(database: string): void {
      for (const each of [used, most, bytes]) each.remove({ database });
    },
  };
}
