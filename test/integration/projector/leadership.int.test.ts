import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { ADVISORY_LOCKS } from '../../../shared/adapters/postgres/advisory-locks.ts';
import { lead } from '../../../shared/adapters/postgres/leadership.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { HEARTBEAT_MS } from '../../../shared/read-model/notices.ts';
import { eventually } from '../../support/eventually.ts';
import { createDatabase } from '../../support/servers/databases.ts';
import { startTcpProxy } from '../../support/servers/tcp-proxy.ts';

test('a PostgreSQL that falls silent for a while is not asked again and again on the one connection', async () => {
  await using database = await createDatabase();
  const url = new URL(database.url);
  await using proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const pool = createPool({ connectionString: url.href, applicationName: 'test', max: 1, logger });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  let confirmed = 0;
  const leadership = await lead(pool, ADVISORY_LOCKS.projectors, new AbortController().signal, {
    standby: () => undefined,
    confirmed: () => void confirmed++,
  });
  await eventually('a heartbeat', () => confirmed > 0);
  proxy.freeze();
  // It is time that is tested here: this many heartbeats fall due.
  await delay(4 * HEARTBEAT_MS);
  expect(warnings).toEqual([]);
  proxy.thaw();
  // PostgreSQL ends a session that was silent for so long, and the next to lead has a connection of its own.
  await eventually('the lock is given up', () => leadership.lost.aborted);
  process.off('warning', onWarning);
  leadership.release();
  await pool.end();
});

test('a connection that became half open is given up by who leads and by who stands by, long before statements are', async () => {
  await using database = await createDatabase();
  const url = new URL(database.url);
  await using proxy = await startTcpProxy(Number(url.port));
  url.port = String(proxy.port);
  const logger = createLogger({ service: 'test', level: 'silent' });
  const connectionString = url.href;
  const options = { connectionString, applicationName: 'test', max: 1, statementTimeoutMs: 600_000, logger };
  const [leader, other] = [createPool(options), createPool(options)];
  const { signal } = new AbortController();
  const standing = new Set<string>();
  const events = { standby: () => void standing.add('other'), confirmed: () => undefined };
  const leadership = await lead(leader, ADVISORY_LOCKS.projectors, signal, events);
  const standby = lead(other, ADVISORY_LOCKS.projectors, signal, events).catch((error: Error) => error);
  await eventually('another stands by', () => standing.size > 0);
  const stranded = proxy.strand();
  expect(await standby).toMatchObject({ message: 'Query read timeout' });
  await eventually('who leads knows', () => leadership.lost.aborted);
  leadership.release();
  await eventually('both are closed', () => stranded.waiting() === 0);
  await Promise.all([leader.end(), other.end()]);
});
