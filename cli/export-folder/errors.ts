/** A folder of exports that can't be gone on with as it is; the message says what to do. */
export class FolderRefused extends Error {
  readonly code: 'folder_foreign' | 'folder_changed' | 'folder_other' | 'folder_overtaken' | 'folder_differs';
  constructor(code: FolderRefused['code'], message: string) {
    super(message);
    this.name = 'FolderRefused';
    this.code = code;
  }
}
