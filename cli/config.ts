import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { commandSettings } from '../command-service/config.ts';
import { historySettings } from '../projector/history/follow/config.ts';
import { relaySettings } from '../projector/relay/config.ts';
import { kafkaSettings } from '../shared/adapters/kafka/settings.ts';
import { ConfigError, connectionUrl, readConfig, serviceSettings } from '../shared/config.ts';
import { publicSettings } from '../shared/http/settings.ts';
import { tokenSettings } from '../shared/tokens/settings.ts';
import { vaultSettings } from '../shared/vault/master-key.ts';
import { UsageError } from './command-line/command.ts';

/** Written by the launcher: the settings of the system that runs on this machine. */
const LOCAL_SETTINGS = path.resolve(import.meta.dirname, '../.local/env');

/** The settings of a system that was started with `--data`; they win over the environment. */
let chosenSettings: string | undefined;

/** Has every command work on the system whose data is in this folder. @throws UsageError none was started there */
export function useData(folder: string): void {
  const file = path.resolve(folder, 'env');
  if (!existsSync(file)) {
    throw new UsageError(
      `--data ${folder}: no system was started there: npm start -- --data DIR writes DIR/env`,
    );
  }
  chosenSettings = file;
}

/** What helps whoever has settings of no system at all; undefined where there are some. */
export function settingsHint(): string | undefined {
  if (process.env.NODE_ENV || chosenSettings || existsSync(LOCAL_SETTINGS)) return undefined;
  return (
    'No system was found: NODE_ENV is not set, and .local/env is not there. Start one with npm start; one that was started ' +
    'with npm start -- --data DIR is found with --data DIR.'
  );
}

const common = {
  NODE_ENV: serviceSettings.NODE_ENV,
  // Notices go to standard error; by default only what an operator has to know.
  LOG_LEVEL: serviceSettings.LOG_LEVEL.default('warn'),
};

