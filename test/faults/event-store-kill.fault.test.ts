import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { type RunningProcess, startProcess } from '../../local/processes/process.ts';
import { connectEventLog } from '../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog, RecordedEvent } from '../../shared/event-log/event-log.ts';
import { createLogger } from '../../shared/process/logger.ts';
import { eventually } from '../support/eventually.ts';
import { createDatabase } from '../support/servers/databases.ts';
import { startPostgres } from '../support/servers/servers.ts';
import { type Acknowledged, type Burst, startBurst, startFollower } from './append-burst.ts';

const main = path.resolve(import.meta.dirname, '../../local/event-store/main.ts');

/** The event store as its own process, on the same port each time. */
async function storeProcess(databaseUrl: string) {
  const [port] = (await freePorts(1)) as [number];
  const connect = () => connectEventLog({ connectionString: `esdb://127.0.0.1:${port}?tls=false` });
  const probe = connect();
  let running: RunningProcess | undefined;
  const start = async () => {
    running = await startProcess({
      name: 'event-store',
      command: process.execPath,
      args: [main],
      env: { EVENT_STORE_PORT: String(port), EVENT_STORE_DATABASE_URL: databaseUrl, LOG_LEVEL: 'warn' },
      logFile: path.join(tmpdir(), `license-test-event-store-${port}.log`),
    });
    await eventually('the event store answers', () => probe.ping().then(() => true));
  };
  await start();
  return {
    connect,
    start,
    kill: async () => {
      process.kill(running?.pid as number, 'SIGKILL');
      await running?.ended;
    },
    [Symbol.asyncDispose]: async () => {
      await probe.close();
      await running?.stop();
    },
  };
}

async function readAll(log: EventLog): Promise<RecordedEvent[]> {
  const events: RecordedEvent[] = [];
  for await (const event of log.readAll()) events.push(event);
  return events;
}

/** Everything acknowledged is in the log, where it was said to be; and the log has no gaps and no repetitions. */
function expectNothingLost(acknowledged: readonly Acknowledged[], events: readonly RecordedEvent[]): void {
  expect(events.map(({ position }) => position.commit)).toEqual(events.map((_, n) => BigInt(n + 1)));
  expect(new Set(events.map(({ id }) => id)).size).toBe(events.length);
  const found = acknowledged.map(({ position }) => {
    const event = events[Number(position.commit) - 1];
    return { stream: event?.stream, id: event?.id, revision: event?.revision, position };
  });
  expect(found).toEqual(acknowledged);
  const revisions = Map.groupBy(events, ({ stream }) => stream);
  for (const [, stream] of revisions) {
    expect(stream.map(({ revision }) => revision)).toEqual(stream.map((_, n) => n));
  }
}

async function run(logs: readonly EventLog[], follower: EventLog, fault: (burst: Burst) => Promise<void>) {
  const following = startFollower(follower);
  const burst = startBurst(logs, 16);
  for (let round = 0; round < 4; round++) {
    await burst.more(500);
    await fault(burst);
  }
  await burst.more(500);
  await burst.stop();
  const events = await readAll(follower);
  await eventually('the follower has come to the end', () => following.positions.length >= events.length);
  await following.stop();
  expectNothingLost(burst.acknowledged, events);
  expect(following.positions).toEqual(events.map(({ position }) => position));
  expect(burst.unknown() + following.outages()).toBeGreaterThan(0);
}

test('the event store killed amid appends from several connections loses and repeats nothing', async () => {
  await using database = await createDatabase();
  await using store = await storeProcess(database.url);
  const logs = [store.connect(), store.connect(), store.connect()];
  const follower = store.connect();
  await run(logs, follower, async () => {
    await store.kill();
    await store.start();
  });
  await Promise.all([...logs, follower].map((log) => log.close()));
});

test('its PostgreSQL crashes amid appends: nothing is lost or repeated, and it goes on by itself', async () => {
  await using postgres = await startPostgres();
  await using store = await storeProcess(postgres.url);
  const logs = [store.connect(), store.connect(), store.connect()];
  const follower = store.connect();
  await run(logs, follower, () => crashWriter(postgres.url));
  await Promise.all([...logs, follower].map((log) => log.close()));
});

/** Kills the backend that writes the log, in the middle of whatever it does; PostgreSQL then recovers from its WAL. */
async function crashWriter(url: string): Promise<void> {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const pool = createPool({ connectionString: url, applicationName: 'test', max: 1, logger });
  const pid = await eventually('a writer', async () => {
    const { rows } = await pool.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = 'event-store-writer'",
    );
    return rows[0]?.pid;
  });
  process.kill(pid, 'SIGKILL');
  await pool.end();
}
