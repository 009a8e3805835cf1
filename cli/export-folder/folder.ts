import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { draftsOf, problemsOf, sha256Of } from './check.ts';
import { DRAFT, Draft, nameDraft } from './draft.ts';
import { FolderRefused, isMissing, overtaken } from './errors.ts';
import { MANIFEST, type Manifest, manifestText, parseManifest } from './manifest.ts';

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The manifest that a folder has. @throws FolderRefused it has none */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await textOf(path.join(folder, MANIFEST));
  if (text === undefined) {
    throw new FolderRefused('folder_foreign', `${folder}: there is no ${MANIFEST}, so it is no export`);
  }
  const manifest = parseManifest(text);
  if (manifest) return manifest;
  throw new FolderRefused(
    'folder_changed',
    `${folder}/${MANIFEST} is not as it was written: put back the one from a backup, or make the export again in another folder`,
  );
}

/** Whether an export or an erasing was cut off while it gave a part its name: the next one finishes that. */
export const wasCutOff = async (folder: string): Promise<boolean> =>
  parseManifest((await textOf(path.join(folder, MANIFEST + DRAFT))) ?? '') !== undefined;

/**
 * A folder of exports, open for changes. It changes part by part: a part is written beside, then the manifest that has it, then
 * both get their names. Whatever is killed in between, the next {@link open} goes on from there: a manifest that is
 * whole is carried through, any other draft is removed.
 */
export class ExportFolder {
  readonly path: string;
  #manifest: Manifest;

  private constructor(folder: string, manifest: Manifest) {
    this.path = folder;
    this.#manifest = manifest;
  }

  /**
   * @param empty the manifest of a new export; without one the folder must be there
   * @throws FolderRefused it holds what is no export, or somebody changed a file of it, or it is an export of other things
   */
  static async open(folder: string, empty?: Manifest): Promise<ExportFolder> {
    if (empty) await prepare(folder, empty);
    await finish(folder);
    const manifest = await readManifest(folder);
    const problems = await problemsOf(folder, manifest);
    if (problems.length > 0) {
      if (
        (await textOf(path.join(folder, MANIFEST))) !== manifestText(manifest) ||
        (await wasCutOff(folder))
      ) {
        throw overtaken(folder);
      }
      const list = problems.map(({ file, problem }) => `\n  ${file} ${problem}`).join('');
      throw new FolderRefused(
        'folder_changed',
        `${folder} was changed, and nothing in it is overwritten:${list}\nPut the files back, or make the export again in another folder`,
      );
    }
    return new ExportFolder(folder, manifest);
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  /** Begins a file; {@link commit} gives it its name. */
  begin(file: string): Promise<Draft> {
    return Draft.begin(path.join(this.path, file));
  }

  /**
   * Makes the manifest the folder's, and the drafts its files, at once in effect; files that it no longer names go.
   * @throws FolderRefused another process has begun to change the folder
   */
  async commit(manifest: Manifest, drafts: readonly Draft[] = []): Promise<void> {
    const complete = await Promise.all(drafts.map((draft) => draft.complete()));
    const text = await textOf(path.join(this.path, MANIFEST));
    if (complete.includes(false) || text !== manifestText(this.#manifest)) throw overtaken(this.path);
    if (drafts.length === 0 && text === manifestText(manifest)) return;
    const next = await Draft.begin(path.join(this.path, MANIFEST));
    await next.write(manifestText(manifest));
    if (!(await next.complete())) throw overtaken(this.path);
    if (!(await carryThrough(this.path, this.#manifest, manifest))) throw overtaken(this.path);
    this.#manifest = manifest;
  }
}

/** A new folder gets its manifest first: from then on it can be told from one that holds something else. */
async function prepare(folder: string, empty: Manifest): Promise<void> {
  await mkdir(folder, { recursive: true });
  const names = (await readdir(folder)).filter((name) => name !== MANIFEST + DRAFT);
  if (names.includes(MANIFEST)) return;
  if (names.length > 0) {
    throw new FolderRefused(
      'folder_foreign',
      `${folder} is not empty, and no export: there is no ${MANIFEST} in it. Name another folder`,
    );
  }
  const manifest = await Draft.begin(path.join(folder, MANIFEST));
  await manifest.write(manifestText(empty));
  await manifest.complete();
  await nameDraft(manifest.file);
}

/** Finishes what was cut off. */
async function finish(folder: string): Promise<void> {
  const text = await textOf(path.join(folder, MANIFEST + DRAFT));
  const next = parseManifest(text ?? '');
  const isDone = next && (await carryThrough(folder, await readManifest(folder), next));
  // One that has just come is another export's.
  if (text !== undefined && !isDone) await rm(path.join(folder, MANIFEST + DRAFT), { force: true });
  for (const file of await draftsOf(folder)) await rm(path.join(folder, file + DRAFT), { force: true });
}

/**
 * From one manifest to the next, of which a draft is on disk. May be cut off and done again.
 * @returns false if a file of the next one is nowhere: nothing was changed then
 * @throws FolderRefused another process does the same
 */
async function carryThrough(folder: string, before: Manifest, next: Manifest): Promise<boolean> {
  const known = new Map(before.files.map(({ file, sha256 }) => [file, sha256]));
  const [same, drafts]: [string[], string[]] = [[], []];
  for (const { file, sha256 } of next.files) {
    const target = path.join(folder, file);
    if (known.get(file) === sha256) same.push(target);
    else if ((await sha256Of(target + DRAFT)) === sha256) drafts.push(target);
    else if ((await sha256Of(target)) !== sha256) return false;
  }
  const kept = new Set(next.files.map(({ file }) => file));
  const gone = [...known.keys()].filter((file) => !kept.has(file));
  // What came out as it was stays untouched.
  for (const target of same) await rm(target + DRAFT, { force: true });
  for (const target of drafts) await nameDraft(target);
  for (const file of gone) await rm(path.join(folder, file), { force: true });
  await nameDraft(path.join(folder, MANIFEST));
  return true;
}
