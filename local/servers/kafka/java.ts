import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** Kafka 4 does not start on an older one. */
export const OLDEST_JAVA = 17;

const known = new Map<string, boolean>();

/** True if this program is a Java that the broker runs on; macOS has one of that name which is none. */
export function isRecentJava(file: string): boolean {
  let recent = known.get(file);
  if (recent === undefined) {
    const { stderr } = spawnSync(file, ['-version'], { encoding: 'utf8' });
    // 'openjdk version "17.0.15"'; the ones before 9 call themselves 1.8.
    recent = Number(/version "(\d+)/.exec(stderr ?? '')?.[1] ?? 0) >= OLDEST_JAVA;
    known.set(file, recent);
  }
  return recent;
}

/** Where Debian, Red Hat and Homebrew keep Java, of which the one on PATH may be older. */
export function javaFolders(): string[] {
  const inside = (folder: string, part: RegExp) =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => part.test(name))
          .map((name) => path.join(folder, name, 'bin'))
      : [];
  return [...inside('/usr/lib/jvm', /./), ...inside('/opt/homebrew/opt', /^openjdk/)];
}
