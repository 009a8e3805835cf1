import { z } from 'zod';
import { externalId, instant, text, uuid } from '../../../shared/http/routes/fields.ts';
import { product } from '../fields.ts';
import { oneForm, oneOf } from '../one-form.ts';

export const plan = text(1, 32);
export const quantity = z
  .int({ error: 'expected a whole number' })
  .min(1, '1 to 10,000')
  .max(10_000, '1 to 10,000')
  .meta({
    description: 'How many times the plan is bought: it multiplies the clients. By staff alone, unless 1.',
  });
const months = z.int({ error: 'expected a whole number' }).min(1, '1 to 120').max(120, '1 to 120');

const START_FORMS = [['months'], ['start_date', 'end_date'], ['trial']] as const;
const RENEW_FORMS = [['months'], ['end_date']] as const;

/** What is sold, for which time or as a trial, and for whom. */
export const startBody = z
  .strictObject({
    product: product.optional(),
    plan,
    quantity: quantity.optional(),
    trial: z.literal(true, { error: 'expected true' }).optional().meta({
      description: 'From now on, for as long as the catalogue says. Once a product for a customer.',
    }),
    months: months.optional().meta({ description: 'From now.' }),
    start_date: instant.optional().meta({ description: 'At most a year ahead; in the past by staff alone.' }),
    end_date: instant
      .optional()
      .meta({ description: 'The first instant that is not covered; at most ten years ahead.' }),
    external_id: externalId.optional().meta({
      description:
        "By staff alone: the billing system's id. Starting again under it changes nothing, however late.",
    }),
    user_id: uuid
      .optional()
      .meta({ description: 'Whose subscription it is: staff name the user, customers leave it out.' }),
  })
  .superRefine((body, context) => oneForm(body, START_FORMS, context))
  .meta(oneOf(START_FORMS));

/** By how much, or until when. */
export const renewBody = z
  .strictObject({ months: months.optional(), end_date: instant.optional() })
  .superRefine((body, context) => oneForm(body, RENEW_FORMS, context))
  .meta(oneOf(RENEW_FORMS));
