import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { expected } from './expected.ts';

/** A setting is missing or malformed. The message names each one, and says what was expected. */
export class ConfigError extends Error {
  readonly code = 'config_invalid';
  /** Each begins with the setting's name. */
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`invalid settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
    this.problems = problems;
    this.name = 'ConfigError';
  }
}

/**
 * A setting's text: `NAME`, or what the file holds that `NAME_FILE` names. So a secret can be mounted as a file, and
 * stands neither in the environment nor in what describes a container.
 * @param known the names of all settings: one that ends in `_FILE` may be a setting itself
 * @throws ConfigError both are set, or the file can't be read
 */
export function textOf(
  name: string,
  env: Record<string, string | undefined>,
  known: readonly string[],
): string | undefined {
  const inFile = `${name}_FILE`;
  const file = env[inFile];
  if (!file || known.includes(inFile)) return env[name];
  if (env[name]) throw new ConfigError([`${name}: set this or ${inFile}, not both`]);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError([`${inFile}: ${file} can't be read (${String(error)})`]);
  }
}

/**
 * Reads the environment through `schema` once, at start. Empty values count as not set, so that
 * `NAME=` in an env file means "the default". Each setting may be in a file instead, which `NAME_FILE` names.
 * @throws ConfigError
 */
export function readConfig<S extends z.ZodObject>(
  schema: S,
  env: Record<string, string | undefined>,
): z.infer<S> {
  const known = Object.keys(schema.shape);
  const given = Object.fromEntries(
    known.flatMap((name) => {
      const text = textOf(name, env, known);
      return text ? [[name, text]] : [];
    }),
  );
  const parsed = schema.safeParse(given, { error: expected });
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

/** Marks a setting as a secret, for whatever shows settings: all of it, or the password within a URL. */
export const SECRET = { secret: 'all' } as const;
export const SECRET_PASSWORD = { secret: 'password' } as const;

/** A connection string, which must start with one of `schemes`. It may hold a password. */
export const connectionUrl = (...schemes: readonly string[]) =>
  z
    .string({ error: `required: a URL starting with ${schemes.join(' or ')}` })
    .refine((value) => schemes.some((scheme) => value.startsWith(scheme)), {
      error: `expected a URL starting with ${schemes.join(' or ')}`,
    })
    .meta(SECRET_PASSWORD);

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
