import fc from 'fast-check';
import { badBody, wrongs } from './bad.ts';
import { bodySchema, type Endpoint, type Parameter, written } from './document.ts';
import { good, goodOf } from './good.ts';
import type { World } from './world.ts';

/** What a caller sends; `isGood` as far as the document can tell. */
export interface FuzzRequest {
  readonly endpoint: Endpoint;
  readonly isGood: boolean;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

type Values = Readonly<Record<string, unknown>>;

/** Headers of an HTTP client are ASCII, and nobody sees blanks around them. */
const isHeader = (value: unknown): boolean => /^[!-~]([ -~]*[!-~])?$/.test(String(value));

/** Values of a parameter, mostly such that something is found by them. */
function valuesOf(
  { name, in: place, schema }: Parameter,
  { ids, positions, known }: World,
): fc.Arbitrary<unknown> {
  const values = place === 'header' ? good(schema).filter(isHeader) : goodOf(name, schema, known);
  const some = schema.format === 'uuid' ? ids : name === 'Min-Event-Position' ? positions : [];
  if (some.length === 0) return values;
  return fc.oneof({ weight: 29, arbitrary: fc.constantFrom(...some) }, { weight: 1, arbitrary: values });
}

function parameterValues({ parameters }: Endpoint, place: Parameter['in'], world: World) {
  const ours = parameters.filter((parameter) => parameter.in === place);
  const model = Object.fromEntries(ours.map((parameter) => [parameter.name, valuesOf(parameter, world)]));
  const requiredKeys = ours.filter(({ required }) => required).map(({ name }) => name);
  return fc.record(model, { requiredKeys }) as fc.Arbitrary<Values>;
}

/** The analyst's is asked with where its one scope will do. */
const heldBy = ({ credentials }: World, way: string, scopes: readonly string[]) =>
  credentials[scopes.includes('history:read') ? 'analystToken' : way] ?? [];

const NOBODY = { Authorization: 'Bearer no.real.token' };

/** The headers that say who asks. */
function credentialsFor(
  { security }: Endpoint,
  world: World,
): fc.Arbitrary<Readonly<Record<string, string>>> {
  const known = security.flatMap(Object.entries).flatMap(([way, scopes]) => heldBy(world, way, scopes));
  if (known.length === 0) return fc.constant({});
  return fc.oneof({ weight: 20, arbitrary: fc.constantFrom(...known) }, fc.constantFrom({}, NOBODY));
}

function goodRequest(endpoint: Endpoint, world: World) {
  const schema = bodySchema(endpoint);
  const optional = endpoint.requestBody?.required === false;
  return fc.record({
    path: parameterValues(endpoint, 'path', world),
    query: parameterValues(endpoint, 'query', world),
    headers: parameterValues(endpoint, 'header', world),
    credentials: credentialsFor(endpoint, world),
    body: schema
      ? optional
        ? fc.option(good(schema, world.known), { nil: undefined })
        : good(schema, world.known)
      : fc.constant(undefined),
  });
}

type Parts = ReturnType<typeof goodRequest> extends fc.Arbitrary<infer P> ? P : never;

/** Who names a client in the body shows nothing in the header: one way a request (RFC 6749, section 2.3). */
const namesClient = (body: unknown): boolean =>
  typeof body === 'object' &&
  body !== null &&
  ('client_id' in body || 'client_secret' in body) &&
  'grant_type' in body;

function built(endpoint: Endpoint, parts: Parts, isGood: boolean): FuzzRequest {
  const path = endpoint.path.replaceAll(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(parts.path[name])),
  );
  const query = Object.entries(parts.query).map(
    ([name, value]) => `${name}=${encodeURIComponent(String(value))}`,
  );
  const body = parts.body === undefined ? undefined : written(endpoint, parts.body);
  return {
    endpoint,
    isGood,
    url: `${path}${query.length > 0 ? '?' : ''}${query.join('&')}`,
    headers: {
      ...(namesClient(parts.body) ? {} : parts.credentials),
      ...Object.fromEntries(Object.entries(parts.headers).map(([name, value]) => [name, String(value)])),
      ...(body && { 'Content-Type': body.type }),
    },
    ...(body && { body: body.text }),
  };
}

/** One place of a good request made bad: a parameter, a field of the body, or its form. */
function spoiled(endpoint: Endpoint, parts: Parts): fc.Arbitrary<FuzzRequest> {
  const ways: fc.Arbitrary<FuzzRequest>[] = [];
  const request = (change: Partial<Parts>) => built(endpoint, { ...parts, ...change }, false);
  const texts = ({ schema, in: place }: Parameter) =>
    wrongs(schema).filter(
      (value) => typeof value === 'string' && value !== '' && (place !== 'header' || isHeader(value)),
    );
  for (const parameter of endpoint.parameters) {
    const place = parameter.in === 'header' ? 'headers' : parameter.in;
    const values = texts(parameter);
    if (values.length === 0) continue;
    ways.push(
      fc
        .constantFrom(...values)
        .map((value) => request({ [place]: { ...parts[place], [parameter.name]: value } })),
    );
  }
  ways.push(
    fc
      .constantFrom('unknown', '__proto__')
      .map((name) => request({ query: { ...parts.query, [name]: '1' } })),
  );
  const schema = bodySchema(endpoint);
  if (schema && parts.body) {
    ways.push(badBody(schema, parts.body).map((body) => request({ body })));
    const deep = `${'['.repeat(9_000)}${']'.repeat(9_000)}`;
    const raw = fc.constantFrom('{', '{"a":1,}', "{'a':1}", 'NaN', '\u0000', '{"a":1}{"a":1}', '1e999', deep);
    ways.push(raw.map((body) => ({ ...request({}), body })));
    const types = fc.constantFrom('text/plain', 'application/json; charset=x', 'application/xml');
    ways.push(
      types.map((type) => ({ ...request({}), headers: { ...request({}).headers, 'Content-Type': type } })),
    );
    ways.push(fc.constant({ ...request({}), body: JSON.stringify({ a: 'x'.repeat(50_000) }) }));
  }
  return fc.oneof(...ways);
}

/** Requests to an endpoint: two of three as the document wants them. */
export const requestsTo = (endpoint: Endpoint, world: World): fc.Arbitrary<FuzzRequest> =>
  goodRequest(endpoint, world).chain((parts) =>
    fc.oneof(
      { weight: 2, arbitrary: fc.constant(built(endpoint, parts, true)) },
      { weight: 1, arbitrary: spoiled(endpoint, parts) },
    ),
  );
