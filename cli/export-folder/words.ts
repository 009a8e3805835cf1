import type { Io } from '../command-line/command.ts';
import { writeTable } from '../output/table.ts';
import type { Problem } from './check.ts';
import { FolderRefused } from './errors.ts';
import type { Manifest } from './manifest.ts';

/** What a check found. */
export interface Checked {
  readonly manifest: Manifest;
  readonly problems: readonly Problem[];
  /** Files that another release wrote: of them rows and positions were compared, not the bytes. */
  readonly byOthers: number;
  /** Users who were erased since, and of whom something stands in the folder. */
  readonly toErase: number;
}

/** What an erasing took out of one file, of one user. */
export interface ErasedRows {
  readonly file: string;
  readonly user: string;
  readonly rows: number;
}

export interface Erased {
  /** Up to which event of the log erasures are applied now. */
  readonly upTo: string | undefined;
  /** Users who were erased since, whether anything of them was here or not. */
  readonly users: number;
  readonly erased: readonly ErasedRows[];
}

const number = (n: number): string => n.toLocaleString('en');
const count = (n: number, what: string): string => `${number(n)} ${what}${n === 1 ? '' : 's'}`;

/** Says that erasures wait, and how they are applied. */
export function sayToErase(command: string, users: number, io: Io): void {
  if (users === 0) return;
  const were = users === 1 ? '1 user was' : `${number(users)} users were`;
  io.err(
    `${were} erased since, with ids in files that an export leaves alone: cli ${command} takes them out.`,
  );
}

/** The problems go to standard output, file by file. @throws FolderRefused there are some */
export function sayChecked(
  folder: string,
  command: string,
  { manifest, problems, byOthers, toErase }: Checked,
  io: Io,
): void {
  if (problems.length > 0) {
    const rows = problems.map(({ file, problem }) => [file, problem]);
    writeTable(io, ['file', 'problem'], rows);
    throw new FolderRefused(
      'folder_differs',
      `${folder}: ${count(problems.length, 'problem')}. Put those files back, or make the export again in another folder`,
    );
  }
  const rows = manifest.files.reduce((sum, file) => sum + file.rows, 0);
  const upTo = manifest.up_to?.position ?? 'no event';
  io.err(`${folder} is good: ${count(manifest.files.length, 'file')}, ${count(rows, 'row')}, up to ${upTo}.`);
  if (byOthers > 0) {
    const files = byOthers === 1 ? '1 file was' : `${number(byOthers)} files were`;
    io.err(`${files} written by another release: rows and positions were compared, not the bytes.`);
  }
  sayToErase(`${command} erase ${folder}`, toErase, io);
}

/** What an erasing did: a line for each file and user on standard output, to be kept as evidence. */
export function sayErased(folder: string, { upTo, users, erased }: Erased, io: Io): void {
  const lines = erased.map(({ file, user, rows }) => [file, user, rows]);
  if (lines.length > 0) writeTable(io, ['file', 'user_id', 'rows'], lines);
  const files = new Set(erased.map(({ file }) => file)).size;
  io.err(
    `${folder}: erasures are applied up to ${upTo ?? 'no event'}. ${count(users, 'user')} erased since, ${count(files, 'file')} written again.`,
  );
}
