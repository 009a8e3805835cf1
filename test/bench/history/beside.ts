import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { eventually } from '../../support/eventually.ts';
import { setting } from '../../support/setting.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import { activating } from '../benchmarks/activations.ts';
import { changing } from '../load/changes.ts';
import { wrk } from '../load/wrk.ts';
import { figure, type Row } from '../report/row.ts';
import { inTurn } from '../rounds.ts';
import { percentile, ratios } from '../statistics.ts';
import { customers, UNLIMITED, validations } from '../system/customers.ts';

const KEYS = 1_000;
const CONNECTIONS = 64;
const SECONDS = 8;
const CUSTOMERS = 100;
const CHANGES_PER_SECOND = 100;
const TIMEOUT_MS = 60_000;
const entry = path.resolve(import.meta.dirname, '../../../cli/main.ts');

/** Commands, validations and the lag with a follower at work, and without, in pairs. */
export async function besideFollower(
  rounds: number,
  say: (line: string) => void,
  report: (row: Row) => void,
): Promise<void> {
  const stack = await launch({ args: ['--no-tour', '--query-nodes', '1'], env: UNLIMITED });
  try {
    const requests = validations(await customers(stack, { customers: KEYS / 10, clients: 10 }, say));
    const load = { url: stack.url, connections: CONNECTIONS, seconds: SECONDS, requests };
    using changes = await changing(stack, CUSTOMERS, say);
    const activate = await activating(stack, say);
    const measured: readonly [string, string, () => Promise<number>][] = [
      ['validations', '/s', async () => (await wrk(load)).rate],
      ['activations', '/s', async () => (await activate(SECONDS)).rate],
      ['lag, p50', ' ms', async () => percentile((await changes.at(CHANGES_PER_SECOND, SECONDS)).lags, 0.5)],
    ];
    for (const [what, unit, measure] of measured) {
      const { beside, without } = await inTurn(rounds, {
        beside: () => withFollower(stack, measure),
        without: measure,
      });
      report({
        what: `${what} beside a follower`,
        figure: figure(beside, unit),
        beside: { what: 'without one', figure: figure(without, unit) },
        ratio: ratios(beside, without),
      });
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
