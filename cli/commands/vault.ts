import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool, type Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../shared/event-log.ts';
import { userOfStream } from '../../shared/events/streams.ts';
import { insertTombstones } from '../../shared/vault/statements.ts';
import { type Command, parseOptions, UsageError } from '../command.ts';
import { readVaultConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

const BATCH = 1_000;

/**
 * Makes a tombstone for every user whose erasure stands in the log, whatever its version. No master key is needed.
 * @returns how many erasures the log holds, and how many of them the vault did not know
 */
export async function applyErasures(
  log: EventLog,
  vault: Queryable,
): Promise<{ readonly found: number; readonly applied: number }> {
  const erased = new Set<string>();
  let found = 0;
  let applied = 0;
  const flush = async () => {
    applied += await insertTombstones(vault, [...erased]);
    found += erased.size;
    erased.clear();
  };
  for await (const { type, stream } of log.readAll()) {
    const userId = userOfStream(stream);
    if (type !== 'UserErased' || userId === undefined) continue;
    erased.add(userId);
    if (erased.size >= BATCH) await flush();
  }
  await flush();
  return { found, applied };
}

/** What a vault needs beside its services. */
export const vault: Command = {
  name: 'vault',
  summary: 'bring a restored key vault up to the erasures in the log',
  usage: `vault apply-erasures

A backup of the vault still holds the keys of people who were erased after it was made. Run this after restoring
one, before any service is started: every UserErased in the log is applied to it. Done again it changes nothing.
Prints how many keys were replaced by tombstones.

Settings: EVENTSTORE_URL, DATABASE_URL, VAULT_DATABASE_URL.`,
  async run(args, io) {
    const { positionals } = parseOptions(args, { options: {}, allowPositionals: true });
    if (positionals.join(' ') !== 'apply-erasures') throw new UsageError('say what to do: apply-erasures');
    const config = readVaultConfig();
    const log = connectEventLog({ connectionString: config.EVENTSTORE_URL });
    const pool = createPool({
      connectionString: config.VAULT_DATABASE_URL ?? config.DATABASE_URL,
      applicationName: 'cli vault',
      max: 1,
      logger: toolLogger(config.LOG_LEVEL),
    });
    try {
      const { found, applied } = await applyErasures(log, pool);
      io.out(String(applied));
      io.err(`The log holds ${found} erasures; the vault did not know ${applied} of them, and does now.`);
    } finally {
      await Promise.all([log.close(), pool.end()]);
    }
  },
};
