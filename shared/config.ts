import { z } from 'zod';

/** A setting is missing or malformed. The message names each one, and says what was expected. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  constructor(problems: readonly string[]) {
    super(`invalid settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Reads the environment through `schema` once, at start. Empty values count as not set, so that
 * `NAME=` in an env file means "the default".
 * @throws ConfigError
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  env: Record<string, string | undefined>,
): z.infer<S> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => (env[name] ? [[name, env[name]]] : [])),
  );
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new ConfigError(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`));
}

/** A whole number in the environment, within bounds. */
export const integer = (minimum: number, maximum: number) =>
  z.coerce
    .number({ error: `expected a whole number from ${minimum} to ${maximum}` })
    .int({ error: `expected a whole number from ${minimum} to ${maximum}` })
    .min(minimum, { error: `expected a whole number from ${minimum} to ${maximum}` })
    .max(maximum, { error: `expected a whole number from ${minimum} to ${maximum}` });

/** A connection string, which must start with one of `schemes`. */
export const connectionUrl = (...schemes: readonly string[]) =>
  z
    .string({ error: `required: a URL starting with ${schemes.join(' or ')}` })
    .refine((value) => schemes.some((scheme) => value.startsWith(scheme)), {
      error: `expected a URL starting with ${schemes.join(' or ')}`,
    });

/** `true` or `false`. */
export const flag = z
  .enum(['true', 'false'], { error: 'expected true or false' })
  .transform((value) => value === 'true');

/** The settings that every service has. */
export const serviceSettings = {
  NODE_ENV: z
    .enum(['development', 'test', 'production'])
    .default('production')
    .describe('`production` refuses development defaults: a missing master key or key ring stops the start'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severity of the log lines that are written'),
  HOST: z.string().default('127.0.0.1').describe('Address to listen on'),
};
