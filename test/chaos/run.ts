import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../support/eventually.ts';
import { createRandom } from '../support/random.ts';
import { dispose, launch } from '../support/stack.ts';
import { violationsOf } from './check.ts';
import { collect, settingOf } from './collect.ts';
import { type Fault, faultsInTurn, restartInOrder } from './faults.ts';
import type { ValidationSent, Violation } from './history.ts';
import { Load } from './load.ts';

export interface ChaosOptions {
  readonly seed: number;
  readonly faults: number;
  readonly say: (line: string) => void;
}

/** How a fault went. */
export interface FaultReport {
  readonly name: string;
  /** Of the validations sent meanwhile, those that got an answer. */
  readonly answered: number;
  readonly asked: number;
  /** Those that got none, by what they got instead. */
  readonly failures: Readonly<Record<string, number>>;
  /** Milliseconds from its end until everything was ready. */
  readonly recoveryMs: number;
}

export interface ChaosReport {
  readonly faults: readonly FaultReport[];
  readonly violations: readonly Violation[];
  readonly commands: number;
  readonly validations: number;
}

/** Three seconds of silence, the question that follows, and a machine with two cores that is busy with a load. */
const SEEN_WITHIN_MS = 6_000;
/** Between two faults: what they break together is another fault. */
const CALM_MS = 1_000;

const isAnswered = ({ answer }: ValidationSent): boolean => answer !== undefined && answer.status < 500;

/** Starts the whole system, lets a load work on it, inflicts faults, and judges what is left. */
export async function runChaos({ seed, faults, say }: ChaosOptions): Promise<ChaosReport> {
  const random = createRandom(seed);
  const unlimited = Object.fromEntries(
    ['SIGNUPS_PER_MINUTE', 'LOGINS_PER_MINUTE', 'WRONG_GUESSES_PER_ADDRESS'].map((name) => [name, '100000']),
  );
  const stack = await launch({
    args: ['--no-tour', '--query-nodes', '2', '--command-nodes', '2'],
    env: {
      ...unlimited,
      COMMANDS_PER_MINUTE: '1000000',
      OPERATOR_COMMANDS_PER_MINUTE: '1000000',
      QUERIES_PER_MINUTE: '1000000',
    },
  });
  try {
    const operatorToken = () => stack.tool('token', '--role', 'operator', '--subject', 'chaos');
    const load = new Load({ url: stack.url, random, customers: 20, validators: 4, operatorToken });
    await load.start();
    const ready = () => untilHealthy(stack.url);
    const turns = faultsInTurn(stack, settingOf(stack, 'REDIS_URL'), random);
    const reports: FaultReport[] = [];
    const disturbed: { from: number; to: number }[] = [];
    while (reports.length < faults) {
      const from = performance.now();
      const report = await inflict(turns.next().value, load, ready);
      disturbed.push({ from, to: performance.now() });
      reports.push(report);
      say(`${(performance.now() / 1_000).toFixed(1)} s  ${line(report)}`);
    }
    load.restarting = true;
    await restartInOrder(stack);
    load.restarting = false;
    say('restarted every node in good order');
    await load.stop();
    const history = await collect(stack, load, { disturbed, seenWithinMs: SEEN_WITHIN_MS });
    return {
      faults: reports,
      violations: violationsOf(history),
      commands: history.commands.length,
      validations: history.validations.length,
    };
  } finally {
    await dispose(stack);
  }
}

async function inflict(fault: Fault, load: Load, ready: () => Promise<unknown>): Promise<FaultReport> {
  const from = load.validations.length;
  await fault.inflict();
  const over = performance.now();
  await ready();
  const recoveryMs = Math.round(performance.now() - over);
  const asked = load.validations.slice(from);
  await delay(CALM_MS);
  return {
    name: fault.name,
    answered: asked.filter(isAnswered).length,
    asked: asked.length,
    failures: countBy(asked.filter((validation) => !isAnswered(validation)).map(causeOf)),
    recoveryMs,
  };
}

const causeOf = ({ answer }: ValidationSent): string =>
  answer === undefined ? 'no answer' : `${answer.status} ${answer.code ?? ''}`.trim();

const countBy = (names: readonly string[]): Record<string, number> =>
  Object.fromEntries(
    Map.groupBy(names, (name) => name)
      .entries()
      .map(([name, all]) => [name, all.length]),
  );

const line = ({ name, answered, asked, failures, recoveryMs }: FaultReport): string => {
  const causes = Object.entries(failures).map(([cause, count]) => `${count} × ${cause}`);
  const failed = causes.length > 0 ? ` (${causes.join(', ')})` : '';
  return `${name}: ${answered} of ${asked} validations answered${failed}, ready again after ${recoveryMs} ms`;
};

/** Both sides answer through Nginx; each side's own health says whether what it needs is there. */
const untilHealthy = (url: string): Promise<unknown> =>
  eventually(
    'the system is ready again',
    async () => {
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
    },
    120_000,
  );
