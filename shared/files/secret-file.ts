import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncFolderOf } from './sync-folder.ts';

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

async function writeDurably(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * Makes a file of mode 0600 with `text`, whole or not at all; the folder is made if it is missing. Of several
 * processes that start at once one wins: the others get false and read the winner's file.
 * @returns false if the file was there already (it is left as it is)
 */
export async function createSecretFile(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomUUID()}`;
  await writeDurably(draft, text);
  try {
    // link, not rename: a rename would replace the file of a process that was faster.
    await link(draft, path);
    await syncFolderOf(path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Another change of the file is under way, or one was cut off and left its draft. */
export class SecretFileBusy extends Error {
  readonly code = 'secret_file_busy';
  constructor(path: string, draft: string, options?: ErrorOptions) {
    super(`${path} is being changed by another process. If none is, remove ${draft} and try again`, options);
    this.name = 'SecretFileBusy';
  }
}

/**
 * Replaces the file by what `change` makes of it, atomically: a reader sees the old text or the new one, with the owner
 * and mode it had. The draft beside it is the lock, so that of two changes at once neither is lost.
 * @throws SecretFileBusy
 */
export async function changeSecretFile(path: string, change: () => Promise<string>): Promise<void> {
  const draft = `${path}.next`;
  const file = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    throw isCode(error, 'EEXIST') ? new SecretFileBusy(path, draft, { cause: error }) : error;
  });
  try {
    const { uid, gid, mode } = await stat(path);
    await file.writeFile(await change());
    // Done by root, a change would else hide the file from the services that read it.
    await file.chown(uid, gid);
    await file.chmod(mode & 0o777);
    await file.sync();
    await rename(draft, path);
    await syncFolderOf(path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}
