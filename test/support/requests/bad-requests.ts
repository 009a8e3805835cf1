import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { PROBLEMS } from '../../../shared/http/problems/problem-codes.ts';
import type { RouteSpec } from '../../../shared/http/routes/route.ts';

/** A request that its route must refuse. */
export interface BadRequest {
  /** What is wrong with it. */
  readonly what: string;
  readonly method: string;
  readonly resource: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Schema = {
  readonly type?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly minLength?: number;
  readonly minimum?: number;
};

/** Values of every kind that JSON knows, and texts that no store should see. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1.5,
  1e308,
  Number.MAX_SAFE_INTEGER,
  '',
  ' ',
  'x',
  'a\u0000b',
  'line\nbreak',
  '\u007f',
  '\ud800',
  '../../etc/passwd',
  "'; DROP TABLE users; --",
  '2030-02-30T00:00:00Z',
  '9999999-01-01T00:00:00Z',
  'x'.repeat(9_000),
  `${'\u0130'.repeat(130)}@example.com`,
  'ada\u200b@example.com',
  '\ufeffada@example.com',
  [],
  [[]],
  {},
  { $gt: '' },
];

/** A value that the field should take, by its JSON Schema and its name. */
function sample(name: string, schema: Schema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.format === 'uuid') return randomUUID();
  if (schema.format === 'date-time') return '2030-01-31T00:00:00Z';
  if (name.includes('email')) return `${randomUUID()}@example.com`;
  switch (schema.type) {
    case 'integer':
    case 'number':
      return schema.minimum && schema.minimum > 0 ? schema.minimum : 1;
    case 'boolean':
      return true;
    case 'array':
      return [];
    default:
      return 'sample-value-1'.padEnd(schema.minLength ?? 0, 'x');
  }
}

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Schema;

/** Its path with good parameters in it, or with `bad` for one of them. */
function pathOf(route: RouteSpec, bad: Readonly<Record<string, string>> = {}): string {
  const fields = route.params ? schemaOf(route.params).properties : {};
  return route.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(bad[name] ?? String(sample(name, fields?.[name] ?? {}))),
  );
}

function badBodies(route: RouteSpec): { what: string; body: unknown }[] {
  const schema = route.body ?? z.strictObject({});
  const fields = schemaOf(schema).properties ?? {};
  const good = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, sample(name, field)]));
  const replaced = Object.keys(fields).flatMap((name) =>
    STRANGE.map((value) => ({
      what: `${name} = ${String(JSON.stringify(value)).slice(0, 40)}`,
      body: { ...good, [name]: value },
    })),
  );
  const left = Object.keys(fields).map((name) => {
    const { [name]: _, ...rest } = good;
    return { what: `without ${name}`, body: rest };
  });
  const more = ['admin', 'constructor', 'user_role', 'x'.repeat(200)].map((name) => ({
    what: `with ${name.slice(0, 20)}`,
    body: { ...good, [name]: 1 },
  }));
  const proto = { what: 'with __proto__', body: JSON.parse('{"__proto__":{"role":"operator"}}') as unknown };
  const whole = [null, 1, 'text', [], [good], true].map((body) => ({
    what: `body ${String(JSON.stringify(body)).slice(0, 20)}`,
    body: body as unknown,
  }));
  return [...replaced, ...left, ...more, proto, ...whole].filter(
    ({ body }) => !schema.safeParse(body).success,
  );
}

function badParameters(route: RouteSpec): { what: string; resource: string }[] {
  const params = Object.entries(route.params?.shape ?? {}).flatMap(([name, schema]) =>
    ['x', 'a\u0000b', 'line\nbreak', '\u007f', 'x'.repeat(3_000), randomUUID().slice(1), '{}']
      .filter((value) => !(schema as z.ZodType).safeParse(value).success)
      .map((value) => ({
        what: `${name} = ${JSON.stringify(value).slice(0, 40)}`,
        resource: pathOf(route, { [name]: value }),
      })),
  );
  const path = pathOf(route);
  // Where somebody else makes the query, it may hold more than we know.
  const takesMore = route.query?.safeParse({ unknown: '1' }).success === true;
  const query = takesMore ? [] : ['?unknown=1', '?__proto__=1', '?%00=1', `?${'q'.repeat(2_000)}=1`];
  const fields = Object.entries(route.query?.shape ?? {}).flatMap(([name, schema]) => [
    ...['a\u0000b', 'line\nbreak', 'x'.repeat(6_000)]
      .filter((value) => !(schema as z.ZodType).safeParse(value).success)
      .map((value) => `?${name}=${encodeURIComponent(value)}`),
    `?${name}=a&${name}=b`,
  ]);
  return [
    ...params,
    { what: 'a broken escape in the query of an unknown field', resource: `${path}?%zz=1` },
    ...[...query, ...fields].map((text) => ({ what: text.slice(0, 40), resource: path + text })),
  ];
}

