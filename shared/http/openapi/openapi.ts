import { z } from 'zod';
import { problemType } from '../problems/problem.ts';
import { PROBLEMS, type ProblemCode, shownCode } from '../problems/problem-codes.ts';
import { scopesOf } from '../routes/auth.ts';
import type { Method, RouteSpec } from '../routes/route.ts';
import { parameterExample } from './examples.ts';
import { content, jsonSchema, type Named } from './schemas.ts';
import { SECURITY_SCHEMES, security } from './security.ts';
import { type SentMessages, sentTo } from './webhooks.ts';

type Json = Readonly<Record<string, unknown>>;

/** A problem as every error answer shows it (RFC 9457). */
const problemSchema = z
  .object({
    type: z.string().meta({ description: 'urn:license-system:problem:<code>' }),
    title: z.string(),
    status: z.int(),
    code: z.enum([...new Set((Object.keys(PROBLEMS) as ProblemCode[]).map(shownCode))]).meta({
      description: 'Stable; the one member to decide by.',
    }),
    detail: z.string().optional(),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description:
              '/name in the body (RFC 6901), ?name in the query, {name} in the path, name: in the headers.',
          }),
          detail: z.string(),
        }),
      )
      .optional(),
    request_id: z.string().optional().meta({ description: 'Left out where Nginx answers by itself.' }),
  })
  .loose();

const FORM = 'application/x-www-form-urlencoded';
const PROBLEM_REF = { $ref: '#/components/schemas/Problem' };

const PARAMETER_PLACES = [
  ['params', 'path'],
  ['query', 'query'],
  ['headers', 'header'],
] as const;

function parameters(route: RouteSpec, named: Named): Json[] {
  return PARAMETER_PLACES.flatMap(([part, place]) =>
    Object.entries(route[part]?.shape ?? {}).flatMap(([name, field]) => {
      const { description, ...schema } = jsonSchema(field as z.ZodType, 'input', named);
      // What no value is good for, such as a header that is there to be refused, is no parameter.
      if (Object.keys(schema).length === 0) return [];
      // The document says it as a security scheme: as a parameter it is to be ignored.
      if (name === 'authorization' || name === 'host' || name === 'cookie') return [];
      const shown = place === 'header' ? headerName(name) : name;
      const required = place === 'path' || !(field as z.ZodType).safeParse(undefined).success;
      // A command that would be refused without it.
      const isNeeded = name === 'idempotency-key' && route.problems.includes('precondition_required');
      const example = parameterExample(shown, route.path, required || isNeeded);
      return [
        {
          name: shown,
          in: place,
          required,
          ...(description === undefined ? {} : { description }),
          schema,
          ...(example === undefined ? {} : { example }),
        },
      ];
    }),
  );
}

/** `if-match` → `If-Match`, as people write it. */
const headerName = (name: string): string => name.replaceAll(/(^|-)[a-z]/g, (start) => start.toUpperCase());

function answers(route: RouteSpec, named: Named): Json {
  const good = Object.entries(route.answers).map(([status, answer]) => [
    status,
    {
      description: answer.description,
      ...(answer.headers && {
        headers: Object.fromEntries(
          Object.entries(answer.headers).map(([name, description]) => [
            name,
            { description, schema: { type: 'string' } },
          ]),
        ),
      }),
      ...(answer.body && {
        content: {
          [answer.type ?? 'application/json']: content(answer.body, 'output', named),
        },
      }),
    },
  ]);
  return { ...Object.fromEntries(good), ...problems(route) };
}

const isForMembers = ({ auth }: RouteSpec): boolean =>
  auth !== 'anyone' && (scopesOf(auth).length > 0 || auth.includes('member'));

/** The problems that a route can have because of what it takes, beside those that it names. */
function problemCodes(route: RouteSpec): ProblemCode[] {
  return [
    ...(['invalid_request', 'malformed_request'] as const),
    ...(route.body ? (['malformed_json', 'body_too_large', 'unsupported_media_type'] as const) : []),
    'uri_too_long',
    'headers_too_large',
    ...(route.auth === 'anyone' || route.tokenOptional
      ? []
      : (['token_required', 'token_invalid', 'token_expired', 'token_ended', 'role_not_allowed'] as const)),
    ...(route.auth !== 'anyone' && route.auth.includes('license_key')
      ? (['license_key_unknown'] as const)
      : []),
    ...(route.auth === 'anyone' || scopesOf(route.auth).length === 0
      ? []
      : (['insufficient_scope'] as const)),
    ...(isForMembers(route) && route.method !== 'get' ? (['csrf_token_invalid'] as const) : []),
    ...(route.rateLimit ? (['rate_limited'] as const) : []),
    ...route.problems.filter((code) => canHave(route, code)),
    'internal_error',
    'service_unavailable',
  ];
}

/** The problem of the first code; a wrong field where that is what it is about. */
function problemExample([code = 'internal_error']: readonly ProblemCode[]): Json {
  const { status, title } = PROBLEMS[code];
  const errors = [{ pointer: '/email', detail: 'required' }];
  const requestId = '019afc2f-1b52-7e13-9b4c-0a1b2c3d4e5f';
  return {
    ...{ type: problemType(code), title, status, code: shownCode(code) },
    ...(code === 'invalid_request' ? { errors } : {}),
    request_id: requestId,
  };
}

/** What goes with a header that the route does not read. */
function canHave({ headers }: RouteSpec, code: ProblemCode): boolean {
  if (code === 'precondition_failed') return headers?.shape['if-match'] !== undefined;
  if (code === 'idempotency_key_reused') return headers?.shape['idempotency-key'] !== undefined;
  return true;
}

function problems(route: RouteSpec): Json {
  const byStatus = new Map<number, ProblemCode[]>();
  for (const code of new Set(problemCodes(route))) {
    const { status } = PROBLEMS[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus].map(([status, codes]) => [
      String(status),
      {
        description: codes.map((code) => `\`${shownCode(code)}\`: ${PROBLEMS[code].title}`).join('; '),
        content: {
          [route.errors === 'oauth' ? 'application/json' : 'application/problem+json']: {
            schema: PROBLEM_REF,
            example: problemExample(codes),
          },
        },
      },
    ]),
  );
}

function operation(route: RouteSpec, named: Named): Json {
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(route.description === undefined ? {} : { description: route.description }),
    security: security(route),
    parameters: parameters(route, named),
    ...(route.body && {
      requestBody: {
        required: !route.bodyOptional,
        content: { [route.form ? FORM : 'application/json']: content(route.body, 'input', named) },
      },
    }),
    responses: answers(route, named),
  };
}

/** The OpenAPI 3.1 document of these routes and messages. The same ones always give the same document. */
export function openApiDocument(
  routes: readonly RouteSpec[],
  version: string,
  messages: SentMessages = {},
): Json {
  const paths: Record<string, Partial<Record<Method, Json>>> = {};
  const named: Named = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, named) };
  }
  const webhooks = sentTo(messages, named);
  return {
    openapi: '3.1.0',
    info: {
      title: 'License System',
      version,
      description:
        'Sign-up, subscriptions, activations and license validation. Errors are problem documents (RFC 9457) with a stable `code`. A path that is not named here answers 404 `route_not_found`, a method that a path does not have 405 `method_not_allowed` with `Allow`, and a request that does not arrive in time 408.',
    },
    servers: [{ url: '/' }],
    paths,
    ...(Object.keys(webhooks).length > 0 && { webhooks }),
    components: {
      schemas: { ...named, Problem: jsonSchema(problemSchema, 'output', {}) },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}
