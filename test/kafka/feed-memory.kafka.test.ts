import { spawn } from 'node:child_process';
import { createSecretKey } from 'node:crypto';
import { once } from 'node:events';
import path from 'node:path';
import { expect, test } from 'vitest';
import { MASTER_KEY } from '../integration/projector/system.ts';
import { eventually } from '../support/eventually.ts';
import { writeHistory } from '../support/history.ts';
import { caughtUp, createFeedSystem } from './feed-system.ts';

const EVENTS = 60_000;
const USERS = 6_000;
const LANES = 12;
/** MB. With whole batches for each lane, and fetches of half a megabyte, this history does not fit into it. */
const HEAP_MB = 112;
const root = path.resolve(import.meta.dirname, '../..');

test('one process with all lanes takes in a large backlog in little memory', async () => {
  await using system = await createFeedSystem({ partitions: LANES });
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
  const env = { ...process.env, ...system.env(), ...system.settings };
  const flags = [`--max-old-space-size=${HEAP_MB}`, path.join(root, 'projector/main.ts')];
  const child = spawn(process.execPath, flags, { env, stdio: 'ignore' });
  const ended = once(child, 'exit').then(() => {
    throw new Error('it has ended by itself');
  });
  try {
    await Promise.race([caughtUp(system, LANES, 120_000), ended]);
    expect(child.exitCode).toBeNull();
  } finally {
    ended.catch(() => undefined);
    child.kill('SIGKILL');
  }
}, 300_000);
