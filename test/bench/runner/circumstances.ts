import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { findPrograms } from '../../../local/servers/programs.ts';

const GIB = 2 ** 30;
const PROGRAMS = { PostgreSQL: 'postgres', Redis: 'redis-server', Nginx: 'nginx' } as const;

/** The day, the machine and the versions, on one line. @throws ProgramsMissing a server is not installed and can't be */
export function circumstances(say: (line: string) => void): string {
  const programs = findPrograms(['postgres', 'redis-server', 'nginx'], say);
  const cores = `${cpus().length} cores (${cpus()[0]?.model.trim()})`;
  return [
    new Date().toISOString().slice(0, 10),
    cores,
    `${Math.round(totalmem() / GIB)} GiB`,
    system(),
    `Node ${process.version.slice(1)}`,
    ...Object.entries(PROGRAMS).map(([called, name]) => `${called} ${version(programs[name])}`),
    'the local event store',
  ].join(', ');
}

function system(): string {
  const file = '/etc/os-release';
  const pretty = existsSync(file) && /^PRETTY_NAME="(.*)"$/m.exec(readFileSync(file, 'utf8'))?.[1];
  return `${pretty || type()}, kernel ${release()}`;
}

/** Nginx knows `-v` alone, and says it on standard error. */
function version(program: string): string {
  const option = program.endsWith('nginx') ? '-v' : '--version';
  const { stdout, stderr } = spawnSync(program, [option], { encoding: 'utf8' });
  return /\d+(\.\d+)+/.exec(`${stdout}${stderr}`)?.[0] ?? 'of an unknown version';
}
