import { type FileHandle, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { syncFolderOf } from '../../shared/files/sync-folder.ts';
import { isMissing, isThere, overtaken } from './errors.ts';

/** What a file is called until it is whole. */
export const DRAFT = '.next';

/** A file that bears its name only once it is whole and on disk. */
export class Draft {
  readonly file: string;
  readonly #handle: FileHandle;
  #complete: Promise<boolean> | undefined;

  private constructor(file: string, handle: FileHandle) {
    this.file = file;
    this.#handle = handle;
  }

  /**
   * Begins one; what a killed process has left under the name goes.
   * @throws FolderRefused another process begins the same
   */
  static async begin(file: string): Promise<Draft> {
    await mkdir(path.dirname(file), { recursive: true });
    await rm(file + DRAFT, { force: true });
    try {
      return new Draft(file, await open(file + DRAFT, 'wx'));
    } catch (error) {
      throw isThere(error) ? overtaken(file) : error;
    }
  }

  async write(bytes: Uint8Array | string): Promise<void> {
    await this.#handle.appendFile(bytes);
  }

  /** On disk, under the draft's name. @returns false if another process has begun the same file meanwhile */
  complete(): Promise<boolean> {
    this.#complete ??= this.#sync();
    return this.#complete;
  }

  async #sync(): Promise<boolean> {
    await this.#handle.sync();
    const own = await this.#handle.stat();
    await this.#handle.close();
    await syncFolderOf(this.file);
    const named = await stat(this.file + DRAFT).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
      return undefined;
    });
    return named?.ino === own.ino && named.dev === own.dev;
  }

  async discard(): Promise<void> {
    if (!this.#complete) await this.#handle.close();
    await rm(this.file + DRAFT, { force: true });
  }
}

/** Gives a draft its name. @throws FolderRefused another process has done so, or has begun the same file */
export async function nameDraft(file: string): Promise<void> {
  try {
    await rename(file + DRAFT, file);
  } catch (error) {
    throw isMissing(error) ? overtaken(file) : error;
  }
  await syncFolderOf(file);
}
