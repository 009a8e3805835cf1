import { migrateAll } from '../../projector/schemas/migrate.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import { type Command, parseOptions } from '../command-line/command.ts';
import { readMigrateConfig } from '../config.ts';
import { toolLogger } from '../logger.ts';

/** Creates and upgrades the schemas. Run it before the services of a new version start. */
export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'create and upgrade the schemas in PostgreSQL',
  usage: `migrate

Runs the SQL files that the database has not seen yet, each in one transaction: schemas read_model, usage, relay
and notifications in DATABASE_URL, schema vault in VAULT_DATABASE_URL (default: DATABASE_URL). Done again it changes nothing. Prints
each file that was applied.

Settings: DATABASE_URL, VAULT_DATABASE_URL.`,
  async run(args, io) {
    parseOptions(args, { options: {} });
    const config = readMigrateConfig();
    const logger = toolLogger(config.LOG_LEVEL);
    const pool = (connectionString: string) =>
      createPool({
        connectionString,
        applicationName: 'cli migrate',
        max: 1,
        logger,
        // A rolling restart runs this again and again, on a machine that is busy with it.
        connectionTimeoutMs: 30_000,
      });
    const database = pool(config.DATABASE_URL);
    const vault = pool(config.VAULT_DATABASE_URL ?? config.DATABASE_URL);
    try {
      const sets = await migrateAll({ database, vault });
      for (const { schema, applied } of sets) for (const name of applied) io.out(`${schema}/${name}`);
      if (sets.every(({ applied }) => applied.length === 0))
        io.err('Nothing to do: every schema is up to date.');
    } finally {
      await Promise.all([database.end(), vault.end()]);
    }
  },
};
