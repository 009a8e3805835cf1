import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Request } from 'express';
import { z } from 'zod';
import { ANONYMOUS, type UsageCounter } from '../../usage/usage-counter.ts';
import { hasBody, readForm, readJson } from '../input/body.ts';
import type { Place } from '../input/pointer.ts';
import type { AnonymousLimit } from '../limits/anonymous-limit.ts';
import { addressKey } from '../limits/client-address.ts';
import { type RateLimiter, rateLimitHeaders } from '../limits/rate-limit.ts';
import type { Metrics } from '../metrics.ts';
import { type FieldError, Problem } from '../problems/problem.ts';
import { type Authenticate, type Credentials, isStaffPrincipal } from '../routes/auth.ts';
import { check } from '../routes/fields.ts';
import type { AnyRouteRequest, RateLimitSpec, RequestFacts, Route, RouteSpec } from '../routes/route.ts';
import { sendAnswer } from './answer.ts';
import type { Exchange } from './exchange.ts';

export interface PipelineOptions {
  readonly authenticate: Authenticate;
  readonly limiter: RateLimiter;
  /** Requests a minute, by the name of the limit; under `staff_<name>` the staff's, where theirs is another. */
  readonly limits: Readonly<Record<string, number>>;
  /** Of requests that nobody answers for. */
  readonly anonymous?: AnonymousLimit | undefined;
  readonly usage?: UsageCounter | undefined;
  readonly metrics: Metrics;
}

const NO_FIELDS = z.strictObject({});

/**
 * A request's way through a route: who asks, whether they may, whether it is too often, what they say, the handler, the
 * answer. In this order, so that what is refused costs as little as possible.
 */
export async function runRoute<C>(
  route: Route<C>,
  context: C,
  request: Request,
  response: ServerResponse,
  exchange: Exchange,
  options: PipelineOptions,
): Promise<void> {
  exchange.errors = route.errors;
  await authenticate(route, request, exchange, options);
  if (route.rateLimit) limit(route.rateLimit, exchange, options);
  // What was refused is counted by the limit alone.
  count(route, exchange, options);
  const input = readInput(route, request, await readBody(route, request));
  const answer = await route.handle(context, {
    ...input,
    principal: exchange.principal,
    requestId: exchange.requestId,
    target: target(route, input.params as Readonly<Record<string, unknown>>),
    address: exchange.address,
    retryKey: exchange.retryKey,
    signal: goneSignal(response),
  });
  sendAnswer(response, exchange, answer, route.answers[answer.status]?.type);
}

function credentialsOf({ method, headers }: IncomingMessage): Credentials {
  const csrfToken = headers['x-csrf-token'];
  return {
    authorization: headers.authorization,
    cookie: headers.cookie,
    csrfToken: typeof csrfToken === 'string' ? csrfToken : undefined,
    changes: method !== 'GET' && method !== 'HEAD',
  };
}

/** @throws Problem rate_limited: too many requests of this address had no credential, or one that is no good */
async function authenticate(
  { auth, rateLimit }: RouteSpec,
  request: Request,
  exchange: Exchange,
  options: PipelineOptions,
): Promise<void> {
  if (auth === 'anyone') {
    if (!rateLimit) options.anonymous?.count(exchange.address);
    return;
  }
  try {
    exchange.principal = await options.authenticate(credentialsOf(request), auth);
  } catch (error) {
    if (error instanceof Problem && error.status === 401) options.anonymous?.count(exchange.address);
    throw error;
  }
}

function count(route: RouteSpec, exchange: Exchange, { usage }: PipelineOptions): void {
  const { principal } = exchange;
  const userId = principal && 'userId' in principal ? principal.userId : ANONYMOUS;
  usage?.count(userId, `${route.method.toUpperCase()} ${route.path}`, exchange.address);
}

/** @throws Problem rate_limited */
function limit({ name, by }: RateLimitSpec, exchange: Exchange, options: PipelineOptions): void {
  const { principal } = exchange;
  const ofStaff = isStaffPrincipal(principal) ? options.limits[`staff_${name}`] : undefined;
  const perMinute = ofStaff ?? options.limits[name];
  if (perMinute === undefined) throw new Error(`no number is set for the rate limit "${name}"`);
  // A license key is typed into many machines, and each of them is a caller.
  const caller =
    principal && principal.role !== 'license_key' && by === 'caller'
      ? `${principal.role}:${principal.id}`
      : undefined;
  const decision = options.limiter.check(`${name}:${caller ?? addressKey(exchange.address)}`, perMinute);
  Object.assign(exchange.headers, rateLimitHeaders(name, perMinute, decision));
  if (decision.allowed) return;
  options.metrics.rateLimited.inc({ limit: name });
  throw new Problem('rate_limited', { headers: { 'Retry-After': String(decision.resetSeconds) } });
}

/** The body's JSON, or its form's fields. Where there is none: an empty object if the route lets it be left out, else undefined. @throws Problem */
async function readBody(route: RouteSpec, request: IncomingMessage): Promise<unknown> {
  const read = route.form ? readForm : readJson;
  const body = hasBody(request) ? await read(request) : undefined;
  return body === undefined && !(route.body && !route.bodyOptional) ? {} : body;
}

/** Everything that the request says, checked; all that is wrong is named at once. @throws Problem invalid_request */
function readInput(
  route: RouteSpec,
  request: Request,
  body: unknown,
): Omit<AnyRouteRequest, keyof RequestFacts> {
  const errors: FieldError[] = [];
  const read = (place: Place, schema: z.ZodType, value: unknown) => {
    const checked = check(place, schema, value);
    if (checked.ok) return checked.value;
    errors.push(...checked.errors);
    return undefined;
  };
  const names = Object.keys(route.headers?.shape ?? {});
  const input = {
    params: read('path', route.params ?? NO_FIELDS, { ...request.params }),
    query: read('query', route.query ?? NO_FIELDS, { ...request.query }),
    headers: read(
      'header',
      route.headers ?? NO_FIELDS,
      Object.fromEntries(
        names.flatMap((name) => (name in request.headers ? [[name, request.headers[name]]] : [])),
      ),
    ),
    body: read('body', route.body ?? NO_FIELDS, body),
  };
  if (errors.length > 0) throw new Problem('invalid_request', { errors });
  return input;
}

const target = ({ method, path }: RouteSpec, params: Readonly<Record<string, unknown>>): string =>
  `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(String(params[name])))}`;

/** Fires when the connection is gone before the answer was. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
}
