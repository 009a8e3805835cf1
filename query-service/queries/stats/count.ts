import { inTransaction, type Pool, type PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import { DAY_MS } from '../../../shared/calendar.ts';
import { monthlyPrice } from '../../../shared/recurring-revenue.ts';
import type { ActiveCustomers, Figures, Mrr, RenewalsDue, RunningSubscriptions, Seats } from './figures.ts';
import {
  ACTIVATIONS,
  CUSTOMERS_OF_ALL,
  MACHINES,
  RENEWALS_DUE,
  RUNNING_GROUPS,
  type RunningGroup,
  SEATS_USED,
  type SeatsUsed,
} from './statements.ts';

/** How far ahead renewals are counted as due. */
const DUE_DAYS = 30;

/** A statement reads a whole table: it may take longer than a lookup, and needs none of the settings of lookups. */
const TIMEOUT_MS = 30_000;
const SETTINGS = `
SET LOCAL statement_timeout = ${TIMEOUT_MS};
SET LOCAL enable_seqscan = on;
SET LOCAL enable_hashjoin = on;
SET LOCAL enable_sort = off;
SET LOCAL work_mem = '64MB'`;

/**
 * Counts everything, in one snapshot. At 1.2 million subscriptions it takes seconds: see {@link keptFigures}.
 * @param now as of when, in milliseconds since 1970
 */
export const countFigures = (db: Pool, now: number): Promise<Figures> =>
  inTransaction(db, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    await client.query(SETTINGS);
    const at = new Date(now);
    const groups = await rowsOf<RunningGroup>(client, RUNNING_GROUPS, at);
    const used = await rowsOf<SeatsUsed>(client, SEATS_USED, at);
    const [ofAll] = await rowsOf<Omit<ActiveCustomers, 'product' | 'free'>>(client, CUSTOMERS_OF_ALL, at);
    const until = new Date(now + DUE_DAYS * DAY_MS);
    return {
      subscriptions: subscriptionsOf(groups),
      customers: [...(ofAll?.all ? [customers(null, ofAll)] : []), ...customersOf(groups)],
      mrr: mrrOfPlans(groups),
      seats: seatsOf(groups, used),
      renewalsDue: await rowsOf<RenewalsDue>(client, RENEWALS_DUE, at, until),
      activations: await rowsOf<Figures['activations'][0]>(client, ACTIVATIONS),
      machines: await rowsOf<Figures['machines'][0]>(client, MACHINES, at),
      asOf: now,
    };
  });

async function rowsOf<R extends object>(client: PoolClient, text: string, ...values: Date[]): Promise<R[]> {
  const query = { text, values, query_timeout: TIMEOUT_MS + 1_000 };
  return (await client.query<R>(query)).rows;
}

/** The groups by a key, each key once, in the order of the groups. */
function by(groups: readonly RunningGroup[], keyOf: (group: RunningGroup) => string): RunningGroup[][] {
  return [...Map.groupBy(groups, keyOf).values()];
}

const sum = (groups: readonly RunningGroup[], is: (group: RunningGroup) => boolean = () => true): number =>
  groups.reduce((total, group) => total + (is(group) ? group.count : 0), 0);

const isPaying = (group: RunningGroup): boolean => monthlyPrice(group) > 0n;
const planOf = ({ product, plan }: RunningGroup): string => `${product}\0${plan}`;

const subscriptionsOf = (groups: readonly RunningGroup[]): RunningSubscriptions[] =>
  by(groups, planOf).map((of) => {
    const { product, plan } = of[0] as RunningGroup;
    const running = (runs: RunningGroup['runs']) => sum(of, (group) => group.runs === runs);
    return {
      ...{ product, plan, all: sum(of) },
      ...{ active: running('active'), grace: running('grace'), cancelled: running('cancelled') },
      ...{ paying: sum(of, isPaying), trials: sum(of, ({ trial }) => trial) },
    };
  });

const customers = (
  product: string | null,
  { all, paying, trying }: Omit<ActiveCustomers, 'product' | 'free'>,
): ActiveCustomers => ({ product, all, paying, trying, free: all - paying - trying });

const customersOf = (groups: readonly RunningGroup[]): ActiveCustomers[] =>
  by(groups, ({ product }) => product).map((of) =>
    customers((of[0] as RunningGroup).product, {
      all: sum(of),
      paying: sum(of, isPaying),
      trying: sum(of, ({ trial }) => trial),
    }),
  );

const currencyOf = (group: RunningGroup): string => group.price?.currency ?? '';

const mrrOfPlans = (groups: readonly RunningGroup[]): Mrr[] =>
  by(groups.filter(isPaying), (group) => `${currencyOf(group)}\0${planOf(group)}`)
    .map((of) => {
      const [first] = of as [RunningGroup];
      const amount = of.reduce((total, group) => total + monthlyPrice(group) * BigInt(group.count), 0n);
      const { product, plan } = first;
      return { currency: currencyOf(first), product, plan, subscriptions: sum(of), amount: Number(amount) };
    })
    .sort((a, b) => (a.currency < b.currency ? -1 : Number(a.currency > b.currency)));

function seatsOf(groups: readonly RunningGroup[], used: readonly SeatsUsed[]): Seats[] {
  const keyOf = ({ product, plan, trial }: Pick<Seats, 'product' | 'plan' | 'trial'>) =>
    JSON.stringify([product, plan, trial]);
  const usedOf = new Map(used.map((one) => [keyOf(one), one.used]));
  return by(groups, keyOf).map((of) => {
    const { product, plan, trial } = of[0] as RunningGroup;
    const bought = of.reduce((total, { places }) => total + places, 0);
    return { product, plan, trial, bought, used: usedOf.get(keyOf({ product, plan, trial })) ?? 0 };
  });
}
