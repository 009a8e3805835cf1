import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { newKey } from '../../../shared/vault/wrapping.ts';
import { eventually } from '../../support/eventually.ts';
import { startPostgres } from '../../support/servers/servers.ts';
import { vaultPool } from './vaults.ts';

it('says that it is unavailable while PostgreSQL is unreachable, serves what it knows, and goes on by itself', async () => {
  await using server = await startPostgres();
  const pool = await vaultPool(server.url);
  const vault = createVault({ db: pool, masterKey: newKey(), clock: () => Date.now() });
  const userId = randomUUID();
  const key = await vault.createDataKey(userId);
  const digest = await vault.emailDigest('ada@example.com');

  await server.kill();
  const unavailable = { code: 'vault_unavailable', cause: expect.anything() };
  await expect(vault.createDataKey(randomUUID())).rejects.toMatchObject(unavailable);
  await expect(vault.dataKey(randomUUID())).rejects.toMatchObject(unavailable);
  await expect(vault.applyErasures([userId])).rejects.toMatchObject(unavailable);
  expect(await vault.dataKey(userId)).toBe(key);
  expect(await vault.emailDigest('ada@example.com')).toBe(digest);

  await server.start();
  await eventually('a key to be made again', () => vault.createDataKey(randomUUID()));
  await pool.end();
});
