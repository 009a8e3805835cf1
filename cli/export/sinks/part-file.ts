import { type FileHandle, open, rename } from 'node:fs/promises';
import { syncFolderOf } from './journal.ts';

/**
 * A file that bears its name only once it is complete: until then it is `<name>.part`, so that half a file is never
 * taken for a whole one.
 */
export class PartFile {
  readonly #handle: FileHandle;
  readonly #file: string;
  #length: number;

  private constructor(handle: FileHandle, file: string, length: number) {
    this.#handle = handle;
    this.#file = file;
    this.#length = length;
  }

  static readonly nameOf = (file: string): string => `${file}.part`;

  /** Opens it, or makes it with this mode; what stands behind `length` is cut off. */
  static async open(file: string, length: number, mode: number): Promise<PartFile> {
    const handle = await open(PartFile.nameOf(file), length > 0 ? 'r+' : 'w', mode);
    await handle.truncate(length);
    return new PartFile(handle, file, length);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let offset = 0; offset < bytes.length; ) {
      const left = bytes.length - offset;
      const { bytesWritten } = await this.#handle.write(bytes, offset, left, this.#length);
      offset += bytesWritten;
      this.#length += bytesWritten;
    }
  }

  sync(): Promise<void> {
    return this.#handle.sync();
  }

  close(): Promise<void> {
    return this.#handle.close();
  }

  /** Durably gives it its name. It must have been closed. */
  async rename(): Promise<void> {
    await rename(PartFile.nameOf(this.#file), this.#file);
    await syncFolderOf(this.#file);
  }
}
