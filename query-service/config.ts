import { z } from 'zod';
import { connectionUrl, integer, readConfig, serviceSettings } from '../shared/config.ts';
import { httpSettings, publicSettings } from '../shared/http/settings.ts';
import { tokenSettings } from '../shared/tokens/settings.ts';
import { tracingSettings } from '../shared/tracing/settings.ts';

/** Every setting of this service. */
export const querySettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  ...publicSettings,
  ...tracingSettings,
  ...tokenSettings,
  PORT: integer(0, 65_535).default(3002).describe('Port to listen on; 0 for any free one'),
  DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL with the read model, the primary or a replica',
  ),
  REDIS_URL: connectionUrl('redis://', 'rediss://').describe(
    'Redis: cached views, the notices of changes, and rate limits over all nodes',
  ),
  EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://')
    .optional()
    .describe(
      "The event store, for users' histories alone; without it they answer 503, and nothing else needs it",
    ),
  PLAN_CATALOGUE_FILE: z
    .string()
    .optional()
    .describe('JSON file with the products and their plans; `shared/catalogue/default.json` unless set'),
  USAGE_DATABASE_URL: connectionUrl('postgres://', 'postgresql://')
    .optional()
    .describe(
      'PostgreSQL that usage counts are written to: the primary, where `DATABASE_URL` names a replica; the same unless set',
    ),
  DATABASE_CONNECTIONS: integer(5, 100)
    .default(8)
    .describe('Most connections to PostgreSQL: three for validations, one for usage, the rest for queries'),
  LICENSES_IN_MEMORY: integer(1_000, 10_000_000)
    .default(50_000)
    .describe('Most licenses (with their keys and users) that are remembered; about 2 KB each'),
  QUERIES_PER_MINUTE: integer(1, 1_000_000)
    .default(1_000)
    .describe('Queries, validations apart, that a caller may ask in a minute'),
});

export type QueryConfig = z.infer<typeof querySettings>;

/** @throws ConfigError */
export const readQueryConfig = (env: Record<string, string | undefined> = process.env): QueryConfig =>
  readConfig(querySettings, env);
