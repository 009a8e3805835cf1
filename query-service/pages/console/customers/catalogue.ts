import type { ShownCatalogue } from '../../../../shared/catalogue/shown.ts';
import { type Loaded, useLoaded } from '../../parts/components/load.ts';
import { api } from '../session/session.ts';

/** The products and plans that are sold. They change with a restart alone, and browsers keep them for a minute. */
export const useCatalogue = (): Loaded<ShownCatalogue> =>
  useLoaded('catalogue', () => api<ShownCatalogue>({ method: 'GET', path: '/v1/plans' }));

/** How many machines a subscription allows; undefined where its plan is not sold any more. */
export const placesOf = (
  { products }: ShownCatalogue,
  one: { readonly product: string; readonly plan_type: string; readonly quantity: number },
): number | undefined => {
  const plan = products
    .find(({ product }) => product === one.product)
    ?.plans.find(({ plan: name }) => name === one.plan_type);
  return plan && plan.max_clients * one.quantity;
};
