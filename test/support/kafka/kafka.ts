import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePorts } from '../../../local/ports.ts';
import { kafkaAnswers } from '../../../local/servers/kafka/answers.ts';
import { prepareKafka } from '../../../local/servers/kafka/broker.ts';
import { brokerPrograms } from '../../../local/servers/kafka/programs.ts';
import { createKafka, type Kafka } from '../../../shared/adapters/kafka/client.ts';
import { kafkaConfig } from '../../../shared/adapters/kafka/settings.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { type TestServer, testServer } from '../servers/servers.ts';

const say = (line: string) => void process.stderr.write(`${line}\n`);

/**
 * A Kafka broker of this test's own, without topics; `url` is what KAFKA_BROKERS takes. A start takes 2 to 3 s.
 * @throws ProgramsMissing there is no Java, or Kafka can't be fetched
 */
export async function startKafka(): Promise<TestServer> {
  const programs = await brokerPrograms(say);
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-kafka-'));
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  const spec = prepareKafka({
    programs,
    directory,
    port,
    controllerPort,
    logFile: path.join(directory, '..', `${path.basename(directory)}.log`),
  });
  return testServer(spec, { url: `127.0.0.1:${port}`, port, directory }, () => kafkaAnswers(port));
}

/** A client of these brokers, as the services have it; `clientId` may be anything. */
export const kafkaClient = (brokers: string, clientId = 'test'): Kafka =>
  createKafka({
    config: kafkaConfig({ KAFKA_BROKERS: brokers }),
    clientId,
    logger: createLogger({ service: 'test', level: 'silent' }),
  });
