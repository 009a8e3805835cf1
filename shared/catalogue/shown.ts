import { z } from 'zod';
import type { Catalogue, Plan, Product } from './catalogue.ts';

const names = (example: string) => z.string().meta({ examples: [example] });

export const shownPlanSchema = z
  .strictObject({
    plan: names('pro'),
    max_clients: z
      .int()
      .meta({ examples: [10], description: 'Clients that may be active at once, for each of the quantity.' }),
    entitlements: z.array(z.string()).meta({ examples: [['core', 'export', 'api']] }),
    grace_days: z.int().meta({
      examples: [7],
      description: 'Days after the end date during which everything still works.',
    }),
    on_expiry: z.enum(['downgrade', 'restrict']).meta({
      examples: ['downgrade'],
      description:
        'What a validation answers after that: the plan `free` of the same product, or that the license is not good.',
    }),
    lease_hours: z.int().meta({ examples: [72], description: 'How long a lease holds offline.' }),
    replacements_per_month: z
      .int()
      .nullable()
      .meta({
        examples: [10],
        description: 'How often in 30 days a place may be given to another client; null: no limit.',
      }),
    price: z
      .strictObject({
        amount: z.int().meta({ examples: [2900], description: 'In minor units of the currency.' }),
        currency: z.string().meta({ examples: ['EUR'], description: 'ISO 4217.' }),
        months: z.int().meta({ examples: [1], description: 'What the amount pays for.' }),
      })
      .nullable()
      .meta({ description: 'Null if the plan costs nothing, or its price is not shown.' }),
    trial_days: z
      .int()
      .nullable()
      .meta({ examples: [14], description: "How long a trial lasts; null: it can't be tried." }),
    started_by: z.enum(['customer', 'staff']).meta({
      examples: ['staff'],
      description: "Who starts it, trials apart: customers themselves, or the seller's staff alone.",
    }),
  })
  .meta({ id: 'Plan' });

/** The catalogue as the API shows it: what a customer may know of it. */
export const shownCatalogueSchema = z
  .strictObject({
    products: z.array(
      z.strictObject({ product: names('app'), plans: z.array(shownPlanSchema) }).meta({ id: 'Product' }),
    ),
  })
  .meta({ id: 'Catalogue' });

export type ShownPlan = z.infer<typeof shownPlanSchema>;
export type ShownCatalogue = z.infer<typeof shownCatalogueSchema>;

/** A downgrade is shown as what it comes to: without a plan to fall back to, the license is not good. */
const showPlan = ({ plan, terms, trialDays, startedBy }: Plan, { free }: Product): ShownPlan => ({
  plan,
  max_clients: terms.maxClients,
  entitlements: [...terms.entitlements],
  grace_days: terms.graceDays,
  on_expiry: free ? terms.onExpiry : 'restrict',
  lease_hours: terms.leaseHours,
  replacements_per_month: terms.replacementsPerMonth,
  price: terms.price,
  trial_days: trialDays,
  started_by: startedBy,
});

/** In the order of the file. */
export const showCatalogue = ({ products }: Catalogue): ShownCatalogue => ({
  products: [...products.values()].map((product) => ({
    product: product.product,
    plans: [...product.plans.values()].map((plan) => showPlan(plan, product)),
  })),
});
