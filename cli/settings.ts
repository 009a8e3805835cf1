import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { z } from 'zod';
import { type Command, parseOptions } from './command.ts';

const root = path.resolve(import.meta.dirname, '..');
const DOCUMENT = path.join(root, 'docs', 'settings.md');

/** The committed table is not what the schemas say. */
class SettingsOutdated extends Error {
  readonly code = 'settings_outdated';
  constructor() {
    super('docs/settings.md is not what the schemas say: run npm run settings and commit it');
    this.name = 'SettingsOutdated';
  }
}

interface JsonSchema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly default?: unknown;
  readonly description?: string;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** Every service's settings, in one table: a setting that several have means the same in each. */
async function document(): Promise<string> {
  const services = {
    command: (await import('../command-service/config.ts')).commandSettings,
    query: (await import('../query-service/config.ts')).querySettings,
    projector: (await import('../projector/config.ts')).projectorSettings,
    relay: (await import('../projector/relay/config.ts')).relaySettings,
  };
  const rows = new Map<string, Row>();
  for (const [service, settings] of Object.entries(services)) {
    for (const [name, field] of Object.entries(settings.shape)) {
      const schema = described(field);
      // A setting that means something else in another service has a row of its own.
      const key = `${name} ${JSON.stringify(schema)}`;
      const row = rows.get(key) ?? {
        name,
        schema,
        required: !field.safeParse(undefined).success,
        services: [],
      };
      row.services.push(service);
      rows.set(key, row);
    }
  }
  const lines = [...rows.values()]
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((row) => line(row, Object.keys(services).length));
  return `# Settings

Made from the services' schemas with \`npm run settings\`; \`npm run check\` compares. Services read the environment once, at start;
a wrong value stops the start with its name and what was expected.

| name | service | values | default | meaning |
|---|---|---|---|---|
${lines.join('\n')}
`;
}

interface Row {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  readonly services: string[];
}

function line({ name, schema, required, services }: Row, all: number): string {
  const fallback = required ? '**required**' : schema.default === undefined ? '' : `\`${schema.default}\``;
  const users = services.length === all ? 'all' : services.join(', ');
  return `| \`${name}\` | ${users} | ${values(schema)} | ${fallback} | ${schema.description ?? ''} |`;
}

const described = (field: z.ZodType): JsonSchema =>
  field.toJSONSchema({ io: 'input', unrepresentable: 'any' }) as JsonSchema;

function values(schema: JsonSchema): string {
  if (schema.enum) return schema.enum.map((value) => `\`${value}\``).join(', ');
  if (schema.minimum !== undefined) return `${schema.minimum} to ${schema.maximum}`;
  return 'text';
}

export const settings: Command = {
  name: 'settings',
  summary: 'write the table of all settings',
  usage: `settings [--check]

Writes docs/settings.md, made from the services' schemas. With --check it writes nothing and fails if the committed table
is another.`,
  async run(args, io) {
    const { values: options } = parseOptions(args, {
      options: { check: { type: 'boolean', default: false } },
    });
    const text = await document();
    if (!options.check) {
      writeFileSync(DOCUMENT, text);
      io.err(`wrote ${path.relative(root, DOCUMENT)}`);
    } else if (readFileSync(DOCUMENT, 'utf8') !== text) {
      throw new SettingsOutdated();
    }
  },
};
