import { readFileSync } from 'node:fs';
import { answersOk } from '../../local/processes/supervisor.ts';
import { eventually } from '../support/eventually.ts';
import type { System } from './system.ts';

/** Services with a health of their own. */
const SERVICE = /^(relay|projector|notifier|command|query)(-\d+)?$/;

/** Remembers which services run now, and then resolves whenever all of them are ready and both sides answer through Nginx. */
export function readiness(system: System): () => Promise<unknown> {
  const services = [...system.processes().keys()].filter((name) => SERVICE.test(name));
  let waitingFor: readonly string[] = [];
  const probe = async () => {
    const ready = await Promise.all(services.map((name) => isReady(system, name)));
    waitingFor = services.filter((_, i) => !ready[i]);
    return waitingFor.length === 0 && (await answersThroughNginx(system.url));
  };
  return () =>
    eventually('the system is ready again', probe, 120_000).catch((cause) => {
      throw new Error(`not ready after two minutes: ${waitingFor.join(', ') || 'Nginx'}`, { cause });
    });
}

/** Whether it runs now, and says that it is ready. */
export async function isReady(system: System, name: string): Promise<boolean> {
  const pid = system.processes().get(name);
  const port = pid === undefined ? undefined : portOf(pid);
  return port !== undefined && answersOk(`http://127.0.0.1:${port}/health/ready`);
}

async function answersThroughNginx(url: string): Promise<boolean> {
  const answers = await Promise.all([
    fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }),
    // Unknown, and says so only once the write side could ask the event log.
    fetch(`${url}/v1/login`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ email: 'nobody@example.com', password: 'nobody has this one' }),
      signal: AbortSignal.timeout(2_000),
    }),
  ]);
  return answers[0]?.status === 200 && answers[1]?.status === 401;
}

/** The port that a process was told to listen on; undefined if it has ended meanwhile. */
function portOf(pid: number): string | undefined {
  try {
    const settings = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
    return settings.find((setting) => setting.startsWith('PORT='))?.slice('PORT='.length);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(String((error as NodeJS.ErrnoException).code))) return undefined;
    throw error;
  }
}
