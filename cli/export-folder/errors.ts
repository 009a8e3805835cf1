/** A folder of exports that can't be gone on with as it is; the message says what to do. */
export class FolderRefused extends Error {
  readonly code:
    | 'folder_foreign'
    | 'folder_changed'
    | 'folder_newer'
    | 'folder_other'
    | 'folder_overtaken'
    | 'folder_differs';
  constructor(code: FolderRefused['code'], message: string) {
    super(message);
    this.name = 'FolderRefused';
    this.code = code;
  }
}

/** @param place a folder, or a file of it */
export const overtaken = (place: string): FolderRefused =>
  new FolderRefused(
    'folder_overtaken',
    `another export into ${place} has begun, and this one gave way: run it again once that is done`,
  );

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && Reflect.get(error, 'code') === code;

/** Whether an error says that there is no such file. */
export const isMissing = (error: unknown): boolean => hasCode(error, 'ENOENT');

/** Whether an error says that there is such a file already. */
export const isThere = (error: unknown): boolean => hasCode(error, 'EEXIST');
