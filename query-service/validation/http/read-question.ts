import type { IncomingMessage } from 'node:http';
import { parse } from 'node:querystring';
import { z } from 'zod';
import { type Position, parsePosition } from '../../../shared/events/position.ts';
import { type FieldError, Problem } from '../../../shared/http/problems/problem.ts';
import { check, type Place } from '../../../shared/http/routes/fields.ts';
import { BODY_LIMIT } from '../../../shared/http/server/pipeline.ts';
import { type AskedQuestion, readUsualQuery, validateBody, validateQuery } from './question.ts';

const NO_FIELDS = z.strictObject({});
const JSON_TYPE = /^application\/json\s*(;|$)/i;
const UTF_8 = /;\s*charset\s*=\s*(?!"?utf-8"?\s*(;|$))/i;

export const minEventPosition = z
  .string()
  .refine((value) => parsePosition(value) !== undefined, {
    error: 'expected a position as Event-Position gives it',
  })
  .transform((value) => parsePosition(value) as Position)
  .optional()
  .meta({
    description:
      'The `Event-Position` of a command: the answer rests on what is at least as new, or is a 503.',
  });

export const validateHeaders = z.object({ 'min-event-position': minEventPosition });

/** The text behind the `?`; empty without one. */
export const searchOf = (url: string): string => {
  const mark = url.indexOf('?');
  return mark === -1 ? '' : url.slice(mark + 1);
};

/** A check of one part of the request. @throws Problem naming what is wrong in it */
function checked<S extends z.ZodType>(place: Place, schema: S, value: unknown): z.output<S> {
  const result = check(place, schema, value);
  if (result.ok) return result.value;
  throw new Problem('invalid_request', { errors: result.errors as readonly FieldError[] });
}

/** The question in a URL. @throws Problem naming the fields that are wrong */
export const readQuery = (search: string): AskedQuestion =>
  readUsualQuery(search) ?? checked('query', validateQuery, { ...parse(search) });

/** The question in the body of a POST; an empty body asks nothing in particular. @throws Problem */
export function readBody(url: string, text: string): AskedQuestion {
  checked('query', NO_FIELDS, { ...parse(searchOf(url)) });
  return checked('body', validateBody, parseJson(text));
}

/** A GET has no body; one that comes all the same says nothing that is understood. @throws Problem */
export const refuseBody = (text: string): void => void checked('body', NO_FIELDS, parseJson(text));

function parseJson(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Problem('malformed_json', { cause });
  }
}

/** @throws Problem naming the header */
export const readMinPosition = (header: string | string[] | undefined): Position | undefined =>
  header === undefined
    ? undefined
    : checked('header', validateHeaders, { 'min-event-position': header })['min-event-position'];

export const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;

/** The body's text. @throws Problem unsupported_media_type, body_too_large, malformed_request */
export async function readText(request: IncomingMessage): Promise<string> {
  const type = request.headers['content-type'] ?? '';
  const encoding = request.headers['content-encoding'] ?? 'identity';
  if (!JSON_TYPE.test(type) || UTF_8.test(type) || encoding !== 'identity')
    throw new Problem('unsupported_media_type');
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > BODY_LIMIT) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new Problem('malformed_request', { cause });
  }
  if (bytes > BODY_LIMIT) throw new Problem('body_too_large');
  return Buffer.concat(chunks).toString('utf8');
}
