import { expect, test } from 'vitest';
import { createPool, inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';

test('on a connection that became half open a transaction fails after one deadline, not after one for its end too', async () => {
  await using database = await createDatabase();
  const url = new URL(database.url);
  await using proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const options = { connectionString: url.href, applicationName: 'test', max: 1, statementTimeoutMs: 2_000 };
  const [pool, other] = [createPool({ ...options, logger }), createPool({ ...options, logger })];
  const client = await other.connect();
  const ended: string[] = [];
  const select = (which: string) => client.query('SELECT').catch(() => void ended.push(which));
  let two: Promise<unknown> | undefined;
  const transaction = inTransaction(pool, (connection) => {
    proxy.strand();
    two = select('first').then(() => select('second'));
    return connection.query('SELECT');
  });
  await expect(transaction).rejects.toThrow('Query read timeout');
  expect(ended).toEqual(['first']);
  await two;
  client.release(true);
  await Promise.all([pool.end(), other.end()]);
});
