import { randomUUID } from 'node:crypto';
import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import type { MasterKey } from '../../../shared/vault/wrapping.ts';
import { EventTable, type TableEvent } from '../event-table.ts';
import { VaultRows } from '../vault-rows.ts';
import { Population, type PopulationOptions, type PopulationSummary } from './population.ts';
import { instant } from './subscriptions.ts';

export interface HistoryOptions extends PopulationOptions {
  /** Database of the local event store. No event store server may be running on it. */
  readonly eventStoreDatabaseUrl: string;
  /** Database of the vault, migrated. */
  readonly databaseUrl: string;
  readonly masterKey: MasterKey;
  /** Told of every batch. */
  readonly onProgress?: (written: number) => void;
}

export interface HistorySummary extends PopulationSummary {
  /** Position of the last event. */
  readonly head: number;
  readonly seconds: number;
}

const BATCH = 2_000;
/** The seller's billing service. */
const STAFF = { role: 'staff', id: '018f0000-0000-7000-8000-000000000001' } as const;
const logger = createLogger({ service: 'history', level: 'silent' });

/**
 * Writes a history as the write side would have left it (events encoded and encrypted, keys in the vault) straight
 * into the local event store's table, behind what is there. Customers sign up or are added by staff, try, buy in two currencies
 * by month or year, renew in time or late, change plans, cancel, activate and deactivate machines, and are erased; their events stand in between each other's. A second history needs another seed.
 * @throws LogInUse an event store server is running
 */
export async function writeHistory(options: HistoryOptions): Promise<HistorySummary> {
  const pool = (connectionString: string): Pool =>
    createPool({ connectionString, applicationName: 'history', max: 2, statementTimeoutMs: 60_000, logger });
  const vaultPool = pool(options.databaseUrl);
  const logPool = pool(options.eventStoreDatabaseUrl);
  try {
    const table = await EventTable.open(logPool);
    try {
      return await write(options, vaultPool, table);
    } finally {
      await table.close();
    }
  } finally {
    await Promise.all([vaultPool.end(), logPool.end()]);
  }
}

async function write(options: HistoryOptions, vaultPool: Pool, table: EventTable): Promise<HistorySummary> {
  const started = performance.now();
  const { masterKey } = options;
  const vault = createVault({ db: vaultPool, masterKey, clock: systemClock });
  const keys = new VaultRows(vaultPool, masterKey);
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault: keys });
  const population = new Population(options, { email: (email) => vault.emailDigest(email) });
  let batch: TableEvent[] = [];
  let writing: Promise<unknown> = Promise.resolve();
  const flush = async (events: readonly TableEvent[]) => {
    // One batch is written while the next is encoded; keys before the events that need them.
    await writing;
    options.onProgress?.(table.written);
    writing = keys.flush().then(() => table.insert(events));
    // Its failure is thrown where it is waited for.
    writing.catch(() => 'seen at the next flush');
  };
  for (let step = await population.next(); step; step = await population.next()) {
    const commandId = randomUUID();
    const { by, userId } = step;
    const actor = by === 'staff' ? STAFF : ({ role: 'user', id: userId } as const);
    for (const [index, { stream, event }] of step.events.entries()) {
      const metadata = {
        $correlationId: commandId,
        $causationId: commandId,
        commandId,
        actor,
        decidedAt: instant(step.at),
      };
      const encoded = await codec.encode(event, { stream, index, metadata });
      batch.push({ stream, at: step.at, event: encoded });
    }
    if (batch.length >= BATCH) {
      await flush(batch);
      batch = [];
    }
  }
  await flush(batch);
  await writing;
  await vault.applyErasures(population.erased);
  const seconds = (performance.now() - started) / 1000;
  return { ...population.summary(), head: table.head, seconds };
}
