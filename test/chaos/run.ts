import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import type { Random } from '../support/random.ts';
import { violationsOf } from './check.ts';
import { collect } from './collect.ts';
import type { Fault } from './faults/fault.ts';
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
  readonly nodesSince: () => number;
  redisSince: number;
}

interface Inflicted {
  readonly fault: Fault;
  readonly window: FaultWindow;
  readonly recoveryMs: number;
  /** What the system, or this machine, did not do that ends the fault. */
  readonly notOver?: string | undefined;
}

/** Starts a system, lets a load work on it, inflicts faults, and judges what is left. */
export async function runShape({ shape, faults }: PlannedShape, options: ChaosOptions): Promise<ShapeReport> {
  const { say, signal, random, eventStore } = options;
  const system = await shape.start({ signal, eventStore });
  const operatorToken = () => system.tool('token', '--role', 'operator', '--subject', 'chaos');
  const load = new Load({ url: system.url, random, customers: 20, quiet: 8, validators: 4, operatorToken });
  try {
    await load.start();
    const watch = { ready: readiness(system), nodesSince: nodesSince(system), redisSince: 0 };
    await eventually('licenses are known', () => load.validations.length > WARM_UP, 180_000);
    const inflicted: Inflicted[] = [];
    for (const fault of faults) {
      signal.throwIfAborted();
      const one = await inflict(fault, system, random, watch);
      inflicted.push(one);
      say(line(report(one, load)));
      await delay(CALM_MS);
    }
    load.restarting = true;
    // The only notifier has no standby here.
    for (const name of ['command-1', 'query-1', 'command-2', 'query-2']) await restartInOrder(system, name);
    load.restarting = false;
    say('restarted every node in good order');
    await load.stop();
    const windows = inflicted.map(({ window }) => window);
    const history = await collect(system, load, { faults: windows, seenWithinMs: SEEN_WITHIN_MS });
    return {
      shape: shape.name,
      faults: inflicted.map((one) => report(one, load)),
      violations: [...inflicted.flatMap(unrecovered), ...violationsOf(history)],
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
  const { ready, nodesSince } = watch;
  const [from, nodes, redis] = [performance.now(), nodesSince(), watch.redisSince];
  const notOver = await fault.inflict(system, random).then(
    () => undefined,
    (error: Error) => error.message,
  );
  const over = performance.now();
  await ready();
  const to = performance.now();
  nodesSince();
  if (fault.emptiesRedis) watch.redisSince = to;
  const { name, promised, left = 'database' } = fault;
  const window = { name, promised, left, from, to, nodesSince: nodes, redisSince: redis };
  return { fault, window, recoveryMs: Math.round(to - over), notOver };
}

const unrecovered = ({ fault: { name }, notOver }: Inflicted): Violation[] =>
  notOver === undefined ? [] : [{ promise: 'the system recovers by itself', detail: `${name}: ${notOver}` }];

const report = ({ fault, window, recoveryMs, notOver }: Inflicted, load: Load): FaultReport => ({
  fault,
  recoveryMs,
  notOver,
  ...availabilityDuring(window, load),
});

/** Since when the query nodes are the ones that they are now, by the load generator's clock. */
function nodesSince(system: System): () => number {
  const pids = () =>
    [...system.processes()].flatMap(([name, pid]) => (name.startsWith('query-') ? [pid] : [])).join(' ');
  let [known, since] = [pids(), performance.now()];
  return () => {
    if (pids() !== known) [known, since] = [pids(), performance.now()];
    return since;
  };
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
