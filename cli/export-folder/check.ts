import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { DRAFT } from './draft.ts';
import { isMissing } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** What is wrong with a file of a folder. */
export interface Problem {
  readonly file: string;
  readonly problem: string;
}

/** Every file of a folder, by its path in it. */
export async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => !entry.isDirectory());
  return files.map(({ parentPath, name }) => path.relative(folder, path.join(parentPath, name))).sort();
}

/** A file's SHA-256 in hexadecimal; undefined if there is no such file. */
export async function sha256Of(file: string): Promise<string | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: 1 << 20 })) hash.update(chunk);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  return hash.digest('hex');
}

/** What readers of the folder take for a part of the export; anything else may lie beside it, a README perhaps. */
const isPart = (file: string): boolean => file.endsWith('.parquet') || file.includes('month=');

/** Drafts of parts: what a process that was killed has left. */
export const isDraft = (file: string): boolean => /(^|\/)part-\d{5}\.parquet\.next$/.test(file);

/** Compares a folder's files with its manifest: what is missing, what is not as it was written, what is not its own. */
export async function problemsOf(folder: string, { files }: Manifest): Promise<Problem[]> {
  const known = new Set(files.map(({ file }) => file));
  const problems: Problem[] = [];
  for (const { file, sha256 } of files) {
    const found = await sha256Of(path.join(folder, file));
    if (found === undefined) problems.push({ file, problem: 'is missing' });
    else if (found !== sha256) problems.push({ file, problem: 'is not as it was written' });
  }
  for (const file of await filesOf(folder)) {
    if (isDraft(file) || known.has(file) || !isPart(file)) continue;
    problems.push({ file, problem: 'is not in the manifest' });
  }
  return problems;
}

export const draftsOf = async (folder: string): Promise<string[]> =>
  (await filesOf(folder)).filter((file) => isDraft(file)).map((file) => file.slice(0, -DRAFT.length));
