import type { ShownCatalogue, ShownPlan } from '../../shared/catalogue/shown.ts';

/** One difference between two catalogues. Undefined: not in that one. */
export interface Difference {
  /** `app.pro`, or `app.pro max_clients`. */
  readonly place: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

type Plans = ReadonlyMap<string, ShownPlan>;

/** By product and plan, in the order of the catalogue. */
const plansOf = ({ products }: ShownCatalogue): Plans =>
  new Map(products.flatMap(({ product, plans }) => plans.map((plan) => [`${product}.${plan.plan}`, plan])));

const text = (value: unknown): string =>
  Array.isArray(value) ? value.join(', ') : typeof value === 'string' ? value : JSON.stringify(value);

function ofPlan(place: string, before: ShownPlan, after: ShownPlan): Difference[] {
  return (Object.keys(before) as (keyof ShownPlan)[])
    .map((field) => ({ place: `${place} ${field}`, before: text(before[field]), after: text(after[field]) }))
    .filter((difference) => difference.before !== difference.after);
}

/** How `after` differs from `before`, as far as customers can see: plan by plan, field by field. */
export function differences(before: ShownCatalogue, after: ShownCatalogue): Difference[] {
  const [earlier, later] = [plansOf(before), plansOf(after)];
  const places = new Set([...earlier.keys(), ...later.keys()]);
  return [...places].flatMap((place): Difference[] => {
    const [was, is] = [earlier.get(place), later.get(place)];
    if (was && is) return ofPlan(place, was, is);
    return [{ place, before: was && 'sold', after: is && 'sold' }];
  });
}
