import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { eventually } from '../../support/eventually.ts';

/** How often each is killed: a few times here, twenty by hand. */
const KILLS = Number(process.env.KILLS ?? 2);

/** A process of the tool, and when it is to be killed. */
export interface Victim {
  readonly child: ChildProcess;
  readonly isDue: () => boolean;
}

/**
 * Kills processes of the tool until so many were killed at work.
 * @param begin starts the next one
 * @param again called for one that was done before it was due: makes work for the next
 */
export async function killTimes(begin: (kill: number) => Victim, again: () => void): Promise<void> {
  for (let kills = 0; kills < KILLS; ) {
    const { child, isDue } = begin(kills);
    const closed = once(child, 'close');
    await eventually('it is due', () => child.exitCode !== null || isDue(), 60_000);
    child.kill('SIGKILL');
    const [code, signal] = await closed;
    if (signal === 'SIGKILL') kills += 1;
    else if (code === 0) again();
    else throw new Error(`it failed with ${code} before it was killed`);
  }
}
