import { z } from 'zod';
import type { RouteSpec } from '../../shared/http/routes/route.ts';
import { CODES } from '../validation/answer/answer.ts';
import { VALIDATE_PATH } from '../validation/http/fast-path.ts';
import { validateBody, validateQuery } from '../validation/http/question.ts';
import { validateHeaders } from '../validation/http/read-question.ts';

const instant = z.iso.datetime({ precision: 3 }).nullable();

const answer = z
  .strictObject({
    status: z.enum(['valid', 'invalid']),
    code: z.enum(CODES).meta({ description: 'Why, also when valid.' }),
    premium: z
      .boolean()
      .meta({ description: 'A plan other than `free` is running, and the answer is VALID.' }),
    plan_type: z.string().nullable(),
    product: z.string().nullable(),
    trial: z.boolean().meta({ description: 'The subscription is a trial, whether it still runs or not.' }),
    license_id: z.string().nullable(),
    client_id: z.string().nullable(),
    entitlements: z.array(z.string()).nullable(),
    expires_at: instant,
    grace_until: instant,
    grace: z.boolean(),
    as_of: instant.meta({ description: 'When the oldest part of what the answer rests on was read.' }),
  })
  .meta({ id: 'ValidationAnswer' });

const common = {
  path: VALIDATE_PATH,
  tag: 'Validation',
  description:
    'Always 200 for a well-formed question; `code` says the rest: `INVALID_KEY` also where no key was sent. With `Accept: application/jwt` a valid answer comes as a signed lease that holds offline until its `exp`; the content type tells.',
  auth: ['client'],
  crossOrigin: true,
  tokenOptional: true,
  headers: validateHeaders,
  answers: {
    200: {
      description: 'The answer.',
      body: answer,
      headers: {
        Age: 'Seconds for which nobody could say whether the knowledge still holds; most answers have none.',
        'RateLimit-Policy': 'Validations a minute, by the terms of the subscription.',
        RateLimit: 'What is left of them, and the seconds until the count starts over.',
      },
    },
  },
  problems: [
    'rate_limited',
    'busy',
    'database_unavailable',
    'read_model_behind',
    'read_model_parked',
    'signing_unavailable',
  ],
} as const satisfies Partial<RouteSpec>;

/** For the API's document: these two are answered by validation/fast-path.ts, and not by Express. */
export const validationSpecs: readonly RouteSpec[] = [
  {
    ...common,
    method: 'get',
    operationId: 'validateLicense',
    summary: 'Is this license good now?',
    query: validateQuery,
  },
  {
    ...common,
    method: 'post',
    operationId: 'validateLicenseByPost',
    summary: 'The same question in a body',
    body: validateBody,
    bodyOptional: true,
  },
];
