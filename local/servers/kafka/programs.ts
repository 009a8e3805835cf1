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
import { findPrograms, ProgramsMissing } from '../programs.ts';

const pom = path.join(import.meta.dirname, 'pom.xml');
const inClone = path.resolve(import.meta.dirname, '../../../.local/programs');
const COPY_DEPENDENCIES = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

/** Of a build tool's output, what a message has room for. */
const LAST_WORDS = 2_000;
const CUT_OFF_MS = 3_600_000;

/** What a broker is started with. */
export interface BrokerPrograms {
  readonly java: string;
  /** The folder with Kafka's jars. */
  readonly jars: string;
}

export interface FetchOptions {
  /** Ends a fetch that is under way. */
  readonly signal?: AbortSignal;
  /** Where the jars are kept; in the clone unless given. */
  readonly cache?: string;
}

/**
 * Finds Java, and Apache Kafka's jars: fetched by Maven the first time (45 jars, 43 MB, 4 to 10 s), and kept in the clone
 * for as long as pom.xml says the same. Processes that fetch at once all succeed: each into a folder of its own, and
 * the first to finish names it.
 * @throws ProgramsMissing Java or Maven is missing and can't be installed, or the jars can't be had
 */
export async function brokerPrograms(
  say: (line: string) => void,
  { signal, cache = inClone }: FetchOptions = {},
): Promise<BrokerPrograms> {
  const key = createHash('sha256').update(readFileSync(pom)).digest('hex').slice(0, 12);
  const jars = path.join(cache, `kafka-${key}`);
  try {
    if (existsSync(jars)) return { ...findPrograms(['java'], say), jars };
    const { java, mvn } = findPrograms(['java', 'mvn'], say);
    say('Fetching Apache Kafka with Maven …');
    await fetchInto(jars, mvn, cache, signal);
    return { java, jars };
  } catch (error) {
    if (!(error instanceof ProgramsMissing)) throw error;
    throw new ProgramsMissing(
      `${error.message}\nOr name a Kafka broker that is there: KAFKA_BROKERS=host:port`,
      { cause: error },
    );
  }
}

async function fetchInto(
  folder: string,
  mvn: string,
  cache: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  mkdirSync(cache, { recursive: true });
  removeCutOff(cache);
  const work = mkdtempSync(path.join(cache, 'fetching-'));
  try {
    const jars = path.join(work, 'jars');
    await fetchJars(mvn, jars, path.join(work, 'repository'), signal);
    nameAs(folder, jars);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** What fetches left that were killed. One that is under way is younger. */
function removeCutOff(cache: string): void {
  for (const name of readdirSync(cache).filter((entry) => entry.startsWith('fetching-'))) {
    const work = path.join(cache, name);
    const made = statSync(work, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (made < Date.now() - CUT_OFF_MS) rmSync(work, { recursive: true, force: true });
  }
}

/** A repository of its own: Maven's common one is not made for two processes at once, and stays behind. */
function fetchJars(
  mvn: string,
  jars: string,
  repository: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = [
    ...['--batch-mode', '--no-transfer-progress', '--quiet', '--strict-checksums', '--file', pom],
    `-Dmaven.repo.local=${repository}`,
    COPY_DEPENDENCIES,
    '-DincludeScope=runtime',
    `-DoutputDirectory=${jars}`,
  ];
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

const unfetched = (why: string, cause?: Error) =>
  new ProgramsMissing(`Apache Kafka could not be fetched with Maven:\n${why.trim()}`, { cause });

function nameAs(folder: string, jars: string): void {
  try {
    renameSync(jars, folder);
  } catch (error) {
    // Another process was faster: its jars are the same.
    if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
