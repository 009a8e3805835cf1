import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { Random } from '../support/random.ts';
import { violationsOf } from './check.ts';
import { collect } from './collect.ts';
import type { Fault, InOrder } from './faults/fault.ts';
import { restartInOrder } from './faults/signals.ts';
import type { FaultWindow, Violation } from './history.ts';
import { Load } from './load.ts';
import type { PlannedShape } from './plan.ts';
import { type Availability, availabilityDuring } from './promises/availability.ts';
import { readiness } from './ready.ts';
import type { System } from './system.ts';

export interface ChaosOptions {
  readonly random: Random;
  readonly say: (line: string) => void;
  /** Ends the run early: everything that was started is stopped. */
  readonly signal: AbortSignal;
  readonly eventStore?: string | undefined;
}

/** How a fault went. */
export interface FaultReport extends Availability {
  readonly fault: Fault;
  /** Milliseconds from its end until everything was ready. */
  readonly recoveryMs: number;
  /** See {@link FaultWindow}. */
  readonly notOver?: string | undefined;
}

/** How the run of one shape went. */
export interface ShapeReport {
  readonly shape: string;
  readonly faults: readonly FaultReport[];
  readonly violations: readonly Violation[];
  readonly commands: number;
  readonly validations: number;
}

/** Three seconds of silence, the question that follows, and a machine with two cores that is busy with a load. */
const SEEN_WITHIN_MS = 6_000;
/** Between two faults: what they break together is another fault. */
const CALM_MS = 1_000;

/** Validations before the first fault: by then most licenses are known to each node. */
const WARM_UP = 500;

interface Watch {
  readonly ready: () => Promise<unknown>;
  readonly nodes: () => NodesSince;
  readonly inOrder: InOrder;
  redisSince: number;
}

interface Inflicted {
  readonly fault: Fault;
  readonly window: FaultWindow;
  readonly recoveryMs: number;
}

/** Starts a system, lets a load work on it, inflicts faults, and judges what is left. */
export async function runShape({ shape, faults }: PlannedShape, options: ChaosOptions): Promise<ShapeReport> {
  const { say, signal, random, eventStore } = options;
  const system = await shape.start({ signal, eventStore });
  const operatorToken = () => system.tool('token', '--role', 'operator', '--subject', 'chaos');
  const load = new Load({ url: system.url, random, customers: 20, quiet: 12, validators: 4, operatorToken });
  try {
    await load.start();
    const watch = {
      ready: readiness(system),
      nodes: queryNodes(system),
      inOrder: load.inOrder,
      redisSince: 0,
    };
    await eventually('licenses are known', () => load.validations.length > WARM_UP, 180_000);
    const inflicted: Inflicted[] = [];
    for (const fault of faults) {
      signal.throwIfAborted();
      const one = await inflict(fault, system, random, watch);
      inflicted.push(one);
      say(line(report(one, load)));
      await delay(CALM_MS);
    }
    // The only notifier has no standby here.
    await load.inOrder(async () => {
      for (const name of ['command-1', 'query-1', 'command-2', 'query-2']) await restartInOrder(system, name);
    });
    say('restarted every node in good order');
    await load.stop();
    const windows = inflicted.map(({ window }) => window);
    const history = await collect(system, load, { faults: windows, seenWithinMs: SEEN_WITHIN_MS });
    return {
      shape: shape.name,
      faults: inflicted.map((one) => report(one, load)),
      violations: violationsOf(history),
      commands: history.commands.length,
      validations: history.validations.length,
    };
  } catch (error) {
    say(system.said());
    throw error;
  } finally {
    await load.stop();
    await system.stop();
  }
}

async function inflict(fault: Fault, system: System, random: Random, watch: Watch): Promise<Inflicted> {
  const { ready, nodes } = watch;
  const [from, since, redis] = [performance.now(), nodes(), watch.redisSince];
  const notOver = await fault.inflict(system, random, watch.inOrder).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const over = performance.now();
  await ready().catch((error: Error) => {
    throw new Error(`${fault.name}: ${notOver === undefined ? '' : `${notOver}, and `}${error.message}`);
  });
  const to = performance.now();
  nodes();
  if (fault.emptiesRedis) watch.redisSince = to;
  const { name, promised, left = 'database' } = fault;
  const window = { name, promised, left, from, to, ...since, redisSince: redis, notOver };
  return { fault, window, recoveryMs: Math.round(to - over) };
}

const report = ({ fault, window, recoveryMs }: Inflicted, load: Load): FaultReport => ({
  fault,
  recoveryMs,
  notOver: window.notOver,
  ...availabilityDuring(window, load),
});

type NodesSince = Pick<FaultWindow, 'nodesSince' | 'oldestNodeSince'>;

/** Since when each query node is the process that it is now, by the load generator's clock. */
function queryNodes(system: System): () => NodesSince {
  let nodes = new Map<number, number>();
  const look = () => {
    const now = performance.now();
    const pids = [...system.processes()].flatMap(([name, pid]) => (name.startsWith('query-') ? [pid] : []));
    nodes = new Map(pids.map((pid) => [pid, nodes.get(pid) ?? now]));
    return { nodesSince: Math.max(...nodes.values()), oldestNodeSince: Math.min(...nodes.values()) };
  };
  look();
  return look;
}

const line = (one: FaultReport): string => {
  const causes = Object.entries(one.failures).map(([cause, count]) => `${count} × ${cause}`);
  const failed = causes.length > 0 ? ` (${causes.join(', ')})` : '';
  return [
    `${(performance.now() / 1_000).toFixed(1).padStart(7)} s  ${one.fault.name}: ${one.answered} of ${one.asked} validations answered${failed}`,
    `known licenses ${one.knownAnswered} of ${one.known}, slowest ${Math.round(one.slowestMs)} ms`,
    `ready again after ${one.recoveryMs} ms`,
    ...(one.notOver === undefined ? [] : [`NOT OVER: ${one.notOver}`]),
  ].join('; ');
};
