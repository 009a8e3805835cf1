import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import path from 'node:path';
import { ProgramsMissing } from './programs.ts';

const inClone = path.resolve(import.meta.dirname, '../../.local/programs');
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Of a build tool's output, what a message has room for. */
const LAST_WORDS = 2_000;
const CUT_OFF_MS = 3_600_000;

/** Jars as a pom.xml lists them. */
export interface Jars {
  /** What they are called, and what their folder begins with. */
  readonly called: string;
  readonly name: string;
  readonly pom: string;
}

export interface FetchOptions {
  /** Ends a fetch that is under way. */
  readonly signal?: AbortSignal;
  /** Where the jars are kept; in the clone unless given. */
  readonly cache?: string;
}

/** The folder that the jars are kept in for as long as the pom.xml says the same; it may not be there yet. */
export function jarFolder({ name, pom }: Jars, { cache = inClone }: FetchOptions = {}): string {
  const key = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  return path.join(cache, `${name}-${key}`);
}

/**
 * Fetches the jars with Maven, unless they are there. Processes that fetch at once all succeed: each into a folder of its
 * own, and the first to finish names it.
 * @throws ProgramsMissing they can't be had
 */
export async function fetchJars(jars: Jars, mvn: string, options: FetchOptions = {}): Promise<string> {
  const folder = jarFolder(jars, options);
  if (existsSync(folder)) return folder;
  const { cache = inClone } = options;
  mkdirSync(cache, { recursive: true });
  removeCutOff(cache);
  const work = mkdtempSync(path.join(cache, 'fetching-'));
  try {
    await runMaven(jars, mvn, work, options.signal);
    nameAs(folder, path.join(work, 'jars'));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

/** What fetches left that were killed. One that is under way is younger. */
function removeCutOff(cache: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith('fetching-'))) {
    const work = path.join(cache, name);
    const made = statSync(work, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (made < Date.now() - CUT_OFF_MS) rmSync(work, { recursive: true, force: true });
  }
}

/** With a repository of its own: Maven's common one is not made for two processes at once, and stays behind. */
function runMaven({ called, pom }: Jars, mvn: string, work: string, signal?: AbortSignal): Promise<void> {
  const args = [
    ...['--batch-mode', '--no-transfer-progress', '--quiet', '--strict-checksums', '--file', pom],
    `-Dmaven.repo.local=${path.join(work, 'repository')}`,
    COPY_DEPENDENCIES,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${path.join(work, 'jars')}`,
  ];
  const unfetched = (why: string, cause?: Error) =>
    new ProgramsMissing(`${called} could not be fetched with Maven:\n${why.trim()}`, { cause });
  return new Promise((resolve, reject) => {
    // In a group of its own: Ctrl-C in the terminal reaches the launcher alone, which then ends it.
    const maven = spawn(mvn, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      ...(signal ? { signal } : {}),
    });
    let output = '';
    for (const stream of [maven.stdout, maven.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = `${output}${text}`.slice(-LAST_WORDS);
      });
    }
    maven.once('error', (cause) => reject(signal?.aborted ? signal.reason : unfetched(cause.message, cause)));
    maven.once('close', (code) => (code === 0 ? resolve() : reject(unfetched(output))));
  });
}

function nameAs(folder: string, jars: string): void {
  try {
    renameSync(jars, folder);
  } catch (error) {
    // Another process was faster: its jars are the same.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
