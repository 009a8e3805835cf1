import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { serviceSettings } from '../../../cli/settings/service-settings.ts';

const root = path.resolve(import.meta.dirname, '../../..');
const { services } = parse(readFileSync(path.join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Readonly<Record<string, { readonly environment?: Readonly<Record<string, string>> }>>;
};

/** What a container of ours can't be given by a value in `.env` alone, and what compose itself decides. */
const NOT_IN_ENV = new Set([
  // The image's: every address of the container.
  'HOST',
  // Must fit into `stop_grace_period`.
  'DRAIN_MS',
  // `migrate` does it.
  'MIGRATE_ON_START',
  // Files, and other databases: need a mount or a network of their own.
  'PLAN_CATALOGUE_FILE',
  'VAULT_DATABASE_URL',
  'USAGE_DATABASE_URL',
  'VAULT_MASTER_KEY',
  // Of a broker outside, which needs a network that leads there.
  'KAFKA_TLS',
  'KAFKA_SASL_MECHANISM',
  'KAFKA_SASL_USERNAME',
  'KAFKA_SASL_PASSWORD',
]);

describe('a setting in .env', () => {
  it('reaches the service that reads it', async () => {
    const missing = Object.entries(await serviceSettings()).flatMap(([service, { shape }]) => {
      const given = services[service]?.environment ?? {};
      return Object.keys(shape)
        .filter((name) => !(NOT_IN_ENV.has(name) || name in given || `${name}_FILE` in given))
        .map((name) => `${service}: ${name}`);
    });
    expect(missing).toEqual([]);
  });

  it('that says what may be written reaches the tool too, which writes beside the command nodes', () => {
    const [nodes, tool] = ['command-service', 'cli'].map(
      (name) => services[name]?.environment?.EVENT_SCHEMA_LEVEL,
    );
    expect(nodes).toContain('EVENT_SCHEMA_LEVEL:-2');
    expect(tool).toBe(nodes);
  });

  it('has the name of the setting', () => {
    const renamed = Object.values(services).flatMap(({ environment = {} }) =>
      Object.entries(environment).filter(([name, value]) => {
        const from = /^\$\{([A-Z_]+):-/.exec(String(value))?.[1];
        return from !== undefined && from !== name;
      }),
    );
    expect(renamed).toEqual([]);
  });
});
