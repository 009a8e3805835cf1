import { createSecretKey } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { eventStoreFeed } from '../../../../projector/feeds/event-store.ts';
import { LIVE_READ_MODELS } from '../../../../projector/rebuild/read-models.ts';
import { rebuild } from '../../../../projector/rebuild/rebuild.ts';
import type { Rebuildable } from '../../../../projector/rebuild/rebuildable.ts';
import { ReadModelWriter } from '../../../../projector/write/read-model-writer.ts';
import { systemClock } from '../../../../shared/clock.ts';
import { createReader } from '../../../../shared/events/codec.ts';
import { createLogger } from '../../../../shared/process/logger.ts';
import { writeHistory } from '../../../support/population/history.ts';
import { createSystem, MASTER_KEY, projected, type System } from '../system.ts';

/** Three batches of a rebuild; the first two are one transaction. Each user has events in all of them. */
const EVENTS = 12_000;

/** The live read models, written by a writer that keeps no more rows than this from one batch to the next. */
const keeping = (keptRows: number): Rebuildable => ({
  ...LIVE_READ_MODELS,
  writer: (pool, decoder) => new ReadModelWriter({ pool, erase: async () => {}, keptRows }, decoder),
});

async function compared(system: System, rebuilt: Rebuildable) {
  const { comparison } = await rebuild({
    rebuilt,
    connectionString: system.databaseUrl,
    feed: eventStoreFeed(system.log, 5_000),
    decoder: { reader: createReader(), vault: system.vault },
    clock: systemClock,
    logger: createLogger({ service: 'test', level: 'silent' }),
    compareOnly: true,
    fresh: true,
    progress: () => {},
  });
  return comparison?.map(({ table, live, rebuilt: built }) => ({ table, live, built })) ?? [];
}

describe('a rebuild of users whose events lie far apart gives the rows of the live projector', () => {
  let system: System;
  beforeAll(async () => {
    system = await createSystem();
    let head = 0;
    await system.replaceStore(system.storeDatabaseUrl, async () => {
      const summary = await writeHistory({
        eventStoreDatabaseUrl: system.storeDatabaseUrl,
        databaseUrl: system.databaseUrl,
        masterKey: createSecretKey(Buffer.from(MASTER_KEY, 'base64url')),
        events: EVENTS,
        users: 600,
      });
      head = summary.head;
    });
    await system.project();
    await projected(system, `${head}/${head}`);
    return () => system[Symbol.asyncDispose]();
  });

  test.each([
    ['with rows kept from one transaction to the next', LIVE_READ_MODELS],
    ['with rows given up in between, and read again', keeping(1_000)],
  ])('%s', async (_, rebuilt) => {
    const tables = await compared(system, rebuilt);
    expect(Number(tables.find(({ table }) => table === 'licenses')?.live.rows)).toBeGreaterThan(1_000);
    for (const { live, built } of tables) expect(built).toEqual(live);
  });
});
