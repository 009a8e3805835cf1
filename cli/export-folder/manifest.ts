import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { parsePosition } from '../../shared/event-log/position.ts';
import { FolderRefused } from './errors.ts';

export const MANIFEST = 'manifest.json';

const position = z.string().refine((text) => parsePosition(text) !== undefined);

/** Of a table or none, of a month or what is known now. No other path is written to or removed, whatever a manifest says. */
const FILE = /^(?:(?:[a-z_]+\/)?month=(?:\d{4}-\d{2}|open)\/part-\d{5}\.parquet|[a-z]+\.duckdb\.sql)$/;

const entry = z.strictObject({
  /** Its path in the folder, with `/`. */
  file: z.string().regex(FILE),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  /** Where the first and the last event stand that it has rows of; null in a table that follows from no event. */
  first: position.nullable(),
  last: position.nullable(),
  /** Whoever was erased up to there has none of the ids left that others made. */
  erased_to: position,
  /** The version of each type of payload in it, or of the table. */
  schema_versions: z.record(z.string(), z.int()),
  written_by: z.string(),
});

/** The layout of a folder; a release that changes it counts on. */
const FORMAT = 1;

const manifest = z.strictObject({
  format: z.literal(FORMAT),
  kind: z.enum(['events', 'history-tables']),
  /** Which events; empty: all. */
  criteria: z.strictObject({ types: z.array(z.string()) }),
  rows_per_file: z.int().min(1),
  /** The folder holds what the log says up to this event; `time` is the latest of an event until there. */
  up_to: z.strictObject({ position, event_id: z.string(), time: z.iso.datetime() }).nullable(),
  files: z.array(entry),
});

/** What a file of the folder holds. */
export type Entry = z.infer<typeof entry>;
/** What the folder holds. The same log up to the same event gives the same text. */
export type Manifest = z.infer<typeof manifest>;

const newer = z.looseObject({ format: z.int().min(FORMAT + 1) });

/**
 * Undefined for what is no manifest, or was cut off.
 * @throws FolderRefused a newer release wrote it
 */
export function parseManifest(text: string): Manifest | undefined {
  try {
    const json = JSON.parse(text);
    const { data } = newer.safeParse(json);
    if (data) {
      throw new FolderRefused(
        'folder_newer',
        `the folder was made by a newer release (its manifest's format is ${data.format}, and this release knows ${FORMAT}): use that release, or make the export again in another folder`,
      );
    }
    return manifest.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof z.ZodError) return undefined;
    throw error;
  }
}

/** Fields in the schema's order, whoever made it. */
export const manifestText = (of: Manifest): string => `${JSON.stringify(manifest.parse(of), null, 2)}\n`;

/** What makes the bytes: another release, or another Node with another Zstandard, may give others of the same rows. */
export const writtenBy = (): string => {
  const { name, version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return `${name} ${version}, node ${process.versions.node}`;
};
