import type { ShownCatalogue } from '../../../../shared/catalogue/shown.ts';
import type { Basis } from '../actions/action.ts';
import type { Customer } from './resources.ts';

/** What each part of a customer's page is given. */
export interface PartProps {
  readonly customer: Customer;
  readonly catalogue: ShownCatalogue;
  readonly basis: Basis;
  /** Of the last change that was made here: what is shown must be as new. */
  readonly position: string | undefined;
  /** Counts the changes that were made here; with each one everything is asked for again. */
  readonly turn: number;
  readonly onDone: (position: string | undefined) => void;
}
