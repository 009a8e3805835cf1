import type { CommandConfig } from '../../command-service/config.ts';
import { providerFrom } from '../../command-service/create-context.ts';
import { type MailSettings, mailConfig } from '../../projector/notifier/mail/settings.ts';
import { loadTemplates } from '../../projector/notifier/mail/templates.ts';
import { createKafka } from '../../shared/adapters/kafka/client.ts';
import type { KafkaConfig } from '../../shared/adapters/kafka/settings.ts';
import { readCatalogue } from '../../shared/catalogue/read.ts';
import { systemClock } from '../../shared/clock.ts';
import { ConfigError } from '../../shared/config.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { openKeyRings } from '../../shared/tokens/file-key-ring.ts';
import { loadMasterKey, type MasterKeySettings } from '../../shared/vault/master-key.ts';

/** A configuration that a schema has accepted. */
type Config = Readonly<Record<string, unknown>>;

const logger = createLogger({ service: 'cli', level: 'silent' });

/**
 * By a setting that a service must have for it: what it makes of its settings before it connects to anything. Outside production a missing key is made at
 * the start, and so is no problem; here nothing is made.
 */
const CHECKS: Readonly<Record<string, (config: Config) => Promise<void>>> = {
  PLAN_CATALOGUE_FILE: async (config) => {
    readCatalogue(config.PLAN_CATALOGUE_FILE as string | undefined);
  },
  KEYRING_FILE: async (config) => {
    if (config.NODE_ENV !== 'production') return;
    const file = config.KEYRING_FILE as string;
    const rings = await openKeyRings({ file, production: true, clock: systemClock, logger });
    rings.close();
  },
  VAULT_MASTER_KEY: async (config) => {
    if (config.NODE_ENV !== 'production') return;
    await loadMasterKey(config as unknown as MasterKeySettings, logger);
  },
  KAFKA_BROKERS: async (config) => {
    if (config.KAFKA_BROKERS === undefined) return;
    createKafka({ config: config as unknown as KafkaConfig, clientId: 'config', logger });
  },
  MAIL_URL: async (config) => {
    const mail = mailConfig(config as unknown as MailSettings);
    if (mail) loadTemplates(mail.language, mail.templates);
  },
  OIDC_ISSUER: async (config) => {
    providerFrom(config as unknown as CommandConfig);
  },
};

/**
 * What would stop the start of a service with these settings, in the words that it would use.
 * @param known the names of all settings that the service has
 */
export async function startProblems(config: Config, known: readonly string[]): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, check] of Object.entries(CHECKS)) {
    if (!known.includes(name)) continue;
    try {
      await check(config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  }
  return problems;
}
