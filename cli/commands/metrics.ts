import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Column, Definition } from '../../projector/history/definition.ts';
import { asOf, metrics as definitions } from '../../projector/history/metrics.ts';
import { type Command, parseOptions } from '../command-line/command.ts';

const root = path.resolve(import.meta.dirname, '../..');
const DOCUMENT = path.join(root, 'docs', 'metrics.md');
/** What stands above it in the document is written by hand. */
const FROM_HERE = '<!-- From here on made from projector/history by npm run metrics. -->\n';

/** The committed document is not what the definitions say. */
class MetricsOutdated extends Error {
  readonly code = 'metrics_outdated';
  constructor() {
    super('docs/metrics.md is not what the definitions say: run npm run metrics and commit it');
    this.name = 'MetricsOutdated';
  }
}

function document(current: string): string {
  const end = current.indexOf(FROM_HERE);
  if (end < 0) throw new MetricsOutdated();
  const sections = [
    [...asOf, ...definitions].map(link).join(' ·\n'),
    '## The tables as of a time',
    ...asOf.map(section),
    '## The metrics',
    ...definitions.map(section),
  ];
  return `${current.slice(0, end)}${FROM_HERE}\n${sections.join('\n\n')}\n`;
}

function section(definition: Definition): string {
  const { name, title, parameters, rowsOf, columns } = definition;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['One row', definition.grain.replace(/^one row /, '')],
    ['Formula', definition.formula],
    ['Counts', definition.counts],
    ['Leaves out', definition.leavesOut],
    ...(rowsOf ? [['Columns', `those of \`${rowsOf}\``] as const] : []),
  ];
  const list = facts.filter(([, text]) => text).map(([label, text]) => `- **${label}**: ${text}`);
  return `### ${title}

\`${name}(${parameters.map((parameter) => `${parameter.name} ${typeOf(parameter)}`).join(', ')})\`

${list.join('\n')}

| parameter or column | type | meaning |
|---|---|---|
${[...parameters, ...columns].map(row).join('\n')}`;
}

/** To a section; GitHub makes the anchor of its heading so. */
const link = ({ title }: Definition) =>
  `[${title}](#${title
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-')})`;

const typeOf = ({ type }: Column) => (type === 'month' ? 'date' : type);
const row = (column: Column) => `| \`${column.name}\` | ${typeOf(column)} | ${column.meaning} |`;

export const metrics: Command = {
  name: 'metrics',
  summary: 'write the document of the metrics',
  usage: `metrics [--check]

Writes docs/metrics.md, made from the definitions of the metrics. With --check it writes nothing and fails if the committed
document is another.`,
  async run(args, io) {
    const { values: options } = parseOptions(args, {
      options: { check: { type: 'boolean', default: false } },
    });
    const current = readFileSync(DOCUMENT, 'utf8');
    const text = document(current);
    if (!options.check) {
      writeFileSync(DOCUMENT, text);
      io.err(`wrote ${path.relative(root, DOCUMENT)}`);
    } else if (current !== text) {
      throw new MetricsOutdated();
    }
  },
};