function badHeaders(route: RouteSpec): { what: string; headers: Record<string, string> }[] {
  // What `fetch` sends as Host is its own.
  const fields = Object.entries(route.headers?.shape ?? {}).filter(([name]) => name !== 'host');
  return fields.flatMap(([name, schema]) =>
    [' ', 'a b', '"', '""', '"a', 'a\tb', '\u00ff', 'x'.repeat(3_000), '"1", 2', '{}']
      .filter((value) => value.trim() !== '' && !(schema as z.ZodType).safeParse(value.trim()).success)
      .map((value) => ({
        what: `${name}: ${JSON.stringify(value).slice(0, 40)}`,
        headers: { [name]: value },
      })),
  );
}

/** Every way in which a request to this route is made wrong here. All of them must be answered with a 4xx problem. */
export function badRequests(route: RouteSpec): BadRequest[] {
  const method = route.method.toUpperCase();
  const resource = pathOf(route);
  const json = { 'Content-Type': 'application/json' };
  const request = { method, resource, headers: {} };
  const withBody = method === 'GET' ? [] : badBodies(route);
  const raw = ['{', '{"a":1,}', "{'a':1}", 'NaN', '\u0000', '[1', '"\\ud8"', '{"a":1}{"a":1}'];
  return [
    ...withBody.map(({ what, body }) => ({ ...request, what, headers: json, body: JSON.stringify(body) })),
    ...badParameters(route).map((bad) => ({ ...request, ...bad })),
    ...badHeaders(route).map((bad) => ({ ...request, ...bad })),
    ...(method === 'GET'
      ? []
      : [
          ...raw.map((body) => ({ ...request, what: `raw ${JSON.stringify(body)}`, headers: json, body })),
          { ...request, what: 'a text', headers: { 'Content-Type': 'text/plain' }, body: '{}' },
          {
            ...request,
            what: 'another charset',
            headers: { 'Content-Type': 'application/json; charset=x' },
            body: '{}',
          },
          {
            ...request,
            what: 'no compression',
            headers: { ...json, 'Content-Encoding': 'gzip' },
            body: '{}',
          },
          {
            ...request,
            what: 'a large body',
            headers: json,
            body: JSON.stringify({ a: 'x'.repeat(200_000) }),
          },
        ]),
  ];
}

/** Not who asks or what exists: these requests are refused for what they say. */
const ABOUT_THE_REQUEST = new Set([
  'invalid_request',
  'malformed_json',
  'malformed_request',
  'body_too_large',
  'unsupported_media_type',
  'headers_too_large',
]);

/** Each must be a 4xx problem; what is not is named. @param caller headers that say who asks */
export async function wrongAnswer(
  url: string,
  request: BadRequest,
  caller: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  const response = await fetch(`${url}${request.resource}`, {
    method: request.method,
    headers: { ...request.headers, ...caller },
    ...(request.body === undefined ? {} : { body: request.body }),
  });
  const text = await response.text();
  // A token endpoint's errors are plain JSON (RFC 6749, 5.2), with the same members.
  const type = request.resource.startsWith('/v1/token') ? 'application/json' : 'application/problem+json';
  const problem = response.headers.get('Content-Type') === type;
  const body = problem ? (JSON.parse(text) as Record<string, unknown>) : {};
  const known = PROBLEMS[body.code as keyof typeof PROBLEMS];
  const good =
    known?.status === response.status &&
    ABOUT_THE_REQUEST.has(String(body.code)) &&
    String(body.request_id).length >= 8 &&
    (body.code !== 'invalid_request' || (Array.isArray(body.errors) && body.errors.length > 0));
  return good
    ? undefined
    : `${request.method} ${request.resource.slice(0, 60)} (${request.what}): ${response.status} ${text.slice(0, 200)}`;
}
