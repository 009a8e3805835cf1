import { createHash } from 'node:crypto';
import { type Entry, writtenBy } from '../../export-folder/manifest.ts';

/** What the manifest says of a text beside the parts. */
export const fileEntry = (file: string, text: string, erased_to: string): Entry => ({
  ...{ file, rows: 0, bytes: Buffer.byteLength(text), first: null, last: null },
  sha256: createHash('sha256').update(text).digest('hex'),
  ...{ erased_to, schema_versions: {}, written_by: writtenBy() },
});
