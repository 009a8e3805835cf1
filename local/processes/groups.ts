import { spawn } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** How long a group may take to end by itself. */
const GRACE_MS = 10_000;
/** Linux cuts names of programs to this length. */
const NAME_LENGTH = 15;

interface Listed {
  readonly pid: number;
  readonly group: number;
  /** When the kernel started it: a pid alone may have been given to another program since. */
  readonly startedAt: string;
  readonly program: string;
}

/** When the process was started, as `ps` says it; undefined if there is none, or only its zombie. */
export async function startTime(pid: number): Promise<string | undefined> {
  return (await list('-p', String(pid)))[0]?.startedAt;
}

/**
 * Ends what the leader of a process group left behind when it was killed, such as Nginx's workers, which go on holding
 * the port. Only processes of that program are touched: the group's number may be another's since.
 * @returns how many there were @throws Error one doesn't end
 */
export async function endGroup(leader: number, command: string, signal: NodeJS.Signals): Promise<number> {
  const program = path.basename(command).slice(0, NAME_LENGTH);
  const left = async () =>
    (await list('-A')).filter(
      ({ pid, group, ...one }) => pid !== leader && group === leader && one.program === program,
    );
  let sent: NodeJS.Signals | undefined;
  let most = 0;
  for (let waited = 0; ; waited += 50) {
    const members = await left();
    if (members.length === 0) return most;
    most = Math.max(most, members.length);
    const next = waited < GRACE_MS ? signal : 'SIGKILL';
    if (sent !== next) for (const { pid } of members) killIfThere(pid, next);
    sent = next;
    if (waited > GRACE_MS + 5_000) throw new Error(`${program} (pid ${members[0]?.pid}) does not end`);
    await delay(50);
  }
}

function killIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended meanwhile.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** Those that `ps` shows, without zombies. (Linux and macOS.) */
async function list(...which: readonly string[]): Promise<Listed[]> {
  const ps = spawn('ps', ['-o', 'pid=,pgid=,stat=,lstart=,comm=', ...which], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  });
  let output = '';
  for await (const chunk of ps.stdout) output += chunk;
  return output.split('\n').flatMap((line) => {
    const [, pid, group, state, startedAt, command] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(\w+\s+\w+\s+\d+\s+[\d:]+\s+\d+)\s+(.*)$/.exec(line) ?? [];
    if (!pid || !startedAt || !command || state?.startsWith('Z')) return [];
    return [
      {
        pid: Number(pid),
        group: Number(group),
        startedAt,
        program: path.basename(command).slice(0, NAME_LENGTH),
      },
    ];
  });
}
