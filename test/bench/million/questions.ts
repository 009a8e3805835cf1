import { ask } from '../../support/requests/api.ts';
import type { BenchmarkContext } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import { median } from '../statistics.ts';
import { withCpu } from '../system/cpu.ts';
import type { Sides } from './everyday.ts';
import { BUILDS_EMAIL, giantEmail } from './generate/world.ts';
import type { Side } from './side.ts';

const TIMES = 7;
const UNDER_MS = 1_000;

/** What staff ask, as paths; those about somebody need their id. */
async function paths({ db }: Side): Promise<Readonly<Record<string, string>>> {
  const { rows } = await db.query<{ user_id: string; email: string }>(
    'SELECT user_id, email FROM read_model.users WHERE email = ANY ($1)',
    [[BUILDS_EMAIL, giantEmail(0)]],
  );
  const idOf = (email: string) => rows.find((row) => row.email === email)?.user_id;
  const soon = new Date(Date.now() + 7 * 86_400_000).toISOString();
  return {
    'a customer by email': `/v1/users?email=${giantEmail(0)}`,
    'customers by the beginning of their email': '/v1/users?email_prefix=customer-1-99',
    'customers by a client id that most of them have': '/v1/users?client_id=machine-1',
    'subscriptions in their grace': '/v1/subscriptions?status=grace',
    'subscriptions of a plan that end within a week': `/v1/subscriptions?status=active&plan=pro&ends_before=${soon}`,
    'the licenses of a customer with 10,000 of them': `/v1/users/${idOf(giantEmail(0))}/licenses`,
    'the licenses of the customer with the most events': `/v1/users/${idOf(BUILDS_EMAIL)}/licenses`,
    'the history of the customer with the most events': `/v1/users/${idOf(BUILDS_EMAIL)}/history`,
  };
}

/** Milliseconds, a median of several after a first one. */
async function answered(side: Side, path: string): Promise<number> {
  const taken: number[] = [];
  for (let time = 0; time <= TIMES; time += 1) {
    const from = performance.now();
    const { status, body } = await ask(side.stack.url, path, { token: side.operator });
    if (status !== 200) throw new Error(`${path}: ${status} ${JSON.stringify(body)}`);
    if (time > 0) taken.push(performance.now() - from);
  }
  return median(taken);
}

/** What staff ask in the console, at both sizes; and the figures of now. */
export async function questions({ large, small }: Sides, { report }: BenchmarkContext): Promise<void> {
  const ofSmall = await paths(small);
  for (const [what, path] of Object.entries(await paths(large))) {
    const [ours, theirs] = [await answered(large, path), await answered(small, ofSmall[what] as string)];
    report({
      what,
      figure: figure([ours], ' ms'),
      beside: { what: small.name, figure: figure([theirs], ' ms') },
      target: target(`under ${UNDER_MS} ms`, ours < UNDER_MS),
    });
  }
  const stats = (side: Side) =>
    withCpu({ processes: side.stack.processes() }, async () => {
      const from = performance.now();
      const { status } = await ask(side.stack.url, '/v1/stats', { token: side.operator });
      if (status !== 200) throw new Error(`/v1/stats: ${status}`);
      return { operations: 1, ms: performance.now() - from };
    });
  const [first, firstOfSmall] = [await stats(large), await stats(small)];
  report({
    what: 'the figures of now (`GET /v1/stats`), the first time since the start',
    figure: figure([first.ms], ' ms'),
    beside: { what: small.name, figure: figure([firstOfSmall.ms], ' ms') },
    cpu: [first.cpu],
  });
}
