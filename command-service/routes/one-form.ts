import type { z } from 'zod';

/** Adds what is wrong with what may be given in one of several ways, by the fields' names. */
export function oneForm(
  given: Readonly<Record<string, unknown>>,
  forms: readonly (readonly string[])[],
  context: z.RefinementCtx,
): void {
  const complain = (field: string | undefined, message: string) =>
    context.addIssue({ code: 'custom', path: [String(field)], message });
  const names = forms.map((form) => form.join(' and '));
  const used = forms.filter((form) => form.some((field) => given[field] !== undefined));
  const [first = [], ...others] = used;
  if (used.length === 0) complain(forms[0]?.[0], ['required', ...names.slice(1)].join(', or '));
  for (const field of others.flat()) {
    if (given[field] !== undefined) complain(field, `not together with ${first.join(' and ')}`);
  }
  for (const field of used.length === 1 ? first : []) {
    if (given[field] === undefined) complain(field, 'required');
  }
}

/** The same for the document of the API. */
export const oneOf = (forms: readonly (readonly string[])[]) => ({
  oneOf: forms.map((required) => ({ required })),
});
