import { z } from 'zod';
import { integer, readConfig } from '../shared/config.ts';

/** The settings that the launcher and the services share; both read them from the launcher's environment. */
const schema = z.object({
  SIGNUPS_PER_MINUTE: integer(1, 100_000).default(60),
  LOGINS_PER_MINUTE: integer(1, 100_000).default(60),
});

export type LauncherConfig = z.infer<typeof schema>;

/** @throws ConfigError a setting is malformed */
export const readLauncherConfig = (env: Record<string, string | undefined>): LauncherConfig =>
  readConfig(schema, env);
