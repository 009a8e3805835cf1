import type { Stat, StatsBody } from '../../query-service/routes/stats/body.ts';
import { barOf, columnsOf } from '../output/chart.ts';
import { formatMoney } from '../output/money.ts';
import type { MonthMrr } from './mrr-by-month.ts';

/** What the command prints: what `GET /v1/stats` answers, and what only the history tables know. */
export type Stats = StatsBody & { readonly mrr_by_month?: readonly MonthMrr[] };

/** A figure by its name. */
export type Name = Stat | 'mrr_by_month';

export interface StatTable {
  readonly title: string;
  readonly header: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
  /** A line for people, over the numbers. */
  readonly chart?: string;
}

const DAY_MS = 86_400_000;
/** Days of a chart on a terminal, and rows below it; the other days are for whoever asks in JSON, or pipes it on. */
const CHART_DAYS = 60;
const LAST_DAYS = 7;

const number = (value: number): string => value.toLocaleString('en');
const plan = { header: ['product', 'plan'], of: (one: OfPlan) => [one.product, one.plan_type] };

interface OfPlan {
  readonly product: string;
  readonly plan_type: string;
}

/** Of those on the last days up to now, also where there was nothing. */
function lastDays(counts: readonly { readonly day: string; readonly count: number }[], asOf: string) {
  const known = new Map<string, number>();
  for (const { day, count } of counts) known.set(day, (known.get(day) ?? 0) + count);
  return Array.from({ length: CHART_DAYS }, (_, index) => {
    const at = Date.parse(asOf) - (CHART_DAYS - 1 - index) * DAY_MS;
    return known.get(new Date(at).toISOString().slice(0, 10)) ?? 0;
  });
}

function byDay(
  title: string,
  counts: readonly { readonly day: string; readonly product?: string; readonly count: number }[],
  asOf: string,
  isTerminal: boolean,
): StatTable {
  const withProduct = counts.some(({ product }) => product !== undefined);
  const cells = (one: (typeof counts)[0]) => [
    one.day,
    ...(withProduct ? [one.product] : []),
    number(one.count),
  ];
  const header = ['day', ...(withProduct ? ['product'] : []), 'count'];
  if (!isTerminal) return { title, header, rows: counts.map(cells) };
  const days = lastDays(counts, asOf);
  const latest = new Set([...new Set(counts.map(({ day }) => day))].slice(0, LAST_DAYS));
  return {
    title,
    header,
    rows: counts.filter(({ day }) => latest.has(day)).map(cells),
    chart: `${columnsOf(days)}  the last ${CHART_DAYS} days, at most ${number(Math.max(...days))}`,
  };
}

function monthTable(months: readonly MonthMrr[], isTerminal: boolean): StatTable {
  const most = new Map<string, number>();
  for (const { currency, mrr } of months) most.set(currency, Math.max(most.get(currency) ?? 0, mrr));
  return {
    title: 'MRR at the end of each month',
    header: ['month', 'currency', 'mrr', ...(isTerminal ? [''] : [])],
    rows: months.map(({ month, currency, mrr, complete }) => [
      complete ? month : `${month} (so far)`,
      currency,
      formatMoney(mrr, currency),
      ...(isTerminal ? [barOf(mrr, most.get(currency) ?? 0)] : []),
    ]),
  };
}

/** Each figure as a table, in the order in which they are printed; undefined where it is not there. */
export const TABLES: Readonly<Record<Name, (stats: Stats, isTerminal: boolean) => StatTable | undefined>> = {
  active_subscriptions: ({ active_subscriptions: all }) => ({
    title: 'Active subscriptions',
    header: [...plan.header, 'count', 'active', 'grace', 'cancelled', 'paying', 'trials'],
    rows: all.map((one) => [
      ...plan.of(one),
      ...[one.count, one.active, one.grace, one.cancelled, one.paying, one.trials].map(number),
    ]),
  }),
  active_customers: ({ active_customers: all }) => ({
    title: 'Active customers',
    header: ['product', 'count', 'paying', 'trying', 'free'],
    rows: all.map((one) => [
      one.product ?? '(all)',
      ...[one.count, one.paying, one.trying, one.free].map(number),
    ]),
  }),
  trials: ({ trials }) => ({
    title: 'Trials',
    header: [...plan.header, 'count'],
    rows: trials.map((one) => [...plan.of(one), number(one.count)]),
  }),
  mrr: ({ mrr }) => ({
    title: 'Monthly recurring revenue (MRR)',
    header: ['currency', ...plan.header, 'subscriptions', 'mrr'],
    rows: mrr.map((one) => [
      ...[one.currency, ...plan.of(one), number(one.subscriptions)],
      formatMoney(one.amount, one.currency),
    ]),
  }),
  mrr_by_month: ({ mrr_by_month: months }, isTerminal) => months && monthTable(months, isTerminal),
  seats: ({ seats }) => ({
    title: 'Seats',
    header: [...plan.header, 'trial', 'bought', 'used', 'share'],
    rows: seats.map((one) => [
      ...[...plan.of(one), one.trial ? 'yes' : 'no', number(one.bought), number(one.used)],
      one.bought > 0 ? `${Math.round((100 * one.used) / one.bought)} %` : '',
    ]),
  }),
  renewals_due: ({ renewals_due: all }) => ({
    title: 'Renewals due within 30 days',
    header: ['currency', ...plan.header, 'count', 'amount'],
    rows: all.map((one) => [
      ...[one.currency, ...plan.of(one), number(one.count)],
      formatMoney(one.amount, one.currency),
    ]),
  }),
  activations: ({ activations, as_of: asOf }, isTerminal) =>
    byDay('Activations', activations, asOf, isTerminal),
  machines: ({ machines, as_of: asOf }, isTerminal) => byDay('Machines in use', machines, asOf, isTerminal),
};

export const NAMES = Object.keys(TABLES) as Name[];
