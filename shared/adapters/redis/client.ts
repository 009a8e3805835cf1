import { Redis } from 'ioredis';
import type { Logger } from '../../process/logger.ts';

export type { Redis } from 'ioredis';

export interface RedisOptions {
  readonly url: string;
  /** Shown in CLIENT LIST. */
  readonly name: string;
  readonly logger: Logger;
  /** A command without an answer after this long fails; default 500 ms. */
  readonly commandTimeoutMs?: number;
  /** For a connection that only subscribes: such a connection has no command deadline. */
  readonly subscriber?: boolean;
}

/** How long after its deadline the answer to a command may still come, before the connection counts as dead. */
const GRACE_MS = 1_500;
/** A subscribing connection sends nothing by itself, so that only a question tells whether anybody is there. */
const PING_MS = 1_000;

/**
 * A connection that reconnects by itself for ever (at most a second apart) and never queues: while Redis is unreachable a
 * command fails at once, because every use of Redis here has a way without it. One that is half open (a firewall has
 * forgotten it) is given up 1.5 s after a command's deadline: the kernel would take a quarter of an hour.
 */
export function connectRedis(options: RedisOptions): Redis {
  const commandTimeout = options.commandTimeoutMs ?? 500;
  const redis = new Redis(options.url, {
    connectionName: options.name,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // ioredis would subscribe again without looking at the promise: if the connection breaks once more meanwhile, the
    // rejection ends the process. Whoever subscribes does it again on `ready`.
    autoResubscribe: false,
    ...(options.subscriber === true ? {} : { commandTimeout }),
    socketTimeout: commandTimeout + GRACE_MS,
    connectTimeout: 1_000,
    // After a failover this connection would stay with the demoted node for ever; a new one leads to the new primary. A
    // script's error quotes this one. The command itself fails: every use has a way without it.
    reconnectOnError: (error) => error.message.includes('READONLY'),
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 5), 1_000),
  });
  let unreachable = false;
  redis.on('error', (error: Error) => {
    // One line when it goes, not one for every attempt to reconnect.
    if (!unreachable) options.logger.warn({ err: error, connection: options.name }, 'redis_unavailable');
    unreachable = true;
  });
  redis.on('ready', () => {
    if (unreachable) options.logger.info({ connection: options.name }, 'redis_available');
    unreachable = false;
  });
  if (options.subscriber === true) pingWhileReady(redis);
  return redis;
}

function pingWhileReady(redis: Redis): void {
  const timer = setInterval(() => {
    // What it fails by closes the connection, which is told of then.
    if (redis.status === 'ready') redis.ping().catch(() => undefined);
  }, PING_MS);
  timer.unref();
  redis.once('end', () => clearInterval(timer));
}
