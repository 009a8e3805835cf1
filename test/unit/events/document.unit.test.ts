import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { toKafkaRecord } from '../../../shared/events/cloud-event.ts';
import { eventCatalogue } from '../../../shared/events/schemas/catalogue.ts';
import { asRecorded, renewed, stamp } from './sample-events.ts';

const text = readFileSync(path.resolve(import.meta.dirname, '../../../docs/events.md'), 'utf8');

/** The cells of the rows of the table whose head has this first cell. */
function table(head: string): string[][] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const end = lines.findIndex((line, i) => i > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => line.split('|').map((cell) => cell.trim()));
}

const code = (cell: string | undefined): string[] =>
  [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name as string);

/** The fields of a schema, as the document writes them. */
function fields(schema: z.ZodType): string[] {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  return Object.keys(properties).map((name) => (required.includes(name) ? name : `${name}?`));
}

describe('docs/events.md', () => {
  it('names every header that a record may have, and no other', () => {
    const metadata = {
      ...stamp().metadata,
      decidedAt: '2026-03-01T00:00:00.000Z',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      schemaVersion: 1,
    };
    const event = asRecorded({ id: '0198c0de-0000-5000-8000-000000000001', ...renewed, metadata });
    const documented = table('header').flatMap(([, name]) => code(name));
    expect(documented.sort()).toEqual(Object.keys(toKafkaRecord(event, Date.now()).headers).sort());
  });

  it('has the latest version of every event, with its fields', () => {
    const documented = table('type').map(([, type, version, data]) => [
      code(type)[0],
      Number(version),
      code(data),
    ]);
    const known = Object.entries(eventCatalogue).map(([type, versions]) => [
      type,
      versions.length,
      fields(versions.at(-1)?.data as z.ZodType),
    ]);
    expect(documented).toEqual(known);
  });
});
