import type { z } from 'zod';
import type { ProblemCode } from '../problems/problem-codes.ts';
import type { Grant, Principal } from './auth.ts';

export type Method = 'get' | 'post' | 'patch' | 'delete';

type Fields = z.ZodObject;
type NoFields = Readonly<Record<string, never>>;
type Output<S> = S extends z.ZodType ? z.output<S> : NoFields;

/** One status of a route's answers. Without `body` the answer has none. */
export interface AnswerSpec {
  readonly description: string;
  readonly body?: z.ZodType;
  /** Media type of the body where it is not JSON. */
  readonly type?: string;
  /** Name → what it says. */
  readonly headers?: Readonly<Record<string, string>>;
}

type Answers = Readonly<Record<number, AnswerSpec>>;

/** Several values are several fields of that name: cookies alone need that. */
type AnswerHeaders = Readonly<Record<string, string | string[]>>;

/** What a handler answers: a status that the route declares, with that status's body. */
export type Answer<A extends Answers> = {
  [K in keyof A & number]: {
    readonly status: K;
    readonly headers?: AnswerHeaders;
  } & (A[K] extends { body: infer B extends z.ZodType }
    ? { readonly body: z.input<B> }
    : { readonly body?: undefined });
}[keyof A & number];

/** What every handler is told of its request. */
export interface RequestFacts {
  /** Who asks; undefined where `auth` is 'anyone'. */
  readonly principal: Principal | undefined;
  readonly requestId: string;
  /** Method and path with the checked parameters in it: `POST /v1/licenses/…/revoke`. */
  readonly target: string;
  /** The caller's address, as far as the configured proxies are believed. */
  readonly address: string;
  /** The same in every attempt of a proxy to have this request answered; undefined where none says so. */
  readonly retryKey: string | undefined;
  /** Fires when the caller has gone. */
  readonly signal: AbortSignal;
}

/** What a handler is given: everything checked, nothing of Express. */
export interface RouteRequest<P, Q, H, B> extends RequestFacts {
  readonly params: Output<P>;
  readonly query: Output<Q>;
  /** The headers that the route names, by their names in lower case. */
  readonly headers: Output<H>;
  readonly body: Output<B>;
}

/** The same for whoever does not know the route's schemas. */
export interface AnyRouteRequest extends RequestFacts {
  readonly params: unknown;
  readonly query: unknown;
  readonly headers: unknown;
  readonly body: unknown;
}

export interface RateLimitSpec {
  /** Name of the limit, also of the setting that holds its number and of its counters. */
  readonly name: string;
  readonly by: 'address' | 'caller';
}

/** What is known of every route, whatever its schemas: for routing, and for the OpenAPI document. */
export interface RouteSpec {
  readonly method: Method;
  /** As OpenAPI writes it: `/v1/subscriptions/{id}/renew`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: string;
  /** 'anyone' takes no token at all and looks at none. */
  readonly auth: 'anyone' | readonly Grant[];
  /** A request without a token, or with a bad one, is answered as a good one is: the answer says so. */
  readonly tokenOptional?: boolean;
  readonly params?: Fields;
  readonly query?: Fields;
  /** Names in lower case. Headers that are not named here are not looked at. */
  readonly headers?: Fields;
  /** Without it the route takes no body, or an empty object. */
  readonly body?: z.ZodType;
  /** The body may be left out, and then counts as an empty object. */
  readonly bodyOptional?: boolean;
  /** The body is a form (`application/x-www-form-urlencoded`) and not JSON; fields that are not named are ignored. */
  readonly form?: boolean;
  /** How errors are written, where not as problem documents: as RFC 6749, 5.2 has them. */
  readonly errors?: 'oauth';
  readonly answers: Answers;
  /** Problems beyond the ones that every such route has. */
  readonly problems: readonly ProblemCode[];
  readonly rateLimit?: RateLimitSpec;
  /** Pages of any origin may call it and read its answers (CORS). */
  readonly crossOrigin?: boolean;
}

/** A route with its handler. `Context` is what the service hands to all of its handlers. */
export interface Route<Context> extends RouteSpec {
  handle(context: Context, request: AnyRouteRequest): Promise<HandlerAnswer>;
}

export interface HandlerAnswer {
  readonly status: number;
  readonly headers?: AnswerHeaders;
  readonly body?: unknown;
}

/**
 * A service's way to write its routes: `route({…}).handle(async (context, request) => …)`. One object says everything
 * about a route, and both the routing and the OpenAPI document come from it. Importing a route starts nothing; what
 * it needs at work comes in through the context.
 *
 * In two steps, because TypeScript checks a handler's answer against the route's only once the route's type is known.
 */
export const routesFor =
  <Context>() =>
  <
    const A extends Answers,
    P extends Fields | undefined = undefined,
    Q extends Fields | undefined = undefined,
    H extends Fields | undefined = undefined,
    B extends z.ZodType | undefined = undefined,
  >(
    route: Omit<RouteSpec, 'params' | 'query' | 'headers' | 'body' | 'answers'> & {
      readonly params?: P;
      readonly query?: Q;
      readonly headers?: H;
      readonly body?: B;
      readonly answers: A;
    },
  ) => ({
    handle: (
      handle: (context: Context, request: RouteRequest<P, Q, H, B>) => Promise<Answer<A>>,
    ): Route<Context> =>
      // The schemas that give the handler its types are the ones that the router checks with: one object seen from
      // two sides, which TypeScript can't follow through the generics.
      ({ ...route, handle }) as unknown as Route<Context>,
  });
