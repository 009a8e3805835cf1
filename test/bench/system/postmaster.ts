import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The process id of the PostgreSQL that runs on this folder: the first line of its `postmaster.pid`. */
export const postmaster = (directory: string): number =>
  Number(readFileSync(path.join(directory, 'postmaster.pid'), 'utf8').split('\n')[0]);
