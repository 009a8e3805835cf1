/** What `GET /v1/stats` counts: the metrics of docs/metrics.md that need no history, as they are now. */
export interface Figures {
  readonly subscriptions: readonly RunningSubscriptions[];
  /** Of each product (and of all together: null): customers with a subscription that runs. */
  readonly customers: readonly ActiveCustomers[];
  readonly mrr: readonly Mrr[];
  readonly seats: readonly Seats[];
  readonly renewalsDue: readonly RenewalsDue[];
  /** UTC days, the latest first. */
  readonly activations: readonly { readonly day: string; readonly count: number }[];
  /** UTC days, the latest first, by product. */
  readonly machines: readonly { readonly day: string; readonly product: string; readonly count: number }[];
  /** Of when this is, in milliseconds since 1970. */
  readonly asOf: number;
}

interface OfPlan {
  readonly product: string;
  readonly plan: string;
}

/** Subscriptions that run. `all` is the sum of the next three; trials are among each of them. */
export interface RunningSubscriptions extends OfPlan {
  readonly all: number;
  /** Within their period. */
  readonly active: number;
  readonly grace: number;
  /** Until their end date. */
  readonly cancelled: number;
  readonly paying: number;
  readonly trials: number;
}

/** `all` is the sum of the others: those with revenue, those without it and with a trial, and the rest. */
export interface ActiveCustomers {
  readonly product: string | null;
  readonly all: number;
  readonly paying: number;
  readonly trying: number;
  readonly free: number;
}

/** Monthly recurring revenue, in minor units of the currency, where there is any. */
export interface Mrr extends OfPlan {
  readonly currency: string;
  readonly subscriptions: number;
  readonly amount: number;
}

/** Clients that may be active, and that are, of what runs. */
export interface Seats extends OfPlan {
  readonly trial: boolean;
  readonly bought: number;
  readonly used: number;
}

/** End dates ahead that nobody has cancelled, and what a renewal at the same price would bring, in minor units. */
export interface RenewalsDue extends OfPlan {
  readonly currency: string;
  readonly count: number;
  readonly amount: number;
}
