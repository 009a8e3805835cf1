import path from 'node:path';
import { kafkaConfig } from '../shared/adapters/kafka/settings.ts';
import { freePorts } from './ports.ts';
import { type Supervisor, untilReady } from './processes/supervisor.ts';
import { StartRefused } from './refused.ts';
import { clusterAnswers, kafkaAnswers } from './servers/kafka/answers.ts';
import { prepareKafka } from './servers/kafka/broker.ts';
import { brokerPrograms } from './servers/kafka/programs.ts';

/** The settings of the services that say where Kafka is, by name. */
export type KafkaSettings = Readonly<Record<string, string>>;

/** Where Kafka is to come from: a broker of the stack's own, or one that is there. */
export type KafkaSource = 'own' | KafkaSettings;

export interface PreparedBroker {
  /** Starts it if it is the stack's own; `ready` resolves when it answers. */
  start(supervisor: Supervisor): Promise<{ readonly settings: KafkaSettings; readonly ready: Promise<void> }>;
}

/**
 * Finds or fetches what a broker of the stack's own needs; for one that is there, asks it.
 * @throws ProgramsMissing Java or Maven is missing and can't be installed
 * @throws StartRefused no broker answers where the settings say
 */
export async function prepareBroker(
  source: KafkaSource,
  data: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<PreparedBroker> {
  if (source === 'own') return ownBroker(data, say, signal);
  if (!(await clusterAnswers(kafkaConfig(source)))) {
    throw new StartRefused(`no Kafka broker answers at ${source.KAFKA_BROKERS}, which KAFKA_BROKERS names.`);
  }
  return { start: async () => ({ settings: source, ready: Promise.resolve() }) };
}

async function ownBroker(
  data: string,
  say: (line: string) => void,
  signal: AbortSignal,
): Promise<PreparedBroker> {
  const programs = await brokerPrograms(say, { signal });
  const [port, controllerPort] = (await freePorts(2)) as [number, number];
  const spec = prepareKafka({
    programs,
    directory: path.join(data, 'kafka'),
    port,
    controllerPort,
    logFile: path.join(data, 'logs', 'kafka.log'),
  });
  return {
    async start(supervisor) {
      const kafka = await supervisor.start('servers', spec);
      return {
        settings: { KAFKA_BROKERS: `127.0.0.1:${port}` },
        ready: untilReady(kafka, () => kafkaAnswers(port), supervisor.signal),
      };
    },
  };
}
