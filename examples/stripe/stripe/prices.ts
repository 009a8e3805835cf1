import { z } from 'zod';

const sold = z.strictObject({ product: z.string().optional(), plan: z.string() });

/** By the id of Stripe's price: what it is here. `null` is for what needs no license, such as support by telephone. */
export const pricesFile = z.record(z.string().startsWith('price_'), sold.nullable());

export type Sold = z.output<typeof sold>;
export type Prices = z.output<typeof pricesFile>;
