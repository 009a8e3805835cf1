import type { Random } from '../support/random.ts';
import type { Fault, Shape } from './faults/fault.ts';

/** A shape, and the faults that are inflicted on it one after another. */
export interface PlannedShape {
  readonly shape: Shape;
  readonly faults: readonly Fault[];
}

/** How many faults: so many of all, or each so often. */
export type HowMany = { readonly faults: number } | { readonly times: number };

/** What is done to the local event store can't be done to one that somebody else runs. */
export const withoutLocalStore = (shape: Shape): Shape => ({
  ...shape,
  faults: shape.faults.map((fault) => {
    const local = shape.name === 'cluster' || /event-store|everything/.test(fault.name);
    return local ? { ...fault, needs: 'the local event store' } : fault;
  }),
});

/** Those whose name has the text, or that of their shape. */
const matching = (shapes: readonly Shape[], only: string): { shape: Shape; fault: Fault }[] =>
  shapes.flatMap((shape) =>
    shape.faults
      .filter(({ name }) => `${shape.name}: ${name}`.includes(only))
      .map((fault) => ({ shape, fault })),
  );

/** Those that can't be inflicted here. */
export const notRun = (shapes: readonly Shape[], only: string): readonly Fault[] =>
  matching(shapes, only)
    .map(({ fault }) => fault)
    .filter(({ needs }) => needs !== undefined);

/** Which faults come, in an order that the seed decides; all of them come before any comes again. Grouped by shape. */
export function plan(
  shapes: readonly Shape[],
  only: string,
  howMany: HowMany,
  random: Random,
): readonly PlannedShape[] {
  const all = matching(shapes, only).filter(({ fault }) => fault.needs === undefined);
  const count = 'faults' in howMany ? howMany.faults : howMany.times * all.length;
  const chosen: { shape: Shape; fault: Fault }[] = [];
  let left: typeof all = [];
  while (all.length > 0 && chosen.length < count) {
    if (left.length === 0) left = [...all];
    chosen.push(...left.splice(random.below(left.length), 1));
  }
  return [...Map.groupBy(chosen, ({ shape }) => shape)]
    .map(([shape, these]) => ({ shape, faults: these.map(({ fault }) => fault) }))
    .sort((a, b) => shapes.indexOf(a.shape) - shapes.indexOf(b.shape));
}
