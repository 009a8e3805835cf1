import { z } from 'zod';
import { externalId, instant, text, uuid } from '../../shared/http/routes/fields.ts';

export const plan = text(1, 32);
const months = z.int({ error: 'expected a whole number' }).min(1, '1 to 120').max(120, '1 to 120');
export const reason = text(0, 1_024).optional();

/** Adds what is wrong with a period that may be given in two ways, by the fields' names. */
function oneForm(
  given: Readonly<Record<string, unknown>>,
  forms: readonly (readonly string[])[],
  context: z.RefinementCtx,
): void {
  const complain = (field: string, message: string) =>
    context.addIssue({ code: 'custom', path: [field], message });
  const used = forms.filter((form) => form.some((field) => given[field] !== undefined));
  const [first = [], second] = used.length > 0 ? used : forms;
  if (used.length === 0) complain(String(first[0]), `required, or ${forms[1]?.join(' and ')}`);
  if (used.length > 1) {
    for (const field of second ?? []) {
      if (given[field] !== undefined) complain(field, `not together with ${first.join(' and ')}`);
    }
  }
  for (const field of used.length === 1 ? first : []) {
    if (given[field] === undefined) complain(field, 'required');
  }
}

const START_FORMS = [['months'], ['start_date', 'end_date']] as const;
const RENEW_FORMS = [['months'], ['end_date']] as const;
const oneOf = (forms: readonly (readonly string[])[]) => ({ oneOf: forms.map((required) => ({ required })) });

/** A period in one of two forms, and for whom. */
export const startBody = z
  .strictObject({
    plan,
    months: months.optional().meta({ description: 'From now.' }),
    start_date: instant.optional().meta({ description: 'At most a year ahead.' }),
    end_date: instant.optional().meta({ description: 'The first instant that is not covered.' }),
    external_id: externalId.optional().meta({ description: 'The id in the billing system.' }),
    user_id: uuid.optional().meta({ description: 'Whose subscription: named by staff, and by them alone.' }),
  })
  .superRefine((body, context) => oneForm(body, START_FORMS, context))
  .meta(oneOf(START_FORMS));

/** By how much, or until when. */
export const renewBody = z
  .strictObject({ months: months.optional(), end_date: instant.optional() })
  .superRefine((body, context) => oneForm(body, RENEW_FORMS, context))
  .meta(oneOf(RENEW_FORMS));
