import type { Clock } from '../shared/clock.ts';
import { type Dependency, Health } from '../shared/http/health.ts';
import { RateLimiter } from '../shared/http/limits/rate-limit.ts';
import type { Metrics } from '../shared/http/metrics.ts';
import { Problem } from '../shared/http/problems/problem.ts';
import { createHttpApp } from '../shared/http/server/app.ts';
import { startServer } from '../shared/http/server/server.ts';
import type { Running } from '../shared/process/lifecycle.ts';
import type { Logger } from '../shared/process/logger.ts';
import type { ProjectorConfig } from './config.ts';

/** A consumer of the log as a service: nothing is asked of it over HTTP but health and metrics. */
export interface ConsumerServiceOptions {
  readonly config: Pick<ProjectorConfig, 'HOST' | 'PORT' | 'DRAIN_MS' | 'TRUSTED_PROXIES'>;
  readonly dependencies: Readonly<Record<string, Dependency>>;
  readonly metrics: Metrics;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends what the service does. */
  readonly stopWork: () => Promise<void>;
  /** Once nothing uses them any more. */
  readonly closeConnections: () => Promise<void>;
}

export interface ConsumerService extends Running {
  readonly url: string;
  readonly port: number;
}

/** Answers for a consumer that has been started. Stops it if that can't be. @throws the listening's error */
export async function serveConsumer(options: ConsumerServiceOptions): Promise<ConsumerService> {
  const { config, metrics, clock, logger } = options;
  const health = new Health({ logger, dependencies: options.dependencies });
  const listener = createHttpApp({
    routes: [],
    context: undefined,
    authenticate: async () => {
      throw new Problem('token_required');
    },
    limits: {},
    limiter: new RateLimiter({ clock, logger }),
    trusted: config.TRUSTED_PROXIES,
    metrics,
    health,
    logger,
  });
  await health.start();
  const stopWork = async () => {
    await options.stopWork();
    await health.stop();
    await options.closeConnections();
  };
  try {
    const { HOST: host, PORT: port, DRAIN_MS: drainMs } = config;
    const server = await startServer({ listener, host, port, health, logger, drainMs });
    let stopped: Promise<unknown> | undefined;
    return {
      url: server.url,
      port: server.port,
      stop: async () => {
        stopped ??= Promise.all([server.stop(), stopWork()]);
        await stopped;
      },
    };
  } catch (error) {
    await stopWork();
    throw error;
  }
}
