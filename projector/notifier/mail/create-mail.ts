import type { Registry } from 'prom-client';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { createReader } from '../../../shared/events/codec.ts';
import type { Logger } from '../../../shared/process/logger.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import { createCompose } from './compose.ts';
import { MailEnqueuer } from './enqueuer.ts';
import { createMailMetrics } from './metrics.ts';
import { createFindRecipient } from './recipient.ts';
import { MailSender, type MailTiming } from './sender.ts';
import { type MailSettings, mailConfig } from './settings.ts';
import { loadTemplates } from './templates.ts';
import { createMailTransport } from './transport.ts';

export interface MailOptions {
  readonly config: MailSettings;
  readonly pool: Pool;
  readonly log: Pick<EventLog, 'readStream'>;
  readonly vault: Vault;
  readonly registry: Registry;
  readonly logger: Logger;
  readonly mailTiming?: MailTiming | undefined;
}

/** Mail, where it is set up. @throws ConfigError */
export function createMail({
  config: settings,
  pool,
  log,
  vault,
  registry,
  logger,
  mailTiming,
}: MailOptions) {
  const metrics = createMailMetrics(registry, pool, logger);
  const config = mailConfig(settings);
  if (!config) {
    logger.info('mail_off');
    return undefined;
  }
  const transport = createMailTransport(config.url);
  const sender = new MailSender({
    pool,
    find: createFindRecipient({ pool, log, reader: createReader(), vault }),
    compose: createCompose({ config, render: loadTemplates(config.language, config.templates), vault }),
    transport,
    metrics,
    clock: systemClock,
    logger,
    timing: mailTiming,
  });
  return { enqueuer: new MailEnqueuer(), sender, close: () => transport.close() };
}
