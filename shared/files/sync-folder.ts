import { open } from 'node:fs/promises';
import path from 'node:path';

/** A name that a file was given outlives a power cut once its folder is synced, and not before. */
export async function syncFolderOf(file: string): Promise<void> {
  const folder = await open(path.dirname(path.resolve(file)), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
