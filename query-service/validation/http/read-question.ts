import { z } from 'zod';
import { type Position, parsePosition } from '../../../shared/event-log/position.ts';
import type { Place } from '../../../shared/http/input/pointer.ts';
import { parseQuery, searchOf } from '../../../shared/http/input/query.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { check } from '../../../shared/http/routes/fields.ts';
import { type AskedQuestion, readUsualQuery, validateBody, validateQuery } from './question.ts';

const NO_FIELDS = z.strictObject({});

export const minEventPosition = z
  .string()
  .regex(/^\d{1,18}\/\d{1,18}$/, { error: 'expected a position as Event-Position gives it' })
  .transform((value) => parsePosition(value) as Position)
  .optional()
  .meta({
    description:
      'The `Event-Position` of a command: the answer rests on what is at least as new, or is a 503.',
  });

export const validateHeaders = z.object({ 'min-event-position': minEventPosition });

/** A check of one part of the request. @throws Problem naming what is wrong in it */
function checked<S extends z.ZodType>(place: Place, schema: S, value: unknown): z.output<S> {
  const result = check(place, schema, value);
  if (result.ok) return result.value;
  throw new Problem('invalid_request', { errors: result.errors });
}

/** The question in a URL. @throws Problem naming the fields that are wrong */
export const readQuery = (search: string): AskedQuestion =>
  readUsualQuery(search) ?? checked('query', validateQuery, parseQuery(search));

/** The question in the body of a POST; without one nothing in particular is asked. @throws Problem */
export function readBody(url: string, body: unknown = {}): AskedQuestion {
  checked('query', NO_FIELDS, parseQuery(searchOf(url)));
  return checked('body', validateBody, body);
}

/** A GET has no body; one that comes all the same says nothing that is understood. @throws Problem */
export const refuseBody = (body: unknown = {}): void => void checked('body', NO_FIELDS, body);

/** @throws Problem naming the header */
export const readMinPosition = (header: string | string[] | undefined): Position | undefined =>
  header === undefined
    ? undefined
    : checked('header', validateHeaders, { 'min-event-position': header })['min-event-position'];
