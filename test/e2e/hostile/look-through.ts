import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { LaunchedStack } from '../../support/stack.ts';
import type { Secrets } from './planted.ts';

/** Texts by where they are. */
export type Texts = ReadonlyMap<string, string>;

/** Each secret that stands in one of the texts, with what is around it there; a few of each text. */
export const foundIn = (texts: Texts, wanted: Secrets): string[] =>
  [...texts].flatMap(([where, text]) =>
    [...wanted]
      .flatMap(([what, value]) => {
        const at = text.indexOf(value);
        return at < 0 ? [] : [`${what}, in ${where}: …${text.slice(Math.max(0, at - 100), at + 40)}…`];
      })
      .slice(0, 3),
  );

/** What all of its processes wrote, the launcher too. */
export function logsOf({ data, output }: LaunchedStack): Texts {
  const folder = path.join(data, 'logs');
  const files = readdirSync(folder).map(
    (name) => [name, readFileSync(path.join(folder, name), 'utf8')] as const,
  );
  return new Map([...files, ['what the launcher printed', output()]]);
}

/** A file of each process. One that has ended has none. */
function ofProcesses(file: 'cmdline' | 'environ', pids: readonly string[]): Texts {
  return new Map(
    pids.flatMap((pid) => {
      try {
        return [[`/proc/${pid}/${file}`, readFileSync(`/proc/${pid}/${file}`, 'utf8')] as const];
      } catch (error) {
        if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
        throw error;
      }
    }),
  );
}

/** What everybody on this machine can see of every process on it. */
export const commandLines = (): Texts =>
  ofProcesses(
    'cmdline',
    readdirSync('/proc').filter((name) => /^\d+$/.test(name)),
  );

export const environments = ({ processes }: LaunchedStack): Texts =>
  ofProcesses('environ', [...processes().values()].map(String));

/** What each service answers to whoever watches it. */
export async function operationsOf(stack: LaunchedStack): Promise<Texts> {
  const shown = new Map<string, string>();
  for (const [of, environment] of environments(stack)) {
    const port = /(?:^|\0)PORT=(\d+)/.exec(environment)?.[1];
    if (port === undefined || environment.includes('EVENT_STORE_PORT=')) continue;
    for (const resource of ['/metrics', '/health/ready'])
      shown.set(`${resource} of ${of}`, await (await fetch(`http://127.0.0.1:${port}${resource}`)).text());
  }
  return shown;
}
