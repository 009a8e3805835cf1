import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, parseOptions } from '../command-line/command.ts';
import {
  describeSetting,
  isRequired,
  type SettingSchema,
  serviceSettings,
} from '../settings/service-settings.ts';

const root = path.resolve(import.meta.dirname, '../..');
const DOCUMENT = path.join(root, 'docs', 'settings.md');

/** The committed table is not what the schemas say. */
class SettingsOutdated extends Error {
  readonly code = 'settings_outdated';
  constructor() {
    super('docs/settings.md is not what the schemas say: run npm run settings and commit it');
    this.name = 'SettingsOutdated';
  }
}

/** It is part of the launcher, and of no image: only the document knows it. */
const localEventStore = async () => (await import('../../local/event-store/config.ts')).eventStoreSettings;

/** Every service's settings, in one table: a setting that several have means the same in each. */
async function document(): Promise<string> {
  const services = await serviceSettings();
  const all = Object.keys(services).length;
  const rows = new Map<string, Row>();
  const documented = { ...services, 'local event store': await localEventStore() };
  for (const [service, settings] of Object.entries(documented)) {
    for (const [name, field] of Object.entries(settings.shape)) {
      const schema = describeSetting(field);
      // A setting that means something else in another service has a row of its own.
      const key = `${name} ${JSON.stringify(schema)}`;
      const row = rows.get(key) ?? {
        name,
        schema,
        required: isRequired(field),
        services: [],
      };
      row.services.push(service);
      rows.set(key, row);
    }
  }
  const lines = [...rows.values()]
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
    .map((row) => line(row, all));
  return `# Settings

Made from the services' schemas with \`npm run settings\`; \`npm run check\` compares. Services read the environment once, at start;
a wrong value stops the start with its name and what was expected. \`NAME_FILE\` may name a file that holds the value of \`NAME\`.
\`npm run --silent cli -- config\` shows what is set.

| name | service | values | default | meaning |
|---|---|---|---|---|
${lines.join('\n')}
`;
}

interface Row {
  readonly name: string;
  readonly schema: SettingSchema;
  readonly required: boolean;
  readonly services: string[];
}

function line({ name, schema, required, services }: Row, all: number): string {
  const fallback = required ? '**required**' : schema.default === undefined ? '' : `\`${schema.default}\``;
  const short = services.map((service) => service.replace('-service', ''));
  const users = services.length >= all ? 'all' : short.join(', ');
  return `| \`${name}\` | ${users} | ${values(schema)} | ${fallback} | ${schema.description ?? ''} |`;
}

function values(schema: SettingSchema): string {
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
