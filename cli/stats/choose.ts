import { UsageError } from '../command-line/command.ts';
import { didYouMean } from '../command-line/suggestion.ts';
import { NAMES, type Name, type Stats } from './tables.ts';

const isName = (text: string): text is Name => (NAMES as readonly string[]).includes(text);

/** What is counted for all products together only. */
const OF_ALL: readonly Name[] = ['activations', 'mrr_by_month'];

/**
 * Figures by their names, in any spelling of the hyphens; all of them unless any is named.
 * @param product where one is asked about: what is not counted by product is left out
 * @throws UsageError there is no such figure, or one that was named is not counted by product
 */
export function namesOf(texts: readonly string[], product: string | undefined): readonly Name[] {
  const names = texts.map((text) => text.replaceAll('-', '_'));
  const unknown = names.find((name) => !isName(name));
  if (unknown !== undefined) {
    throw new UsageError(
      `there is no figure ${unknown}.${didYouMean(unknown, NAMES)} There are: ${NAMES.join(', ')}`,
    );
  }
  const ofAll = names.filter(isName).find((name) => OF_ALL.includes(name));
  if (product !== undefined && ofAll !== undefined)
    throw new UsageError(`${ofAll} is not counted by product: ask for it without --product`);
  const named = texts.length === 0 ? NAMES : NAMES.filter((name) => names.includes(name));
  return product === undefined ? named : named.filter((name) => !OF_ALL.includes(name));
}

/**
 * What there is of a product.
 * @param sold products that are sold, beside those that figures name
 * @throws UsageError there is no such product
 */
export function ofProduct(stats: Stats, product: string, sold: readonly string[]): Stats {
  // What is sold no longer may still have renewals due, or machines in use, without a subscription that runs.
  const figures = [stats.active_subscriptions, stats.renewals_due, stats.machines].flat();
  const known = new Set([...sold, ...figures.map((one) => one.product)]);
  if (!known.has(product)) {
    const all = [...known].sort().join(', ');
    throw new UsageError(`there is no product ${product}.${didYouMean(product, known)} There are: ${all}`);
  }
  const its = <R extends { readonly product: string | null }>(rows: readonly R[]): R[] =>
    rows.filter((row) => row.product === product);
  return {
    ...stats,
    active_subscriptions: its(stats.active_subscriptions),
    active_customers: its(stats.active_customers),
    trials: its(stats.trials),
    mrr: its(stats.mrr),
    seats: its(stats.seats),
    renewals_due: its(stats.renewals_due),
    machines: its(stats.machines),
  };
}
