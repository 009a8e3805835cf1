import type { Row } from '../report/row.ts';

/** What a benchmark's process tells the one that started it. */
export type Message =
  | { readonly kind: 'row'; readonly row: Row }
  | { readonly kind: 'note'; readonly sentence: string }
  | { readonly kind: 'failure'; readonly why: string; readonly runnable: boolean };

/** What it is told, as its only argument. */
export interface Order {
  readonly name: string;
  readonly rounds: number;
  readonly quick: boolean;
  readonly options: Readonly<Record<string, string | undefined>>;
}
