import { createKafka } from '../../../shared/adapters/kafka/client.ts';
import { isKafkaUnavailable } from '../../../shared/adapters/kafka/errors.ts';
import { type KafkaConfig, kafkaConfig } from '../../../shared/adapters/kafka/settings.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'launcher', level: 'silent' });

/**
 * True if the broker on this port serves groups now. For about half a second a new one takes connections, and answers
 * every group that it is not its coordinator.
 */
export function kafkaAnswers(port: number): Promise<boolean> {
  const config = kafkaConfig({ KAFKA_BROKERS: `127.0.0.1:${port}` });
  return asked(config, async (admin) => void (await admin.fetchOffsets({ groupId: 'launcher', topics: [] })));
}

/** True if these brokers can be reached and let this client in. */
export const clusterAnswers = (config: KafkaConfig): Promise<boolean> =>
  asked(config, async (admin) => void (await admin.describeCluster()));

type Admin = ReturnType<ReturnType<typeof createKafka>['admin']>;

async function asked(config: KafkaConfig, question: (admin: Admin) => Promise<void>): Promise<boolean> {
  const admin = createKafka({ config, clientId: 'launcher', logger }).admin({ retry: { retries: 0 } });
  try {
    await admin.connect();
    await question(admin);
    return true;
  } catch (error) {
    if (isKafkaUnavailable(error)) return false;
    throw error;
  } finally {
    await admin.disconnect();
  }
}
