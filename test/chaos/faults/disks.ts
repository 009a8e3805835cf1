import path from 'node:path';
import type { Random } from '../../support/random.ts';
import { noDisks, whileFull } from '../stores/disk.ts';
import { withPostgres } from '../stores/postgres.ts';
import type { System } from '../system.ts';
import type { Fault } from './fault.ts';
import { aWhile } from './stores.ts';

/** Where something has a disk of its own, and its megabytes. */
export const DISKS = [
  { folder: 'postgres', megabytes: 3_000 },
  { folder: 'logs', megabytes: 64 },
] as const;

const fill = (folder: (typeof DISKS)[number]['folder']) => (system: System, random: Random) =>
  whileFull(path.join(system.data, folder), () => aWhile(random));

/** The write-ahead log is kept in files of 16 MB, so that it finds out late that there is no room for another. */
const fillToTheLog = (system: System, random: Random): Promise<void> =>
  whileFull(path.join(system.data, 'postgres'), async () => {
    const fails = (async () => {
      for (let i = 0; i < 20; i += 1)
        await withPostgres(system.setting('DATABASE_URL'), (pool) => pool.query('SELECT pg_switch_wal()'));
      throw new Error('PostgreSQL found room for 20 more files of its log');
    })().catch((error: Error) => {
      if (error.message.startsWith('PostgreSQL found')) throw error;
    });
    await Promise.all([fails, aWhile(random)]);
  });

const group = 'stores';
const needs = noDisks();

export const diskFaults: readonly Fault[] = [
  { name: 'fill the disk of postgres', group, promised: 'all', needs, inflict: fill('postgres') },
  {
    name: 'fill the disk of postgres until it stops',
    group,
    promised: 'all',
    left: 'caches',
    needs,
    inflict: fillToTheLog,
  },
  { name: 'fill the disk of the logs', group, promised: 'all', needs, inflict: fill('logs') },
];
