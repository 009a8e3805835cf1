import type { IncomingMessage } from 'node:http';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Logger } from '../../process/logger.ts';
import { isTracing } from '../../tracing/tracing.ts';
import type { Health } from '../health.ts';
import { parseQuery } from '../input/query.ts';
import type { TrustedProxies } from '../limits/client-address.ts';
import type { Metrics } from '../metrics.ts';
import { mountOperations } from '../openapi/operations.ts';
import { Problem } from '../problems/problem.ts';
import type { Route } from '../routes/route.ts';
import { SHARED_PATHS } from '../routes/shared-paths.ts';
import { methodNotAllowed, sendProblem } from './answer.ts';
import { CROSS_ORIGIN, preflight } from './cross-origin.ts';
import { beginExchange, type Exchange, isOperations } from './exchange.ts';
import { type PipelineOptions, runRoute } from './pipeline.ts';
import { inServerSpan } from './server-span.ts';

export interface HttpAppOptions<C> extends PipelineOptions {
  readonly routes: readonly Route<C>[];
  readonly context: C;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly trusted: TrustedProxies;
  /** Adds what is no route of the API, such as the documentation's pages. */
  readonly extend?: (app: Express) => void;
}

/**
 * An Express application that answers the routes, health and metrics, and every other request with a problem. It
 * listens nowhere yet; see server.ts.
 */
export function createHttpApp<C>(options: HttpAppOptions<C>): Express {
  const { logger, metrics } = options;
  // From nothing to one is no rise for Prometheus, so each begins at zero.
  for (const { rateLimit } of options.routes)
    if (rateLimit) metrics.rateLimited.inc({ limit: rateLimit.name }, 0);
  const exchanges = new WeakMap<IncomingMessage, Exchange>();
  const exchangeOf = (request: Request, response: Response): Exchange => {
    const known = exchanges.get(request) ?? beginExchange(request, response, options);
    exchanges.set(request, known);
    return known;
  };
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  app.set('query parser', (search: string | null) => parseQuery(search ?? ''));
  app.use((request, response, next) => {
    const exchange = exchangeOf(request, response);
    if (isTracing() && !isOperations(request.url)) inServerSpan(request, response, exchange, next);
    else next();
  });
  mountOperations(app, options, (request, response, route) => {
    exchangeOf(request, response).route = route;
  });
  options.extend?.(app);
  for (const [path, routes] of byPath(options.routes)) {
    const place = app.route(expressPath(path));
    const open = routes.filter(({ crossOrigin }) => crossOrigin);
    place.all((request, response, next) => {
      const exchange = exchangeOf(request, response);
      exchange.route = path;
      if (open.length > 0) Object.assign(exchange.headers, CROSS_ORIGIN);
      next();
    });
    for (const route of routes) {
      place[route.method]((request: Request, response: Response) =>
        runRoute(route, options.context, request, response, exchangeOf(request, response), options),
      );
    }
    const allow = allowed(routes, SHARED_PATHS[path]);
    const asked = { Allow: allow, ...(open.length > 0 && preflight(allowed(open))) };
    place.options((_request, response) => void response.status(204).set(asked).end());
    place.all(() => {
      throw methodNotAllowed(allow);
    });
  }
  app.use(() => {
    throw new Problem('route_not_found');
  });
  // Express tells an error handler by its four parameters.
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    sendProblem(response, exchangeOf(request, response), error, logger);
  });
  return app;
}

/** `/v1/users/{id}` as Express writes it. */
const expressPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ':$1');

function byPath<C>(routes: readonly Route<C>[]): Map<string, Route<C>[]> {
  const paths = new Map<string, Route<C>[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

const allowed = (routes: readonly Route<never>[], shared: readonly string[] = []): string => {
  const methods = new Set([...routes.map((route) => route.method.toUpperCase()), ...shared]);
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods, 'OPTIONS'].sort().join(', ');
};
