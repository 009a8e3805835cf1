import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { answersOk } from '../../local/processes/supervisor.ts';
import { connectRedis } from '../../shared/adapters/redis/client.ts';
import { pingRedis } from '../../shared/adapters/redis/ping.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { eventually } from '../support/eventually.ts';
import type { Random } from '../support/random.ts';
import { isAlive, type LaunchedStack } from '../support/stack.ts';

/** Something bad that is done to a running system, and undone by the system or by the fault itself. */
export interface Fault {
  readonly name: string;
  /** Resolves once it is over: what was killed runs again, what was frozen goes on. */
  inflict(): Promise<void>;
}

/** The processes of `launch`, by the names it gives them. Nginx is another one: nobody could ask while it is down. */
const PROCESSES = [
  'postgres',
  'redis',
  'event-store',
  'projector',
  'notifier',
  'command-1',
  'command-2',
  'query-1',
  'query-2',
];

const logger = createLogger({ service: 'chaos', level: 'silent' });

const pidOf = (stack: LaunchedStack, name: string): number => {
  const pid = stack.processes().get(name);
  if (pid === undefined) throw new Error(`${name} is not running`);
  return pid;
};

async function kill(stack: LaunchedStack, name: string, signal: NodeJS.Signals): Promise<void> {
  const pid = pidOf(stack, name);
  process.kill(pid, signal);
  await eventually(
    `${name} is running again`,
    () => {
      const now = stack.processes().get(name);
      return now !== undefined && now !== pid && isAlive(now);
    },
    60_000,
  );
}

async function freeze(stack: LaunchedStack, name: string, ms: number): Promise<void> {
  const pid = pidOf(stack, name);
  process.kill(pid, 'SIGSTOP');
  await delay(ms);
  // Its supervisor may have given it up meanwhile.
  if (isAlive(pid)) process.kill(pid, 'SIGCONT');
}

async function flushRedis(redisUrl: string): Promise<void> {
  const redis = connectRedis({ url: redisUrl, name: 'chaos', logger });
  try {
    await pingRedis(redis, AbortSignal.timeout(10_000));
    await redis.flushall();
  } finally {
    redis.disconnect();
  }
}

/** Every fault there is, in an order that the seed decides; all of them come before any comes again. */
export function* faultsInTurn(
  stack: LaunchedStack,
  redisUrl: string,
  random: Random,
): Generator<Fault, never> {
  const another = (name: string) => random.pick(PROCESSES.filter((other) => other !== name));
  const all = (): Fault[] => [
    ...PROCESSES.map((name) => ({ name: `kill ${name}`, inflict: () => kill(stack, name, 'SIGKILL') })),
    ...PROCESSES.map((name) => ({
      name: `freeze ${name}`,
      inflict: () => freeze(stack, name, 1_000 + random.below(6_000)),
    })),
    ...PROCESSES.slice(0, 4).map((name) => {
      const other = another(name);
      const both = () => Promise.all([kill(stack, name, 'SIGKILL'), kill(stack, other, 'SIGKILL')]);
      return { name: `kill ${name} and ${other}`, inflict: async () => void (await both()) };
    }),
    { name: 'flush redis', inflict: () => flushRedis(redisUrl) },
    {
      name: 'kill everything but nginx',
      inflict: async () => void (await Promise.all(PROCESSES.map((name) => kill(stack, name, 'SIGKILL')))),
    },
  ];
  for (;;) {
    const left = all();
    while (left.length > 0) yield left.splice(random.below(left.length), 1)[0] as Fault;
  }
}

/** One node after another ends in good order and comes back, as in an upgrade. The only projector has no standby here. */
export async function restartInOrder(stack: LaunchedStack): Promise<void> {
  for (const name of ['command-1', 'query-1', 'command-2', 'query-2']) {
    await kill(stack, name, 'SIGTERM');
    const port = portOf(pidOf(stack, name));
    await eventually(`${name} is ready`, () => answersOk(`http://127.0.0.1:${port}/health/ready`), 60_000);
  }
}

/** The port that a process was told to listen on. */
function portOf(pid: number): string {
  const settings = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return settings.find((setting) => setting.startsWith('PORT='))?.slice('PORT='.length) ?? '';
}
