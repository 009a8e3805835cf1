import type { TestProject } from 'vitest/node';
import { startKafka } from './kafka.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /**
     * Kafka brokers shared by the tests of the tier `kafka`, as KAFKA_BROKERS has them: those of the environment, or
     * one started for the tier. Use topics, groups and transactional ids of your own. A test that stops a broker
     * starts its own with `startKafka`.
     */
    readonly kafkaBrokers: string;
  }
}

/** Provides the broker that the tier's tests share. @throws ProgramsMissing it can't be had: the tier fails */
export default async function setUp(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const given = process.env.KAFKA_BROKERS;
  if (given) {
    project.provide('kafkaBrokers', given);
    return undefined;
  }
  const broker = await startKafka();
  project.provide('kafkaBrokers', broker.url);
  return () => broker[Symbol.asyncDispose]();
}
