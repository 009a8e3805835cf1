import type { ShownEntry } from '../../../../shared/history/show.ts';
import type { AccountResource, SubscriptionResource } from '../../../../shared/http/routes/resources.ts';

/** A page of a list. */
export interface List<T> {
  readonly items: readonly T[];
  readonly next_cursor: string | null;
}

/** `GET /v1/users/{id}`; email and name are left out for who may not read customers. */
export type Customer = Omit<AccountResource, 'email' | 'name'> &
  Partial<Pick<AccountResource, 'email' | 'name'>> & {
    readonly subscriptions: readonly SubscriptionResource[];
  };

export type HistoryEvent = ShownEntry;

/** `GET /v1/users/{id}/history`, as far as the console looks at it. */
export interface History {
  readonly events: readonly HistoryEvent[];
  readonly next_cursor: string | null;
}

/** What a customer is called here; who was erased has an id and no name. */
export const nameOf = (customer: Customer): string =>
  customer.email ?? customer.name ?? customer.external_id ?? customer.user_id;
