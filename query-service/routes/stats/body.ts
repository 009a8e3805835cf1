import { z } from 'zod';
import type { Figures } from '../../queries/stats/figures.ts';

const ofPlan = { product: z.string(), plan_type: z.string() };
const currency = z
  .string()
  .meta({ description: 'ISO 4217. Different currencies are never added up.', examples: ['EUR'] });
const number = (example: number, description?: string) =>
  z.int().meta({ ...(description && { description }), examples: [example] });

/** Its name in the document, its members, and what it is. */
const list = <S extends z.ZodRawShape>(id: string, shape: S, description: string) =>
  z.array(z.strictObject(shape).meta({ id })).meta({ description });

/** What each figure counts is said in docs/metrics.md. */
export const statsBody = z
  .strictObject({
    active_subscriptions: list(
      'ActiveSubscriptions',
      {
        ...ofPlan,
        count: number(42, 'All that run: the sum of the next three.'),
        active: number(38, 'Within their period, and not cancelled.'),
        grace: number(3, 'Past the end date, and in the grace.'),
        cancelled: number(1, 'Cancelled, and running until the end date.'),
        paying: number(30, 'Those with revenue: neither trials nor plans without a price.'),
        trials: number(5),
      },
      'Subscriptions that run: started, not suspended, and not over.',
    ),
    active_customers: list(
      'ActiveCustomers',
      {
        product: z
          .string()
          .nullable()
          .meta({ description: 'Null: all products together, where a customer of several counts once.' }),
        count: number(42, 'The sum of the next three.'),
        paying: number(30),
        trying: number(5, 'Those who pay nothing, and have a trial.'),
        free: number(7, 'The others.'),
      },
      'Customers with a subscription that runs.',
    ),
    trials: list('PlanCount', { ...ofPlan, count: number(5) }, 'Of the subscriptions that run, the trials.'),
    mrr: list(
      'Mrr',
      {
        currency,
        ...ofPlan,
        subscriptions: number(30),
        amount: number(297_000, 'By month, in minor units of the currency: 9900 is 99.00 EUR.'),
      },
      'Monthly recurring revenue, where there is any: a yearly price counts with a twelfth.',
    ),
    seats: list(
      'Seats',
      {
        ...ofPlan,
        trial: z.boolean(),
        bought: number(126, 'Clients that may be active at once.'),
        used: number(88, 'Clients that are.'),
      },
      'Of the subscriptions that run.',
    ),
    renewals_due: list(
      'RenewalsDue',
      {
        currency,
        ...ofPlan,
        count: number(4),
        amount: number(
          39_600,
          'What they bring at their price, in minor units of the currency, if all are renewed.',
        ),
      },
      'End dates within 30 days from now, of subscriptions with a price that are not cancelled.',
    ),
    activations: list(
      'DayCount',
      { day: z.iso.date(), count: z.int() },
      'By day (UTC), the latest first: the last 366 days that had any.',
    ),
    machines: list(
      'MachinesInUse',
      { day: z.iso.date(), product: z.string(), count: z.int() },
      'Different machines that asked on a day (UTC), the latest first, of the last 366 days; today so far.',
    ),
    as_of: z.iso.datetime({ precision: 3 }),
  })
  .meta({ id: 'Stats' });

export type StatsBody = z.infer<typeof statsBody>;

/** A figure by its name. */
export type Stat = Exclude<keyof StatsBody, 'as_of'>;

const ofPlanShown = ({ product, plan }: { readonly product: string; readonly plan: string }) => ({
  product,
  plan_type: plan,
});

/** The figures as the API shows them, whoever shows them. */
export const showStats = (figures: Figures): StatsBody => ({
  active_subscriptions: figures.subscriptions.map(({ product, plan, all, ...parts }) => ({
    ...ofPlanShown({ product, plan }),
    count: all,
    ...parts,
  })),
  active_customers: figures.customers.map(({ product, all, ...parts }) => ({
    product,
    count: all,
    ...parts,
  })),
  trials: figures.subscriptions
    .filter(({ trials }) => trials > 0)
    .map((one) => ({ ...ofPlanShown(one), count: one.trials })),
  mrr: figures.mrr.map(({ currency, subscriptions, amount, ...of }) => ({
    currency,
    ...ofPlanShown(of),
    subscriptions,
    amount,
  })),
  seats: figures.seats.map(({ trial, bought, used, ...of }) => ({ ...ofPlanShown(of), trial, bought, used })),
  renewals_due: figures.renewalsDue.map(({ currency, count, amount, ...of }) => ({
    currency,
    ...ofPlanShown(of),
    count,
    amount,
  })),
  activations: [...figures.activations],
  machines: [...figures.machines],
  as_of: new Date(figures.asOf).toISOString(),
});
