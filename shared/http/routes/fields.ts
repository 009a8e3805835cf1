import { z } from 'zod';
import { CATALOGUE_NAME } from '../../catalogue/catalogue.ts';
import { expected } from '../../expected.ts';
import { hasUnseenCharacter } from '../../identity/characters.ts';
import { normaliseEmail } from '../../identity/email.ts';
import { EMAIL_LIKE, looksLikeEmail } from '../../identity/opaque.ts';
import { type Place, pointerTo } from '../input/pointer.ts';
import type { FieldError } from '../problems/problem.ts';

/** More wrong fields than this are not listed: an answer must not grow with what a stranger sends. */
const MAX_ERRORS = 20;
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

/** Reads a part of the request through its schema. */
export function check<S extends z.ZodType>(place: Place, schema: S, value: unknown): Checked<z.output<S>> {
  // The input is reported to tell an absent field from a wrong one, and goes no further.
  const parsed = schema.safeParse(value, { reportInput: true, error: expected });
  return parsed.success
    ? { ok: true, value: parsed.data }
    : { ok: false, errors: fieldErrors(place, parsed.error.issues) };
}

/** What is wrong, field by field. The values themselves are never repeated: a password may be among them. */
function fieldErrors(place: Place, issues: readonly z.core.$ZodIssue[]): FieldError[] {
  return issues
    .flatMap((issue): FieldError[] => {
      if (issue.code === 'unrecognized_keys') {
        return issue.keys.map((key) => ({
          pointer: pointerTo(place, [...issue.path, key]),
          detail: 'unknown field',
        }));
      }
      const isMissing = issue.code === 'invalid_type' && issue.input === undefined;
      return [{ pointer: pointerTo(place, issue.path), detail: isMissing ? 'required' : issue.message }];
    })
    .slice(0, MAX_ERRORS);
}

/** In code points, as JSON Schema counts: a fox is one. */
const lengthOf = (value: string): number => [...value].length;

/** Text of a client's: no control characters, no half of a surrogate pair (neither survives every store and log). */
export const text = (minimum: number, maximum: number) =>
  z
    .string({ error: 'expected a text' })
    .refine((value) => lengthOf(value) >= minimum, {
      error: `expected at least ${minimum} character${minimum === 1 ? '' : 's'}`,
    })
    .refine((value) => lengthOf(value) <= maximum, { error: `expected at most ${maximum} characters` })
    .meta({ minLength: minimum, maxLength: maximum })
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, { error: 'control characters are not allowed' });

/** An email address as it is typed, which may be longer than the form that is stored. */
export const typedEmail = text(3, 500).trim();

/** An email address that is stored from now on. Trimmed, and else as it was typed: the write side normalises it. */
export const newEmail = typedEmail
  .refine((value) => normaliseEmail(value) !== undefined, {
    error: 'expected an email address of at most 254 bytes, without invisible characters',
  })
  .meta({ format: 'idn-email' });

/** An email address to look for: also one that an older release took. */
export const knownEmail = typedEmail.regex(/^[^\s@]+@[^\s@]+$/, { error: 'expected an email address' });

/** An id of somebody else's making, which stands unencrypted in the log for ever. */
export const opaque = (maximum: number) =>
  text(1, maximum)
    .refine((value) => !hasUnseenCharacter(value), { error: 'invisible characters are not allowed' })
    .refine((value) => !looksLikeEmail(value), {
      error:
        'this looks like an email address: the id is kept for ever and cannot be erased, so it must not name a person',
    })
    .meta({ not: { pattern: EMAIL_LIKE.source } });

/** The seller's own id of a user or a subscription: the same letters are the same id, however they were typed. */
export const externalId = opaque(128).transform((id) => id.normalize('NFC'));

/** The name of a product or a plan. */
export const catalogueName = z
  .string()
  .regex(CATALOGUE_NAME, { error: 'expected a name as the catalogue has it, such as app or pro' });

/** The id of a user, a subscription or a license. */
export const uuid = z.uuid({ error: 'expected a UUID' }).transform((id) => id.toLowerCase());

/** An instant: ISO 8601 with a time zone, to the millisecond at most; milliseconds since 1970 inside. */
export const instant = z.iso
  .datetime({
    offset: true,
    error: 'expected a date and time with a time zone, such as 2030-01-31T00:00:00Z',
  })
  .max(35)
  .transform((value) => Date.parse(value));