const database = { DATABASE_URL: connectionUrl('postgres://', 'postgresql://') };
const eventStore = { EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://') };

/** The vault may stand in a database of its own. */
const vaultDatabase = {
  VAULT_DATABASE_URL: connectionUrl('postgres://', 'postgresql://').optional(),
};

const tokens = z.object({ ...common, ...tokenSettings });
/** Without the database the time and the number of licenses are not known: for when it can't be reached. */
const keys = z.object({ ...tokens.shape, DATABASE_URL: database.DATABASE_URL.optional() });
/** To make keys, or to tell that they are still the same. */
const ensuring = z.object({ ...tokens.shape, ...database, ...vaultDatabase, ...vaultSettings });
const vault = z.object({ ...common, ...database, ...vaultDatabase, ...eventStore });

const migrations = z.object({ ...common, ...database, ...vaultDatabase });
const databaseAlone = z.object({ ...common, ...database });
const rebuilding = z.object({
  ...common,
  ...database,
  ...vaultDatabase,
  ...eventStore,
  ...vaultSettings,
  REDIS_URL: connectionUrl('redis://', 'rediss://').optional(),
});

const eventStoreAlone = z.object({ ...common, ...eventStore });
/** What makes an export fast, and can be missing. */
const days = z.object({
  ...common,
  DATABASE_URL: database.DATABASE_URL.optional(),
  HISTORY_DATABASE_URL: historySettings.shape.HISTORY_DATABASE_URL,
});
/** Figures are of what is there, and of what is sold. */
const figures = z.object({
  ...databaseAlone.shape,
  HISTORY_DATABASE_URL: historySettings.shape.HISTORY_DATABASE_URL,
  PLAN_CATALOGUE_FILE: commandSettings.shape.PLAN_CATALOGUE_FILE,
});
/** Either key is needed: without one none is made, because a new one opens nothing. */
const openingPersonal = z.object({ ...common, ...database, ...vaultDatabase, ...vaultSettings });
/** A topic that is made here is like the one that the relay makes, and kept for ever. */
const kafka = z.object({
  ...common,
  ...kafkaSettings,
  KAFKA_TOPIC_PARTITIONS: relaySettings.shape.KAFKA_TOPIC_PARTITIONS,
  KAFKA_TOPIC_REPLICATION: relaySettings.shape.KAFKA_TOPIC_REPLICATION,
});

/** Deciding and writing as a command node does. */
const writing = z.object({
  ...openingPersonal.shape,
  ...eventStore,
  PLAN_CATALOGUE_FILE: commandSettings.shape.PLAN_CATALOGUE_FILE,
  EVENT_SCHEMA_LEVEL: commandSettings.shape.EVENT_SCHEMA_LEVEL,
});

/** And a link for whoever is welcomed. */
const staff = z.object({ ...writing.shape, ...publicSettings });
/** What webhooks are told again opens personal data, and stands in the log. */
const tellingWebhooks = z.object({ ...openingPersonal.shape, ...eventStore });

/** The history tables may stand in a database of their own. */
const historyTables = z.object({
  ...common,
  ...database,
  ...eventStore,
  HISTORY_DATABASE_URL: historySettings.shape.HISTORY_DATABASE_URL,
});

const readingLog = z.object({ ...common, ...database, ...eventStore });

export type TokenConfig = z.infer<typeof tokens>;
export type KeysConfig = z.infer<typeof keys>;
export type EnsureConfig = z.infer<typeof ensuring>;
export type WritingConfig = z.infer<typeof writing>;
export type StaffConfig = z.infer<typeof staff>;

/**
 * The environment. Where it names no system (NODE_ENV is not set), the one that the launcher started on this
 * machine is meant, so that the tool works beside `npm start` without any setting.
 */
function environment(): Record<string, string | undefined> {
  if (chosenSettings) return { ...process.env, ...parseEnv(readFileSync(chosenSettings, 'utf8')) };
  if (process.env.NODE_ENV || !existsSync(LOCAL_SETTINGS)) return process.env;
  return { ...parseEnv(readFileSync(LOCAL_SETTINGS, 'utf8')), ...process.env };
}

/** Where a setting that is set comes from. */
export type Origin = 'environment' | `${string}env`;

/** The environment that commands read, with where each setting of it comes from. */
export function settingSources(): {
  readonly env: Record<string, string | undefined>;
  originOf(name: string): Origin;
} {
  const env = environment();
  return {
    env,
    originOf: (name) => {
      if (chosenSettings) return env[name] === process.env[name] ? 'environment' : (chosenSettings as Origin);
      return process.env[name] === undefined ? '.local/env' : 'environment';
    },
  };
}

// Each command reads only what it needs: `token` works without a database. All throw ConfigError.
export const readTokenConfig = (): TokenConfig => readConfig(tokens, environment());
export const readKeysConfig = (): KeysConfig => readConfig(keys, environment());
export const readEnsureConfig = (): EnsureConfig => readConfig(ensuring, environment());
export const readVaultConfig = (): z.infer<typeof vault> => readConfig(vault, environment());
export const readMigrateConfig = (): z.infer<typeof migrations> => readConfig(migrations, environment());
export const readDatabaseConfig = (): z.infer<typeof databaseAlone> =>
  readConfig(databaseAlone, environment());
export const readEventStoreConfig = (): z.infer<typeof eventStoreAlone> =>
  readConfig(eventStoreAlone, environment());
export const readDaysConfig = (): z.infer<typeof days> => readConfig(days, environment());
export const readStatsConfig = (): z.infer<typeof figures> => readConfig(figures, environment());
export const readKafkaConfig = (): z.infer<typeof kafka> => readConfig(kafka, environment());
export const readPersonalConfig = (): z.infer<typeof openingPersonal> =>
  withMasterKey(readConfig(openingPersonal, environment()), 'to open personal data');
export const readImportConfig = (): WritingConfig =>
  withMasterKey(readConfig(writing, environment()), 'to seal personal data');
export const readStaffConfig = (): StaffConfig =>
  withMasterKey(readConfig(staff, environment()), 'to seal personal data');
export const readWebhooksConfig = (): z.infer<typeof tellingWebhooks> =>
  withMasterKey(readConfig(tellingWebhooks, environment()), 'to open personal data');

function withMasterKey<C extends z.infer<typeof openingPersonal>>(config: C, why: string): C {
  if (config.VAULT_MASTER_KEY || config.VAULT_MASTER_KEY_FILE) return config;
  throw new ConfigError([`VAULT_MASTER_KEY: required ${why} (or VAULT_MASTER_KEY_FILE)`]);
}

export const readRebuildConfig = (): z.infer<typeof rebuilding> => readConfig(rebuilding, environment());
export const readHistoryConfig = (): z.infer<typeof historyTables> =>
  readConfig(historyTables, environment());
export const readLogConfig = (): z.infer<typeof readingLog> => readConfig(readingLog, environment());
