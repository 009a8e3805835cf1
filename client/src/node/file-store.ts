import { randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import type { Store } from '../store.ts';

/**
 * In a file that only this account can read (mode 0600; on Windows the folder's rights say who can). Written whole
 * or not at all: beside it, to the disk, then under its name. A crash leaves the old text, and a power failure too.
 * @param file in a folder of the program's own, such as Electron's `app.getPath('userData')`; made if it is missing
 */
export function fileStore(file: string): Store {
  return {
    async read() {
      try {
        return await readFile(file, 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
    },
    async write(text) {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
      const beside = `${file}.${randomUUID()}`;
      try {
        await writeThrough(beside, text);
        await rename(beside, file);
      } catch (error) {
        await rm(beside, { force: true });
        throw error;
      }
    },
  };
}

async function writeThrough(file: string, text: string): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(text);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
