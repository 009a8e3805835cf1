import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { activating, setting } from '../activations.ts';
import { inPairs, percentile } from '../benchmark.ts';
import { changing } from '../lag.ts';
import { licenses, UNLIMITED } from '../licenses.ts';
import { wrk } from '../wrk.ts';

const KEYS = 1_000;
const CONNECTIONS = 64;
const SECONDS = 8;
const CHANGES = 500;
const TIMEOUT_MS = 60_000;
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');

/** Commands, validations and the lag with a follower at work, and without, in pairs. */
export async function besideFollower(rounds: number, say: (line: string) => void): Promise<void> {
  const stack = await launch({ args: ['--no-tour', '--query-nodes', '1'], env: UNLIMITED });
  try {
    const requests = (await licenses(stack, KEYS, say)).map(({ clientId, activationKey }) => ({
      path: `/v1/licenses/validate?client_id=${clientId}`,
      token: activationKey,
    }));
    const load = { url: stack.url, connections: CONNECTIONS, seconds: SECONDS, requests };
    const changes = await changing(stack);
    const measured = {
      'validations/s': async () => (await wrk(load)).rate,
      'activations/s': await activating(stack),
      'lag, p50 in ms': async () => percentile((await changes(CHANGES)).lags, 0.5),
    };
    for (const [what, measure] of Object.entries(measured)) {
      const { ours, limit, ratio } = await inPairs(rounds, () => withFollower(stack, measure), measure);
      say(
        `  ${what}: ${ours.toFixed(1)} beside a follower, ${limit.toFixed(1)} without, ratio ${ratio.toFixed(3)}`,
      );
    }
  } finally {
    await dispose(stack);
  }
}

/** From where it has caught up with what came while there was none. */
async function withFollower(stack: LaunchedStack, measure: () => Promise<number>): Promise<number> {
  const [port] = (await freePorts(1)) as [number];
  const follower = spawn(process.execPath, [entry, 'history-tables', 'follow'], {
    env: {
      ...process.env,
      NODE_ENV: 'test',
      LOG_LEVEL: 'warn',
      PORT: String(port),
      DATABASE_URL: setting(stack, 'DATABASE_URL'),
      EVENTSTORE_URL: setting(stack, 'EVENTSTORE_URL'),
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    const ready = () =>
      fetch(`http://127.0.0.1:${port}/health/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    await eventually('the follower has caught up', ready, TIMEOUT_MS);
    return await measure();
  } finally {
    await ended(follower);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  await once(child, 'exit');
}
