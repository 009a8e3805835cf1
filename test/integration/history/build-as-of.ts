import { buildAsOf } from '../../../projector/as-of/build.ts';
import type { AsOfOptions } from '../../../projector/as-of/options.ts';
import { eventStoreFeed } from '../../../projector/feeds/event-store.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createReader } from '../../../shared/events/codec.ts';
import { ERASED } from '../../../shared/vault/personal.ts';
import { type System, silent } from '../projector/system.ts';

/** Builds without a process of its own; without personal data unless `personal` is given. */
export const buildInto = (system: System, schema: string, options: Partial<AsOfOptions> = {}) =>
  buildAsOf({
    connectionString: system.databaseUrl,
    schema,
    asOf: undefined,
    personal: false,
    fresh: false,
    builtBy: 'test',
    feed: eventStoreFeed(system.log, 100),
    decoder: {
      reader: createReader(),
      vault: options.personal
        ? system.vault
        : { dataKeys: async (userIds) => new Map(userIds.map((userId) => [userId, ERASED])) },
    },
    clock: systemClock,
    logger: silent,
    signal: new AbortController().signal,
    progress: () => undefined,
    ...options,
  });
