import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, inject, it } from 'vitest';
import type { Kafka } from '../../shared/adapters/kafka/client.ts';
import { isKafkaUnavailable } from '../../shared/adapters/kafka/errors.ts';
import { kafkaClient, startKafka } from '../support/kafka/kafka.ts';
import { newTopic, readTopic } from '../support/kafka/topics.ts';

async function write(kafka: Kafka, topic: string, values: readonly { key: string; value: string }[]) {
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 });
  await producer.connect();
  try {
    await producer.send({ topic, acks: -1, messages: [...values] });
  } finally {
    await producer.disconnect();
  }
}

const numbered = (count: number, users: number) =>
  Array.from({ length: count }, (_, i) => ({ key: `user-${i % users}`, value: String(i) }));

describe('the broker', () => {
  it('keeps what an idempotent producer writes, in order within each key', async () => {
    const kafka = kafkaClient(inject('kafkaBrokers'));
    const topic = await newTopic(kafka, 3);
    await write(kafka, topic, numbered(300, 7));

    const read = await readTopic(kafka, topic, 300);
    for (let user = 0; user < 7; user += 1) {
      const values = read.filter(({ key }) => key === `user-${user}`).map(({ value }) => Number(value));
      expect(values).toEqual(Array.from({ length: 300 }, (_, i) => i).filter((i) => i % 7 === user));
    }
    expect(new Set(read.map(({ partition }) => partition)).size).toBeGreaterThan(1);
  });

  it('comes back within seconds with its data when it was killed', async () => {
    await using broker = await startKafka();
    const kafka = kafkaClient(broker.url);
    const topic = await newTopic(kafka);
    await write(kafka, topic, numbered(1_000, 1));

    await broker.kill();
    const killed = performance.now();
    await broker.start();
    expect(performance.now() - killed).toBeLessThan(30_000);
    await write(kafka, topic, [{ key: 'user-0', value: 'after' }]);
    const read = await readTopic(kafka, topic, 1_001);
    expect(read.map(({ value }) => value)).toEqual([...Array(1_000).keys()].map(String).concat('after'));
  });

  it('stops in good order, and is unreachable in between', async () => {
    await using broker = await startKafka();
    const kafka = kafkaClient(broker.url);
    const topic = await newTopic(kafka);
    await broker.stop();
    await expect(kafka.admin({ retry: { retries: 1 } }).connect()).rejects.toSatisfy(isKafkaUnavailable);
    await broker.start();
    await write(kafka, topic, [{ key: 'user-0', value: 'again' }]);
    expect(await readTopic(kafka, topic, 1)).toMatchObject([{ value: 'again' }]);
  });
});

describe('the client', () => {
  it('warns of nothing, and sleeps while nothing waits on its connection', async () => {
    const script = `
      import { kafkaClient } from ${JSON.stringify(path.resolve(import.meta.dirname, '../support/kafka/kafka.ts'))};
      const admin = kafkaClient(${JSON.stringify(inject('kafkaBrokers'))}).admin();
      await admin.connect();
      await admin.listTopics();
      const set = setTimeout;
      let timers = 0;
      globalThis.setTimeout = (...args) => { timers += 1; return set(...args); };
      await new Promise((resolve) => set(resolve, 300));
      await admin.disconnect();
      console.log(timers);`;
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      '--input-type=module',
      '-e',
      script,
    ]);
    expect(stderr).toBe('');
    expect(Number(stdout)).toBeLessThan(20);
  });
});
