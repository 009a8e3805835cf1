import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { comparePositions, type Position } from '../../../shared/event-log/position.ts';
import { STREAM_PREFIXES } from '../../../shared/events/streams.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { loadMasterKey } from '../../../shared/vault/master-key.ts';
import { createVault } from '../../../shared/vault/postgres-vault.ts';
import { createAuthors } from '../../integration/projector/author.ts';
import { setting } from '../../support/setting.ts';
import { dispose, type LaunchedStack, launch } from '../../support/stack.ts';
import type { Benchmark } from '../benchmark.ts';
import { figure, target } from '../report/row.ts';
import { concurrently, inTurn } from '../rounds.ts';
import { median, ratios } from '../statistics.ts';
import { UNLIMITED } from '../system/customers.ts';

const USERS = 10_000;
/** Of one user: a reservation, a sign-up, a subscription and activations. */
const EVENTS_OF_A_USER = 10;

/** Building all read models from the log, beside reading the same events with the client and doing nothing. */
export const rebuild: Benchmark = {
  name: 'rebuild',
  summary: `rebuild from ${USERS * EVENTS_OF_A_USER} events, beside a subscription that reads them and does nothing`,
  minutes: 6,
  async run({ rounds, say, report }) {
    const stack = await launch({ args: ['--no-tour', '--query-nodes', '1'], env: UNLIMITED });
    const log = connectEventLog({ connectionString: setting(stack, 'EVENTSTORE_URL') });
    try {
      await writeHistory(stack, log, say);
      const last = (await Array.fromAsync(log.readAll({ direction: 'backwards', limit: 1 })))[0]
        ?.position as Position;
      const { ours, reading } = await inTurn(rounds, {
        ours: () => rebuildRate(stack),
        reading: () => readRate(log, last),
      });
      const ratio = ratios(ours, reading);
      report({
        what: 'rebuild of all read models',
        figure: figure(ours, ' events/s'),
        beside: { what: 'a subscription that does nothing', figure: figure(reading, ' events/s') },
        ratio,
        target: target('at least 0.6', median(ratio) >= 0.6),
      });
    } finally {
      await log.close();
      await dispose(stack);
    }
  },
};

async function rebuildRate(stack: LaunchedStack): Promise<number> {
  const { stderr } = await stack.toolOutput('rebuild', '--compare-only', '--fresh');
  const built = /Built from ([\d,]+) events in ([\d.]+) s/.exec(stderr);
  if (!built) throw new Error(`rebuild did not say what it built:\n${stderr}`);
  return Number((built[1] as string).replaceAll(',', '')) / Number(built[2]);
}

async function readRate(log: EventLog, last: Position): Promise<number> {
  const from = performance.now();
  const stop = new AbortController();
  let events = 0;
  for await (const batch of log.subscribe({
    after: 'start',
    streamPrefixes: STREAM_PREFIXES,
    signal: stop.signal,
  })) {
    for (const message of batch) {
      if (message.kind !== 'event') continue;
      events += 1;
      if (comparePositions(message.event.position, last) >= 0) stop.abort();
    }
  }
  return (events / (performance.now() - from)) * 1000;
}

async function writeHistory(stack: LaunchedStack, log: EventLog, say: (line: string) => void): Promise<void> {
  const logger = createLogger({ service: 'bench', level: 'silent' });
  const pool = createPool({
    connectionString: setting(stack, 'DATABASE_URL'),
    applicationName: 'bench',
    max: 8,
    logger,
  });
  try {
    const masterKey = await loadMasterKey(
      { NODE_ENV: 'development', VAULT_MASTER_KEY_FILE: setting(stack, 'VAULT_MASTER_KEY_FILE') },
      logger,
    );
    const author = createAuthors(log, createVault({ db: pool, masterKey, clock: systemClock }));
    const from = performance.now();
    await concurrently(Array.from({ length: USERS }), 32, async () => {
      const user = author();
      await user.signUp();
      await user.subscribe();
      for (let i = 3; i < EVENTS_OF_A_USER; i += 1) await user.activate(`client-${i}`, `machine ${i}`);
    });
    say(
      `  (${USERS * EVENTS_OF_A_USER} events written in ${((performance.now() - from) / 1000).toFixed(1)} s)`,
    );
  } finally {
    await pool.end();
  }
}
