import type { Redis } from '../../shared/adapters/redis/client.ts';
import type { Catalogue } from '../../shared/catalogue/catalogue.ts';
import type { Clock } from '../../shared/clock.ts';
import type { Position } from '../../shared/event-log/position.ts';
import type { AnonymousLimit } from '../../shared/http/limits/anonymous-limit.ts';
import type { TrustedProxies } from '../../shared/http/limits/client-address.ts';
import type { RateLimiter } from '../../shared/http/limits/rate-limit.ts';
import type { Metrics } from '../../shared/http/metrics.ts';
import type { Logger } from '../../shared/process/logger.ts';
import type { LicenseView, UserView } from '../../shared/read-model/views.ts';
import type { KeyRing } from '../../shared/tokens/key-ring.ts';
import type { Tokens } from '../../shared/tokens/tokens.ts';
import type { LastSeen } from '../../shared/usage/last-seen.ts';
import type { UsageCounter } from '../../shared/usage/usage-counter.ts';
import type { ReadModelCheckpoint } from '../read-model-checkpoint.ts';
import { callerAddresses } from './http/caller-address.ts';
import { ENDPOINT, FastPath } from './http/fast-path.ts';
import { UsageTally } from './http/usage-tally.ts';
import { VerifiedKeys } from './keys/verified-keys.ts';
import { Notices } from './trust/notices.ts';
import { Trust } from './trust/trust.ts';
import { createValidationMetrics } from './validation-metrics.ts';
import type { DatabaseClock } from './views/database-clock.ts';
import { LicenseViews } from './views/license-views.ts';
import type { PausePoint } from './views/loading.ts';
import type { PairSources } from './views/pair-sources.ts';
import { ViewMemory } from './views/view-memory.ts';

export interface ValidationOptions {
  readonly sources: PairSources;
  readonly checkpoint: ReadModelCheckpoint;
  readonly redis: Redis;
  /** A connection that does nothing but follow the notices. */
  readonly subscriber: Redis;
  readonly tokens: Pick<Tokens, 'verifyActivationKey' | 'signLease'>;
  readonly ring: Pick<KeyRing, 'accepts'>;
  readonly catalogue: Catalogue;
  readonly limiter: RateLimiter;
  readonly anonymous: AnonymousLimit;
  readonly usage: UsageCounter;
  readonly lastSeen: LastSeen;
  readonly metrics: Metrics;
  readonly trusted: TrustedProxies;
  readonly clock: Clock;
  /** How old views are is asked of this one. */
  readonly databaseClock: DatabaseClock;
  readonly logger: Logger;
  /** Most licenses, with their keys and users, that are remembered. */
  readonly maxLicenses: number;
  readonly pause?: ((point: PausePoint) => Promise<void>) | undefined;
}

export interface Validation {
  readonly fastPath: FastPath;
  /** Licenses remembered now. */
  readonly remembered: () => number;
  /** Follows the notices, and hands on what was counted. */
  start(): void;
  stop(): Promise<void>;
}

/** A failing layer fails with every request: one line each time it begins and ends would still be too many. */
const FAILURE_LOG_MS = 10_000;

/** Puts validation together. Nothing is asked or followed before `start()`. */
export function createValidation(options: ValidationOptions): Validation {
  const { sources, tokens, ring, catalogue, limiter, anonymous, usage, clock, logger, maxLicenses, pause } =
    options;
  const monotonic = () => performance.now();
  const { databaseClock } = options;
  const ageClock = () => databaseClock.now();
  const licenses = new ViewMemory<LicenseView>(maxLicenses);
  const users = new ViewMemory<UserView>(maxLicenses);
  const keys = new VerifiedKeys({ tokens, ring, maxKeys: maxLicenses });
  const trust = new Trust({
    readFingerprint: () => sources.readFingerprint(),
    readCacheCheckpoint: () => sources.readCacheCheckpoint(),
    monotonic,
    onDistrust: (cause) => metrics.distrusts.inc({ cause }),
    onUnasked: failureLog(logger, 'read_model_not_asked', monotonic),
  });
  const metrics = createValidationMetrics(
    options.metrics,
    {
      licenses: () => licenses.size,
      users: () => users.size,
      good_keys: () => keys.size.good,
      bad_keys: () => keys.size.bad,
      loads_under_way: () => views.loads,
    },
    trust,
  );
  const logFailure = {
    redis: failureLog(logger, 'views_not_read_from_redis', monotonic),
    postgres: failureLog(logger, 'views_not_read_from_postgres', monotonic),
  };
  const views = new LicenseViews({
    sources,
    checkpoint: options.checkpoint,
    trust,
    licenses,
    users,
    clock: ageClock,
    monotonic,
    pause,
    onFailure: (layer, error) => logFailure[layer](error),
  });
  const { redis, subscriber } = options;
  const onNotice = (after: Position) => {
    metrics.notices.inc();
    options.checkpoint.notified(after);
  };
  const notices = new Notices({
    subscriber,
    redis,
    trust,
    licenses,
    users,
    clock: ageClock,
    logger,
    onNotice,
  });
  const tally = new UsageTally(usage, ENDPOINT, options.lastSeen);
  const fastPath = new FastPath({
    keys,
    views,
    trust,
    limiter,
    anonymous,
    usage,
    tally,
    tokens,
    clock,
    databaseClock,
    logger,
    metrics,
    catalogue,
    addressOf: callerAddresses(options.trusted),
  });
  return {
    fastPath,
    remembered: () => licenses.size,
    start() {
      notices.start();
      tally.start();
    },
    async stop() {
      tally.stop();
      await notices.stop();
    },
  };
}

function failureLog(logger: Logger, event: string, monotonic: () => number): (error: unknown) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (error) => {
    if (monotonic() - last < FAILURE_LOG_MS) return;
    last = monotonic();
    logger.warn({ err: error }, event);
  };
}
