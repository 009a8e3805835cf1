import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isRecentJava, javaFolders, OLDEST_JAVA } from './kafka/java.ts';

export type ProgramName =
  | 'postgres'
  | 'initdb'
  | 'redis-server'
  | 'nginx'
  | 'java'
  | 'mvn'
  // The tests of the client's vectors alone.
  | 'javac'
  // The benchmarks alone.
  | 'wrk'
  // The tests of the monitoring alone.
  | 'prometheus'
  | 'promtool'
  | 'prometheus-node-exporter'
  // Those of a pooler.
  | 'pgbouncer'
  // Those of the pages.
  | 'chromium';

/** What the program is called by those who install it, and the Debian package that has it. */
const SOURCE: Record<ProgramName, { readonly called: string; readonly package: string }> = {
  postgres: { called: 'PostgreSQL', package: 'postgresql' },
  initdb: { called: 'PostgreSQL', package: 'postgresql' },
  'redis-server': { called: 'Redis', package: 'redis-server' },
  nginx: { called: 'Nginx', package: 'nginx-light' },
  java: { called: `Java ${OLDEST_JAVA} or newer`, package: 'default-jre-headless' },
  javac: { called: `a Java compiler, ${OLDEST_JAVA} or newer`, package: 'default-jdk-headless' },
  mvn: { called: 'Maven', package: 'maven' },
  wrk: { called: 'wrk', package: 'wrk' },
  pgbouncer: { called: 'PgBouncer', package: 'pgbouncer' },
  chromium: { called: 'Chromium', package: 'chromium' },
  prometheus: { called: 'Prometheus', package: 'prometheus' },
  promtool: { called: 'Prometheus', package: 'prometheus' },
  'prometheus-node-exporter': {
    called: "Prometheus' node exporter",
    package: 'prometheus-node-exporter',
  },
};

const distinct = (names: readonly ProgramName[], what: 'called' | 'package'): string[] => [
  ...new Set(names.map((name) => SOURCE[name][what])),
];

/** A program is missing and can't be installed by this process. The message is for the user. */
export class ProgramsMissing extends Error {
  readonly code = 'programs_missing';
}

/**
 * Finds the programs, on PATH or where packages put them. What is missing is installed with apt where that may be done
 * (root, or sudo without a password); else:
 * @throws ProgramsMissing naming what to install
 */
export function findPrograms<N extends ProgramName>(
  names: readonly N[],
  say: (line: string) => void,
): Record<N, string> {
  let missing = names.filter((name) => !locate(name));
  if (missing.length > 0) {
    installWithApt(missing, say);
    missing = names.filter((name) => !locate(name));
  }
  if (missing.length > 0) {
    throw new ProgramsMissing(`not found after installing: ${distinct(missing, 'called').join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, locate(name)])) as Record<N, string>;
}

function locate(name: ProgramName): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  if (name === 'postgres' || name === 'initdb') folders.unshift(...postgresFolders());
  if (name === 'java' || name === 'javac') folders.push(...javaFolders());
  return folders
    .map((folder) => path.join(folder, name))
    .find((file) => executable(file) && (name !== 'java' || isRecentJava(file)));
}

/** Where Debian, Red Hat and Homebrew keep PostgreSQL's server programs, newest version first; never on PATH there. */
function postgresFolders(): string[] {
  const versions = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
  const newestFirst = (a: string, b: string) =>
    Number.parseInt(b.replace(/\D/g, ''), 10) - Number.parseInt(a.replace(/\D/g, ''), 10);
  return [
    ...versions('/usr/lib/postgresql')
      .sort(newestFirst)
      .map((version) => `/usr/lib/postgresql/${version}/bin`),
    ...versions('/usr')
      .filter((name) => name.startsWith('pgsql-'))
      .sort(newestFirst)
      .map((name) => `/usr/${name}/bin`),
    ...versions('/opt/homebrew/opt')
      .filter((name) => name.startsWith('postgresql'))
      .sort(newestFirst)
      .map((name) => `/opt/homebrew/opt/${name}/bin`),
  ];
}

function executable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

function installWithApt(names: readonly ProgramName[], say: (line: string) => void): void {
  const packages = distinct(names, 'package');
  const apt = spawnSync('apt-get', ['--version']).status === 0;
  const root = process.getuid?.() === 0;
  const sudo = !root && apt && spawnSync('sudo', ['-n', 'true']).status === 0;
  if (!apt || !(root || sudo)) {
    const how = apt ? `sudo apt-get install ${packages.join(' ')}` : 'install them with your package manager';
    throw new ProgramsMissing(
      `these programs are needed: ${distinct(names, 'called').join(', ')}\n  ${how}\nthen try again.`,
    );
  }
  say(`Installing ${packages.join(', ')} with apt …`);
  const run = (args: readonly string[]) => {
    const [command, ...rest] = sudo
      ? ['sudo', '-n', 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', ...args]
      : ['apt-get', ...args];
    const result = spawnSync(command as string, rest, {
      encoding: 'utf8',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    if (result.status !== 0) throw new ProgramsMissing(`apt-get ${args.join(' ')} failed:\n${result.stderr}`);
  };
  withoutStartingServices(root, () => {
    run(['-qq', 'update']);
    run(['-qq', '-y', '--no-install-recommends', 'install', ...packages]);
  });
}

/** Debian starts a server when its package is installed; this stack runs servers of its own, so it is told not to. */
function withoutStartingServices(root: boolean, install: () => void): void {
  const policy = '/usr/sbin/policy-rc.d';
  if (!root || existsSync(policy)) {
    install();
    return;
  }
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy);
  }
}
