import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Mounts a disk of limited size on a folder, made if need be. @throws Error it can't be mounted */
export function mountDisk(folder: string, megabytes: number): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'tmpfs', folder], { stdio: 'pipe' });
}

/** Also while somebody still has a file open there. */
export const unmountDisk = (folder: string): void =>
  void execFileSync('umount', ['--lazy', folder], { stdio: 'pipe' });

/** Why this machine can't limit a disk; undefined if it can. */
export function noDisks(): string | undefined {
  const folder = mkdtempSync(path.join(tmpdir(), 'license-test-disk-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder]).status !== 0)
      return 'the right to mount a disk of limited size (root)';
    unmountDisk(folder);
    return undefined;
  } finally {
    rmdirSync(folder);
  }
}

/** Leaves no room on a disk while `work` is under way. */
export async function whileFull(folder: string, work: () => Promise<unknown>): Promise<void> {
  const ballast = path.join(folder, 'ballast');
  try {
    // Until it fails: what others free meanwhile is taken too.
    await new Promise((resolve) => execFile('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=64k'], resolve));
    const { bavail, bsize } = statfsSync(folder);
    if (bavail * bsize > 1024 * 1024)
      throw new Error(`${folder} is not full: ${bavail * bsize} bytes are free`);
    await work();
  } finally {
    rmSync(ballast, { force: true });
  }
}
