import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export type ProgramName = 'postgres' | 'initdb' | 'redis-server' | 'nginx';

/** The Debian package that has the program. */
const PACKAGE: Record<ProgramName, string> = {
  postgres: 'postgresql',
  initdb: 'postgresql',
  'redis-server': 'redis-server',
  nginx: 'nginx-light',
};

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
    installWithApt([...new Set(missing.map((name) => PACKAGE[name]))], say);
    missing = names.filter((name) => !locate(name));
  }
  if (missing.length > 0) throw new ProgramsMissing(`not found after installing: ${missing.join(', ')}`);
  return Object.fromEntries(names.map((name) => [name, locate(name)])) as Record<N, string>;
}

function locate(name: ProgramName): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/local/sbin'];
  if (name === 'postgres' || name === 'initdb') folders.unshift(...postgresFolders());
  return folders.map((folder) => path.join(folder, name)).find(executable);
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

function installWithApt(packages: readonly string[], say: (line: string) => void): void {
  const apt = spawnSync('apt-get', ['--version']).status === 0;
  const root = process.getuid?.() === 0;
  const sudo = !root && apt && spawnSync('sudo', ['-n', 'true']).status === 0;
  if (!apt || !(root || sudo)) {
    const how = apt
      ? `sudo apt-get install ${packages.join(' ')}`
      : `install ${packages.join(', ')} with your package manager`;
    throw new ProgramsMissing(
      `these servers are needed: ${packages.join(', ')}\n  ${how}\nthen start again.`,
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
