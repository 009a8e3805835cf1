import { type ChildProcess, spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePorts } from '../../local/ports.ts';
import { MASTER_KEY } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { writeHistory } from '../support/history.ts';
import { compareWithDirect, differing } from './direct-build.ts';
import { caughtUp, createFeedSystem, type FeedSystem } from './feed-system.ts';

const EVENTS = 50_000;
const USERS = 5_000;
const LANES = 12;
const root = path.resolve(import.meta.dirname, '../..');

let system: FeedSystem;
let children: ChildProcess[] = [];
beforeEach(async () => {
  system = await createFeedSystem({ partitions: LANES });
  await system.replaceStore(undefined, async () => {
    await writeHistory({
      eventStoreDatabaseUrl: system.storeDatabaseUrl,
      databaseUrl: system.databaseUrl,
      masterKey: createSecretKey(Buffer.from(MASTER_KEY, 'base64url')),
      events: EVENTS,
      users: USERS,
    });
  });
  await eventually('the store is back', () => system.log.ping().then(() => true));
  await system.relay();
}, 240_000);
afterEach(async () => {
  for (const child of children) {
    child.kill('SIGCONT');
    await killed(child);
  }
  children = [];
  await system[Symbol.asyncDispose]();
}, 60_000);

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}

/** A projector of the Kafka feed as a process of its own. */
async function spawnProjector() {
  const [port] = (await freePorts(1)) as [number];
  const env = {
    ...process.env,
    ...system.env(),
    ...system.settings,
    PROJECTOR_BATCH_EVENTS: '200',
    PORT: String(port),
  };
  const child = spawn(process.execPath, [path.join(root, 'projector/main.ts')], { env, stdio: 'ignore' });
  children.push(child);
  return { child, url: `http://127.0.0.1:${port}` };
}

const partitionsOf = async ({ url }: { readonly url: string }) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/projector_kafka_partitions\{.*\} (\d+)/.exec(text)?.[1]);
};
const applied = async () =>
  Number(
    (await system.pool.query('SELECT COALESCE(sum(revision + 1), 0) AS n FROM read_model.users')).rows[0].n,
  );

test('three processes share the partitions; one is killed, one frozen and overtaken, another joins: each event counts once', async () => {
  const [first, second, third] = [await spawnProjector(), await spawnProjector(), await spawnProjector()];
  await eventually('they work', async () => (await applied()) > 2_000, 60_000);
  await killed(first.child);
  const fourth = await spawnProjector();
  await eventually('the one that joined works', async () => (await partitionsOf(fourth)) > 0, 60_000);
  second.child.kill('SIGSTOP');
  await eventually(
    'the others have everything',
    async () => (await partitionsOf(third)) + (await partitionsOf(fourth)) === LANES,
    60_000,
  );
  second.child.kill('SIGCONT');
  await caughtUp(system, LANES, 120_000);
  await eventually(
    'three share them again',
    async () =>
      (await Promise.all([second, third, fourth].map(partitionsOf))).every(
        (partitions) => partitions === LANES / 3,
      ),
    60_000,
  );
  // Nothing is written twice by whoever came late.
  const tables = await compareWithDirect(system);
  expect(differing(tables)).toEqual([]);
  expect(tables.find(({ table }) => table === 'users')?.live.rows).toBe(String(USERS));
  // In good order it leaves at once, and its exit code says so.
  third.child.kill('SIGTERM');
  await once(third.child, 'exit');
  expect(third.child.exitCode).toBe(0);
  await eventually(
    'two share them',
    async () => (await partitionsOf(second)) + (await partitionsOf(fourth)) === LANES,
    5_000,
  );
}, 360_000);
