import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { syncFolderOf } from '../../../shared/files/sync-folder.ts';
import type { Encoder } from '../formats/encoder.ts';
import type { ToRow } from '../formats/row.ts';
import { ExportRefused } from '../options/errors.ts';
import type { Item, Sink } from './sink.ts';

/** The mode of a new file: personal data are for whoever exported them. */
const PRIVATE = 0o600;
const PUBLIC = 0o666;

export interface FileSinkOptions {
  readonly encoder: Encoder;
  readonly toRow: ToRow;
  readonly file: string;
  readonly withPersonal: boolean;
}

/**
 * An export into a file that bears its name only once it is complete and on disk: until then it is `<name>.part`, so that
 * half a file is never taken for a whole one. One that was cut off is begun again from its first event: positions divide a
 * long export into files that are each quickly made.
 */
export class FileSink implements Sink {
  readonly #options: FileSinkOptions;
  readonly #part: string;
  readonly #handle: FileHandle;
  #isWhole = false;

  private constructor(options: FileSinkOptions, part: string, handle: FileHandle) {
    this.#options = options;
    this.#part = part;
    this.#handle = handle;
  }

  /** @throws ExportRefused a file of that name is there; and what the file system throws */
  static async open(options: FileSinkOptions): Promise<FileSink> {
    const { file, withPersonal } = options;
    if (await exists(file)) {
      throw new ExportRefused('export_exists', `${file} is already there: name another file, or remove it`);
    }
    const part = `${file}.part`;
    // What a killed export has left, with a mode of its own perhaps.
    await rm(part, { force: true });
    return new FileSink(options, part, await open(part, 'wx', withPersonal ? PRIVATE : PUBLIC));
  }

  async take(items: readonly Item[]): Promise<void> {
    const { encoder, toRow } = this.#options;
    for (const { recorded, decoded, personal } of items) {
      encoder.add(toRow(recorded, decoded, personal));
      if (encoder.isFull) await this.#handle.appendFile(encoder.take());
    }
  }

  /** @throws ExportRefused another export into the same file began meanwhile */
  async finish(): Promise<void> {
    const { encoder, file } = this.#options;
    await this.#handle.appendFile(encoder.finish());
    await this.#handle.sync();
    if (!(await this.#isOwn())) {
      throw new ExportRefused('export_overtaken', `another export into ${file} has begun: this one gave way`);
    }
    await rename(this.#part, file);
    this.#isWhole = true;
    await syncFolderOf(file);
  }

  async interrupt(): Promise<string> {
    return `interrupted: ${this.#options.file} was not made; the same command begins again`;
  }

  async close(): Promise<void> {
    if (!this.#isWhole && (await this.#isOwn())) await rm(this.#part, { force: true });
    await this.#handle.close();
  }

  /** Whether the part is still the file that this export writes. */
  async #isOwn(): Promise<boolean> {
    const [named, own] = await Promise.all([statOf(this.#part), this.#handle.stat()]);
    return named?.ino === own.ino && named.dev === own.dev;
  }
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const exists = async (file: string): Promise<boolean> => (await statOf(file)) !== undefined;
