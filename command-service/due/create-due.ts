import type { Logger } from '../../shared/process/logger.ts';
import type { CommandConfig } from '../config.ts';
import type { Connections } from '../connections.ts';
import type { CommandContext } from '../context.ts';
import { startDue } from './due.ts';
import { expiryJob } from './expiry/expiry.ts';
import { createDueMetrics } from './metrics.ts';
import { webhooksJob } from './webhooks.ts';

/** Every job of this node. Their events came with level 2: before, nothing is looked for. */
export const createDue = (
  { dueDatabase: pool, clock, metrics }: Connections,
  { executor, webhooks }: CommandContext,
  { config, logger }: { readonly config: CommandConfig; readonly logger: Logger },
) =>
  startDue({
    pool,
    jobs:
      config.EVENT_SCHEMA_LEVEL >= 2 ? [expiryJob({ pool, executor }), webhooksJob({ pool, webhooks })] : [],
    clock,
    metrics: createDueMetrics(metrics.registry),
    logger,
  });
