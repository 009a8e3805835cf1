const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or folder',
  ENOTDIR: 'a part of this path is a file, not a folder',
  EISDIR: 'it is a folder, not a file',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: "the account's space on this disk is used up",
  EMFILE: 'too many files are open',
  ENAMETOOLONG: 'the name is too long',
};
const READING: readonly string[] = ['read', 'stat', 'lstat', 'scandir', 'access'];

/** An error of the file system, in a sentence that names the file; undefined for any other error. */
export function fileProblem(error: Error): string | undefined {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  const words = WORDS[code ?? ''];
  if (words === undefined || syscall === undefined) return undefined;
  if (path === undefined)
    return `a file can't be ${READING.includes(syscall) ? 'read' : 'written'}: ${words}`;
  return `${path}: ${words}`;
}
