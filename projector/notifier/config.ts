import { z } from 'zod';
import { connectionUrl, integer, readConfig, serviceSettings } from '../../shared/config.ts';
import { httpSettings, publicSettings } from '../../shared/http/settings.ts';
import { vaultSettings } from '../../shared/vault/master-key.ts';
import { webhookSettings } from '../../shared/webhooks/settings.ts';
import { mailSettings } from './mail/settings.ts';

/** Every setting of this service. */
export const notifierSettings = z.object({
  ...serviceSettings,
  ...httpSettings,
  ...vaultSettings,
  ...webhookSettings,
  ...publicSettings,
  ...mailSettings,
  PORT: integer(0, 65_535).default(3005).describe('Port of health and metrics; 0 for any free one'),
  EVENTSTORE_URL: connectionUrl('esdb://', 'esdb+discover://').describe('Connection string of the event log'),
  DATABASE_URL: connectionUrl('postgres://', 'postgresql://').describe(
    'PostgreSQL with the webhooks, and what is due',
  ),
  VAULT_DATABASE_URL: connectionUrl('postgres://', 'postgresql://')
    .optional()
    .describe('PostgreSQL with the key vault; DATABASE_URL unless set'),
  NOTIFIER_BATCH_EVENTS: integer(1, 10_000).default(500).describe('Most events of one transaction'),
  NOTIFICATIONS_RETENTION_DAYS: integer(4, 365)
    .default(30)
    .describe('How long deliveries and mails are kept, whatever became of them'),
});

export type NotifierConfig = z.infer<typeof notifierSettings>;

/** @throws ConfigError */
export const readNotifierConfig = (env: Record<string, string | undefined> = process.env): NotifierConfig =>
  readConfig(notifierSettings, env);
