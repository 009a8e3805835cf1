import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { ProcessSpec } from '../../processes/process.ts';
import type { BrokerPrograms } from './programs.ts';

export interface KafkaBrokerOptions {
  readonly programs: BrokerPrograms;
  readonly directory: string;
  readonly port: number;
  /** The quorum of one that keeps the cluster's metadata listens here. */
  readonly controllerPort: number;
  readonly logFile: string;
}

/**
 * Formats the data directory if there is none, and says how to start a broker that is a cluster of its own (KRaft). It
 * may be started again with other ports. It runs as whoever starts it: its jars lie in the clone, which another
 * account may not be able to enter.
 * @throws Error the directory could not be formatted
 */
export function prepareKafka(options: KafkaBrokerOptions): ProcessSpec {
  const { directory } = options;
  mkdirSync(directory, { recursive: true });
  const data = path.join(directory, 'data');
  if (!existsSync(data)) format(options, data);
  const settings = writeSettings(options, data);
  return {
    name: 'kafka',
    command: options.programs.java,
    args: [...JVM, '-cp', path.join(options.programs.jars, '*'), 'kafka.Kafka', settings],
    cwd: directory,
    logFile: options.logFile,
  };
}

/** Small and quick to start: 2 to 3 s and 250 MB, where Kafka's own scripts give a gigabyte and wait for it. */
const JVM = [
  ...['-Xms64m', '-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-XX:-UsePerfData'],
  '-Djava.awt.headless=true',
  '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
];

/** A format that was cut off leaves no directory: it is made beside and named when it is whole. */
function format(options: KafkaBrokerOptions, data: string): void {
  const unfinished = `${data}.new`;
  rmSync(unfinished, { recursive: true, force: true });
  const bytes = randomBytes(16);
  // One in 64 would begin with "-", which the tool takes for an option.
  bytes[0] = (bytes[0] as number) & 0x7f;
  const id = bytes.toString('base64url');
  const tool = ['kafka.tools.StorageTool', 'format', '-t', id, '-c', writeSettings(options, unfinished)];
  const result = spawnSync(
    options.programs.java,
    [...JVM, '-cp', path.join(options.programs.jars, '*'), ...tool],
    {
      encoding: 'utf8',
      cwd: options.directory,
    },
  );
  if (result.status !== 0) {
    throw new Error(
      `Kafka's data directory was not formatted: ${result.error?.message ?? ''}${result.stdout}${result.stderr}`,
      { cause: result.error },
    );
  }
  renameSync(unfinished, data);
}

function writeSettings(options: KafkaBrokerOptions, data: string): string {
  const file = path.join(options.directory, 'server.properties');
  const lines = Object.entries(settingsOf(options, data)).map(([name, value]) => `${name}=${value}`);
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

function settingsOf(
  { port, controllerPort }: KafkaBrokerOptions,
  data: string,
): Record<string, string | number> {
  return {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'log.dirs': data,
    'auto.create.topics.enable': 'false',
    'delete.topic.enable': 'true',
    // One broker holds everything; and each partition costs time at start.
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'share.coordinator.state.topic.num.partitions': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Until the session of a killed broker is over its successor waits: 13 s with the default of 9 s, 3 s with this.
    'broker.session.timeout.ms': 1_500,
    'broker.heartbeat.interval.ms': 300,
    // The default takes a third of the memory.
    'log.cleaner.dedupe.buffer.size': 8 * 1024 * 1024,
  };
}
