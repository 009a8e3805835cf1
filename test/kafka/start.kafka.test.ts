import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { afterAll, afterEach, describe, expect, inject, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { kafkaClient } from '../support/kafka/kafka.ts';
import { readTopic } from '../support/kafka/topics.ts';
import { signUpLicensed, validate } from '../support/requests/api.ts';
import { setting } from '../support/setting.ts';
import {
  endLeftovers,
  isAlive,
  type LaunchedStack,
  type LaunchOptions,
  launch,
  newDataDirectory,
} from '../support/stack.ts';

/** A new customer is served: the projector may still be catching up just after a start. */
async function serves(stack: LaunchedStack): Promise<void> {
  const licensed = await signUpLicensed(stack.url);
  const answer = await eventually('the read models reach the activation', async () => {
    const asked = await validate(stack.url, licensed, true);
    return asked.status === 200 && asked;
  });
  expect(answer.body).toMatchObject({ status: 'valid', client_id: licensed.clientId });
}

/** What a test that failed left running. */
const launched: LaunchedStack[] = [];
afterEach(async () => {
  for (const stack of launched.splice(0)) {
    await stack.interrupt();
    await endLeftovers(stack.data);
  }
});
async function start(options: LaunchOptions): Promise<LaunchedStack> {
  const stack = await launch(options);
  launched.push(stack);
  return stack;
}

describe('npm start -- --kafka', () => {
  const data = newDataDirectory();
  afterAll(() => rmSync(data, { recursive: true, force: true }));

  it('takes the tour through the topic, and Ctrl-C leaves nothing behind', async () => {
    const stack = await start({ data, args: ['--kafka'] });
    expect(stack.output()).toMatch(/← 200 .*"status":"valid","code":"VALID","premium":true/);
    const processes = stack.processes();
    expect([...processes.keys()]).toEqual(expect.arrayContaining(['kafka', 'relay', 'projector']));

    const kafka = kafkaClient(setting(stack, 'KAFKA_BROKERS'));
    const records = await readTopic(kafka, 'license-events', 4);
    const [customer] = records.map(({ key }) => key);
    expect(records.every(({ key }) => key === customer)).toBe(true);

    expect(await stack.interrupt()).toBe(0);
    expect([...processes.values()].filter(isAlive)).toEqual([]);
  });

  it('finds its data again, and recovers when the launcher was killed', async () => {
    const second = await start({ data, args: ['--kafka'] });
    expect(second.output()).toMatch(/that an earlier start activated[\s\S]*← 200 .*"status":"valid"/);
    const left = second.processes();
    second.launcher.kill('SIGKILL');
    await once(second.launcher, 'exit');
    expect(isAlive(left.get('kafka') as number)).toBe(true);

    const third = await start({ data, args: ['--kafka'] });
    expect(third.output()).toContain('Ended what an earlier start left running');
    expect([...left.values()].filter(isAlive)).toEqual([]);
    expect(third.output()).toMatch(/← 200 .*"status":"valid"/);
    await serves(third);
    expect(await third.interrupt()).toBe(0);
  });

  it('runs nothing of Kafka without the option, on the same data', async () => {
    const stack = await start({ data, args: [] });
    expect([...stack.processes().keys()].filter((name) => /kafka|relay/.test(name))).toEqual([]);
    expect(stack.output()).toMatch(/that an earlier start activated[\s\S]*← 200 .*"status":"valid"/);
    await serves(stack);
    expect(await stack.interrupt()).toBe(0);
  });

  it('goes on where it was with it, and starts a broker again that was killed', async () => {
    const stack = await start({ data, args: ['--kafka', '--no-tour'] });
    await serves(stack);
    const killed = stack.processes().get('kafka') as number;
    process.kill(killed, 'SIGKILL');
    await expect.poll(() => stack.processes().get('kafka'), { timeout: 30_000 }).not.toBe(killed);
    await serves(stack);
    expect(await stack.interrupt()).toBe(0);
  });
});

describe('npm start -- --kafka with KAFKA_BROKERS', () => {
  it('uses the broker that is there', async () => {
    const env = { KAFKA_BROKERS: inject('kafkaBrokers'), KAFKA_TOPIC: `test-${randomUUID()}` };
    const stack = await start({ args: ['--kafka'], env });
    expect(stack.processes().has('kafka')).toBe(false);
    expect(stack.output()).toMatch(/← 200 .*"status":"valid"/);
    expect(setting(stack, 'KAFKA_TOPIC')).toBe(env.KAFKA_TOPIC);
    expect(await stack.interrupt()).toBe(0);
    rmSync(stack.data, { recursive: true });
  });

  it('says so when no broker answers there', async () => {
    const data = newDataDirectory();
    const started = launch({ data, args: ['--kafka'], env: { KAFKA_BROKERS: '127.0.0.1:1' } });
    await expect(started).rejects.toThrow(/no Kafka broker answers at 127\.0\.0\.1:1/);
    rmSync(data, { recursive: true });
  });
});
