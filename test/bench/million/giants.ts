import { randomUUID } from 'node:crypto';
import { eventually } from '../../support/eventually.ts';
import { ask } from '../../support/requests/api.ts';
import type { BenchmarkContext } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import { median } from '../statistics.ts';
import { PASSWORD } from './generate/password.ts';
import { BUILDS_EMAIL, giantEmail } from './generate/world.ts';
import type { Side } from './side.ts';
import { ACTIVATING, customersOf } from './subjects.ts';

const UNDER_MS = 1_000;
const TIMES_THE_FIRST = 2;
const ACTIVATIONS = 25;
const PATIENCE_MS = 5 * 60_000;

/** Log-in and activations of the largest customers, by a node that knows nothing of them. */
export async function giants(side: Side, { sized, report, note }: BenchmarkContext): Promise<void> {
  const first = await firstLogIn(side, BUILDS_EMAIL);
  note(
    `The first log-in of the customer with a million events, whom no node of this release has seen yet: ${first.tries} tries, ${(first.ms / 1_000).toFixed(1)} s.`,
  );
  // What was folded is saved behind the answer.
  await saved(side, BUILDS_EMAIL);
  await restartCommandNode(side);
  const { ms, token } = await logIn(side, BUILDS_EMAIL);
  await reportUnderASecond('log-in of the customer with a million events, after a restart', ms);
  await restartCommandNode(side);
  await reportUnderASecond('an activation of theirs, after another restart', await activation(side, token));
  const many = await firstLogIn(side, giantEmail(0));
  await activation(side, many.token);
  const theirs = await activationsOf(side, many.token);
  const [fresh] = await customersOf(side, 1, sized(ACTIVATING));
  await activation(side, fresh as string);
  const others = await activationsOf(side, fresh as string);
  const ratio = median(theirs) / median(others);
  report({
    what: 'an activation of a customer with more than 10,000 active machines',
    figure: figure(theirs, ' ms'),
    beside: { what: 'of a customer with a few', figure: figure(others, ' ms') },
    ratio: [ratio],
    target: target(`at most ${TIMES_THE_FIRST}`, ratio <= TIMES_THE_FIRST),
  });

  async function reportUnderASecond(what: string, took: number): Promise<void> {
    report({ what, figure: figure([took], ' ms'), target: target(`under ${UNDER_MS} ms`, took < UNDER_MS) });
  }
}

async function firstLogIn(side: Side, email: string) {
  const from = performance.now();
  let tries = 0;
  const token = await eventually(
    `${email} logs in`,
    async () => {
      tries += 1;
      return (await tryLogIn(side, email)).token;
    },
    PATIENCE_MS,
  );
  return { tries, token, ms: performance.now() - from };
}

async function logIn(side: Side, email: string) {
  const from = performance.now();
  const { token, answer } = await tryLogIn(side, email);
  if (token === undefined) throw new Error(`log-in of ${email}: ${answer}`);
  return { token, ms: performance.now() - from };
}

async function tryLogIn(side: Side, email: string) {
  const { status, body } = await ask(side.stack.url, '/v1/login', { body: { email, password: PASSWORD } });
  const token = status === 200 ? String(body.access_token) : undefined;
  return { token, answer: `${status} ${JSON.stringify(body)}` };
}

/** @returns milliseconds */
async function activation(side: Side, token: string): Promise<number> {
  const from = performance.now();
  const { status, body } = await ask(side.stack.url, '/v1/activations', {
    token,
    body: { client_id: randomUUID() },
  });
  if (status !== 201) throw new Error(`activation: ${status} ${JSON.stringify(body)}`);
  return performance.now() - from;
}

async function activationsOf(side: Side, token: string): Promise<number[]> {
  const taken: number[] = [];
  for (let i = 0; i < ACTIVATIONS; i += 1) taken.push(await activation(side, token));
  return taken;
}

const SAVED = `
SELECT FROM write_side.snapshots s JOIN read_model.users u USING (user_id) WHERE u.email = $1 AND s.revision > u.revision - 1000`;

const saved = (side: Side, email: string) =>
  eventually(
    `a snapshot of ${email} is saved`,
    async () => (await side.db.query(SAVED, [email])).rowCount !== 0,
    PATIENCE_MS,
  );

/** Ends the command node in good order; the launcher starts it again. */
async function restartCommandNode({ stack }: Side): Promise<void> {
  const before = stack.processes().get('command-1') as number;
  process.kill(before, 'SIGTERM');
  await eventually(
    'the command node is ready again',
    async () => {
      const now = stack.processes().get('command-1');
      if (now === undefined || now === before) return false;
      // Refused for want of a token, and not by a proxy that finds nobody behind it.
      return (await ask(stack.url, '/v1/activations', { body: { client_id: 'nobody' } })).status === 401;
    },
    60_000,
  );
}
