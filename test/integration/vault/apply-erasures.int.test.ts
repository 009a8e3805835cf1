import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type EventStore, startEventStore } from '../../../local/event-store/server.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import type { Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { createCodec } from '../../../shared/events/codec.ts';
import { LATEST_SCHEMA_LEVEL } from '../../../shared/events/schemas/catalogue.ts';
import type { NewStaffEvent, NewUserEvent } from '../../../shared/events/types.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import { newKey } from '../../../shared/vault/wrapping.ts';
import { createDatabase, type TestDatabase } from '../../support/servers/databases.ts';
import { vaultPool } from './vaults.ts';

const run = promisify(execFile);
const tool = path.resolve(import.meta.dirname, '../../../cli/main.ts');
const masterKey = newKey();
let database: TestDatabase;
let store: EventStore;
let log: EventLog;
let pool: Pool;

beforeAll(async () => {
  database = await createDatabase();
  const logger = createLogger({ service: 'test', level: 'silent' });
  store = await startEventStore({ host: '127.0.0.1', port: 0, databaseUrl: database.url, logger });
  log = connectEventLog({ connectionString: store.connectionString });
  pool = await vaultPool(database.url);
});
afterAll(async () => {
  await log.close();
  await store.close();
  await pool.end();
  await database[Symbol.asyncDispose]();
});

async function append(
  vault: Vault,
  id: string,
  events: readonly (NewUserEvent | NewStaffEvent)[],
  kind: 'user' | 'staff' = 'user',
): Promise<void> {
  const codec = createCodec({ writeLevel: LATEST_SCHEMA_LEVEL, vault });
  const stream = `${kind}-${id}`;
  const actor = { role: 'system', id: 'test' } as const;
  const metadata = { $correlationId: 'c', $causationId: 'c', commandId: randomUUID(), actor };
  const encoded = await Promise.all(
    events.map((event, index) => codec.encode(event, { stream, index, metadata })),
  );
  await log.append(stream, 'no_stream', encoded, { deadlineMs: 5_000 });
}

const signedUp = (userId: string): NewUserEvent => ({
  type: 'UserSignedUp',
  data: { userId, emailDigest: 'a'.repeat(64), personal: { email: 'a@example.com', passwordHash: 'h' } },
});

it('a restored vault forgets those whose erasure the log holds, and nobody else', async () => {
  const vault = createVault({ db: pool, masterKey, clock: () => Date.now() });
  const [erased, kept, newer] = [randomUUID(), randomUUID(), randomUUID()];
  await append(vault, erased, [
    signedUp(erased),
    { type: 'UserErased', data: { userId: erased, emailBlocked: false } },
  ]);
  await append(vault, kept, [signedUp(kept)]);
  await append(vault, newer, [
    signedUp(newer),
    { type: 'UserErased', data: { userId: newer, emailBlocked: false } },
  ]);
  const member = randomUUID();
  const welcome = { welcomeId: randomUUID(), expiresAt: '2026-03-02T10:00:00.000Z' };
  const personal = { email: 'grace@example.com', name: 'Grace' };
  await append(
    vault,
    member,
    [
      { type: 'StaffInvited', data: { staffId: member, scopes: [], ...welcome, personal } },
      { type: 'StaffRemoved', data: { staffId: member } },
    ],
    'staff',
  );
  // The backup knows the first two with their keys, and was made before the third signed up.
  await pool.query('TRUNCATE vault.data_keys');
  const backup = createVault({ db: pool, masterKey, clock: () => Date.now() });
  await backup.createDataKey(erased);
  await backup.createDataKey(kept);

  const env = {
    ...process.env,
    NODE_ENV: 'production',
    DATABASE_URL: database.url,
    EVENTSTORE_URL: store.connectionString,
  };
  const applied = await run(process.execPath, [tool, 'vault', 'apply-erasures'], { env });
  expect(applied.stdout).toBe('3\n');
  expect(applied.stderr).toContain('3 erasures');

  const opened = createVault({ db: pool, masterKey, clock: () => Date.now() });
  const keys = await opened.dataKeys([erased, kept, newer, member]);
  expect([erased, newer, member].map((id) => keys.get(id))).toEqual(['erased', 'erased', 'erased']);
  expect(keys.get(kept)).not.toBe('erased');
  expect((await run(process.execPath, [tool, 'vault', 'apply-erasures'], { env })).stdout).toBe('0\n');
});
