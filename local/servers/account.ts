import { randomBytes } from 'node:crypto';
import {
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';

/** The account a server runs under when the launcher is root: PostgreSQL refuses to be root. */
export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** undefined where this process is an ordinary user: its servers run as itself. */
export function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const accounts = new Map(
    readFileSync('/etc/passwd', 'utf8')
      .split('\n')
      .map((line) => {
        const [name, , uid, gid] = line.split(':');
        return [name, { name: name as string, uid: Number(uid), gid: Number(gid) }] as const;
      }),
  );
  const account = accounts.get('postgres') ?? accounts.get('nobody');
  if (!account)
    throw new Error(
      'neither the account "postgres" nor "nobody" exists, and PostgreSQL refuses to run as root',
    );
  return account;
}

/**
 * Makes a directory that `account` can use. A clone under root's home is closed to every other account; then the
 * directory is made under /var/lib/license-system, with a link to it where it was asked for.
 */
export function serverDirectory(wanted: string, account: Account | undefined): string {
  if (!account) {
    mkdirSync(wanted, { recursive: true });
    return wanted;
  }
  const directory = reachable(path.dirname(wanted), account) ? wanted : elsewhere(wanted);
  mkdirSync(directory, { recursive: true });
  chownSync(directory, account.uid, account.gid);
  return directory;
}

/** The link remembers which directory it is: one of a clone that was deleted is never taken for this one's. */
function elsewhere(wanted: string): string {
  if (lstatSync(wanted, { throwIfNoEntry: false })?.isSymbolicLink()) return readlinkSync(wanted);
  const directory = `/var/lib/license-system/${path.basename(wanted)}-${randomBytes(8).toString('hex')}`;
  mkdirSync(path.dirname(wanted), { recursive: true });
  symlinkSync(directory, wanted);
  return directory;
}

/** May the account pass through every folder above? (Groups beside the account's own are not looked at.) */
function reachable(directory: string, account: Account): boolean {
  for (let folder = path.resolve(directory); ; folder = path.dirname(folder)) {
    if (existsSync(folder)) {
      const { mode, uid, gid } = statSync(folder);
      const bit = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
      if ((mode & bit) === 0) return false;
    }
    if (folder === path.dirname(folder)) return true;
  }
}
