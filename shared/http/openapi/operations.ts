import type { Express, Request, Response } from 'express';
import type { Health } from '../health.ts';
import { exportHealth, type Metrics } from '../metrics.ts';
import { methodNotAllowed } from '../server/answer.ts';

export interface OperationsOptions {
  readonly health: Health;
  readonly metrics: Metrics;
}

/**
 * What operators and load balancers ask of every service:
 * `/health` whether to send requests here, `/health/live` whether the process still answers at all (if it does not,
 * restarting it helps), `/health/ready` the same as `/health` with the state of each dependency, `/metrics`.
 */
export function mountOperations(
  app: Express,
  { health, metrics }: OperationsOptions,
  named: (request: Request, response: Response, route: string) => void,
): void {
  exportHealth(metrics.registry, health);
  const pages: Readonly<Record<string, (response: Response) => Promise<void> | void>> = {
    '/health': (response) => {
      sendState(response, health.ready ? 200 : 503, { status: health.report().status });
    },
    '/health/live': (response) => sendState(response, 200, { status: 'live' }),
    '/health/ready': (response) => sendState(response, health.ready ? 200 : 503, health.report()),
    '/metrics': async (response) => {
      response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
    },
  };
  for (const [path, answer] of Object.entries(pages)) {
    app
      .route(path)
      .all((request, response, next) => {
        named(request, response, path);
        next();
      })
      .get((_request, response) => answer(response))
      .all(() => {
        throw methodNotAllowed('GET, HEAD');
      });
  }
}

function sendState(response: Response, status: number, state: object): void {
  response.status(status).set('Cache-Control', 'no-store').json(state);
}
