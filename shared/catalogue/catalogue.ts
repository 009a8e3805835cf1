import type { Terms } from '../events/schemas/terms.ts';

/** A named set of terms of one product, as it is sold today. What was sold before has its terms in its events. */
export interface Plan {
  readonly plan: string;
  readonly terms: Terms;
  /** How long a trial of it lasts; null: it can't be tried. */
  readonly trialDays: number | null;
  /** Who starts it, trials apart: customers themselves, or the seller's staff alone (a paid plan). */
  readonly startedBy: 'customer' | 'staff';
}

/** Something that the seller sells. */
export interface Product {
  readonly product: string;
  readonly plans: ReadonlyMap<string, Plan>;
  /** The plan that a subscription whose terms say `downgrade` falls back to; without one it is `restrict`. */
  readonly free: Plan | undefined;
}

export interface Catalogue {
  readonly products: ReadonlyMap<string, Product>;
}

/** What products and plans are named like. */
export const CATALOGUE_NAME = /^[a-z][a-z0-9_-]{0,31}$/;

/** The name of the plan that is not premium, and that a subscription falls back to. */
export const FREE_PLAN = 'free';

/** What was looked for; or, for whoever named it, why there is none and which there are. */
export type Resolved<T> =
  | { readonly found: T; readonly detail?: never }
  | { readonly found?: never; readonly detail: string };

const namesOf = (map: ReadonlyMap<string, unknown>): string => [...map.keys()].join(', ');

/** The product that is meant. It need not be named while there is one. */
export function resolveProduct({ products }: Catalogue, given: string | undefined): Resolved<Product> {
  const [only] = products.size === 1 ? products.values() : [];
  const found = given === undefined ? only : products.get(given);
  if (found) return { found };
  const exist = `there are: ${namesOf(products)}`;
  return { detail: given === undefined ? `required; ${exist}` : `no such product; ${exist}` };
}

export function resolvePlan(product: Product, given: string): Resolved<Plan> {
  const found = product.plans.get(given);
  if (found) return { found };
  return { detail: `no such plan of "${product.product}"; there are: ${namesOf(product.plans)}` };
}

/** The plan as it is sold today; undefined if it isn't any longer. */
export const findPlan = ({ products }: Catalogue, product: string, plan: string): Plan | undefined =>
  products.get(product)?.plans.get(plan);
