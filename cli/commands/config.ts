import type { z } from 'zod';
import { ConfigError, readConfig, textOf } from '../../shared/config.ts';
import { type Command, type Io, parseOptions, UsageError } from '../command-line/command.ts';
import { type Origin, settingSources } from '../config.ts';
import { masked } from '../settings/masked.ts';
import { describeSetting, serviceSettings } from '../settings/service-settings.ts';
import { startProblems } from '../settings/start-problems.ts';

/** A setting as a service would read it now. */
export interface EffectiveSetting {
  readonly name: string;
  /** Secrets are masked; null if it has none. */
  readonly value: string | null;
  readonly from: Origin | 'default' | 'not set' | `file ${string}`;
}

interface EffectiveSettings {
  readonly settings: readonly EffectiveSetting[];
  /** What would stop the start, in its words. */
  readonly problems: readonly string[];
}

/** A service would not start with these settings. */
class SettingsWrong extends Error {
  readonly code = 'settings_wrong';
  constructor(wrong: readonly (readonly [service: string, problems: readonly string[]])[]) {
    super(wrong.map(([service, problems]) => `${service}: ${new ConfigError(problems).message}`).join('\n'));
    this.name = 'SettingsWrong';
  }
}

type Sources = ReturnType<typeof settingSources>;

async function effective(schema: z.ZodObject, sources: Sources): Promise<EffectiveSettings> {
  const problems = await problemsOf(schema, sources.env);
  const known = Object.keys(schema.shape);
  const settings = known.sort().map((name) => {
    const field = schema.shape[name] as z.ZodType;
    return effectiveSetting(name, field, known, sources);
  });
  return { settings, problems };
}

function effectiveSetting(
  name: string,
  field: z.ZodType,
  known: string[],
  sources: Sources,
): EffectiveSetting {
  const { secret, default: fallback } = describeSetting(field);
  const inFile = `${name}_FILE`;
  const file = known.includes(inFile) ? undefined : sources.env[inFile];
  let text: string | undefined;
  try {
    text = textOf(name, sources.env, known);
  } catch (error) {
    // It is among the problems, and there is no value to show.
    if (!(error instanceof ConfigError)) throw error;
    return { name, value: null, from: file ? `file ${file}` : sources.originOf(name) };
  }
  if (text) {
    const value = masked(text, secret, field.safeParse(text).success);
    return { name, value, from: file ? `file ${file}` : sources.originOf(name) };
  }
  return fallback === undefined
    ? { name, value: null, from: 'not set' }
    : { name, value: String(fallback), from: 'default' };
}

async function problemsOf(schema: z.ZodObject, env: Sources['env']): Promise<readonly string[]> {
  try {
    return await startProblems(readConfig(schema, env), Object.keys(schema.shape));
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

function print(all: ReadonlyMap<string, EffectiveSettings>, io: Io): void {
  for (const [service, { settings }] of all) {
    io.out(`${service}:`);
    const names = Math.max(...settings.map(({ name }) => name.length));
    const values = Math.max(...settings.map(({ value }) => Math.min(value?.length ?? 0, 48)));
    for (const { name, value, from } of settings) {
      io.out(`  ${name.padEnd(names)}  ${(value ?? '').padEnd(values)}  ${from}`);
    }
  }
}

/** Who is asked about; the relay only where there is a Kafka, unless it is named. */
async function chosen(
  service: string | undefined,
  { env }: Sources,
  io: Io,
): Promise<[string, z.ZodObject][]> {
  const services = await serviceSettings();
  if (service !== undefined) {
    const schema = services[service];
    if (schema) return [[service, schema]];
    throw new UsageError(`no service ${service}; there are ${Object.keys(services).join(', ')}`);
  }
  const withKafka = env.KAFKA_BROKERS || env.KAFKA_BROKERS_FILE;
  if (!withKafka) io.err('relay: left out, because KAFKA_BROKERS is not set');
  return Object.entries(services).filter(([name]) => withKafka || name !== 'relay');
}

export const config: Command = {
  name: 'config',
  summary: 'show the settings that a service would start with',
  usage: `config [service] [--json]

Prints each setting of the service (command-service, query-service, projector, relay, notifier, history-tables; all of
them unless one is named) with its value and where that comes from: the environment, a file that NAME_FILE names, the
settings that npm start wrote down (.local/env), or the default. Secrets are masked. Says what would stop the start, and
exits with 1 then.

A container has settings of its own: docker compose exec query-service node cli/main.ts config query-service`,
  async run(args, io) {
    const { values, positionals } = parseOptions(args, {
      options: { json: { type: 'boolean', default: false } },
      allowPositionals: true,
    });
    if (positionals.length > 1) throw new UsageError('name one service, or none for all');
    const sources = settingSources();
    const all = new Map<string, EffectiveSettings>();
    for (const [name, schema] of await chosen(positionals[0], sources, io)) {
      all.set(name, await effective(schema, sources));
    }
    if (values.json) io.out(JSON.stringify(Object.fromEntries(all), null, 2));
    else print(all, io);
    const wrong = [...all].map(([name, { problems }]) => [name, problems] as const);
    if (wrong.some(([, problems]) => problems.length > 0)) {
      throw new SettingsWrong(wrong.filter(([, problems]) => problems.length > 0));
    }
  },
};
