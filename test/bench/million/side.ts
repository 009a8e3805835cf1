import { createPool, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../../../shared/tokens/file-key-ring.ts';
import type { Tokens } from '../../../shared/tokens/tokens.ts';
import { eventually } from '../../support/eventually.ts';
import { setting } from '../../support/setting.ts';
import { type LaunchedStack, launch } from '../../support/stack.ts';
import { operatorToken, UNLIMITED } from '../system/customers.ts';
import { type Prepared, prepare, preparedIn } from './generate/prepare.ts';

/** A whole system with so many customers. */
export interface Side extends AsyncDisposable {
  /** As reports name it. */
  readonly name: string;
  readonly prepared: Prepared;
  readonly stack: LaunchedStack;
  readonly db: Pool;
  readonly store: Pool;
  /** Signs as the system does: log-ins of thousands would take longer than what is measured. */
  readonly tokens: Tokens;
  readonly operator: string;
}

const ISSUER = 'license-system';
const QUIET_MS = 5_000;
const SETTLE_MS = 20 * 60_000;
const STATEMENT_TIMEOUT_MS = 20 * 60_000;
const logger = createLogger({ service: 'bench', level: 'silent' });

/**
 * Starts a system on this data, which is made first where it is not there, and waits until nothing happens in it any more.
 * @throws Error the data is of another number of customers
 */
export async function openSide(data: string, customers: number, say: (line: string) => void): Promise<Side> {
  const prepared = preparedIn(data) ?? (await prepare(data, customers, say));
  if (prepared.customers !== customers)
    throw new Error(
      `${data} has ${prepared.customers} customers and not ${customers}: name another folder, or --customers ${prepared.customers}`,
    );
  const name = `${customers.toLocaleString('en')} customers`;
  await using opened = new AsyncDisposableStack();
  const from = performance.now();
  const stack = await launch({
    data,
    args: ['--no-tour', '--query-nodes', '1'],
    env: UNLIMITED,
  });
  opened.defer(async () => void (await stack.interrupt()));
  say(`  (the system of ${name} runs after ${((performance.now() - from) / 1_000).toFixed(1)} s)`);
  const pool = (connectionString: string) => {
    const made = createPool({
      connectionString,
      applicationName: 'bench',
      max: 2,
      statementTimeoutMs: STATEMENT_TIMEOUT_MS,
      logger,
    });
    opened.defer(() => made.end());
    return made;
  };
  const db = pool(setting(stack, 'DATABASE_URL'));
  const store = pool(setting(stack, 'DATABASE_URL').replace(/\/license_system$/, '/event_store'));
  const rings = await openKeyRings({
    file: setting(stack, 'KEYRING_FILE'),
    production: false,
    clock: systemClock,
    logger,
  });
  opened.defer(() => rings.close());
  await settled(db, store);
  const side = {
    ...{ name, prepared, stack, db, store },
    tokens: createTokens({ rings, issuer: ISSUER, clock: systemClock }),
    operator: await operatorToken(stack),
  };
  const close = opened.move();
  return { ...side, [Symbol.asyncDispose]: () => close.disposeAsync() };
}

/** A first start tells customers of the ends that are near: measured is what comes after that. */
async function settled(db: Pool, store: Pool): Promise<void> {
  let since = performance.now();
  let before = -1;
  await eventually(
    'all events are projected, and no more come',
    async () => {
      const head = await numberOf(store, 'SELECT max(position) AS value FROM event_store.events');
      const at = await numberOf(db, 'SELECT last_event_commit AS value FROM read_model.checkpoints');
      if (head !== before || at < head) since = performance.now();
      before = head;
      return performance.now() - since > QUIET_MS;
    },
    SETTLE_MS,
  );
}

export async function numberOf(db: Pool, sql: string): Promise<number> {
  const { rows } = await db.query<{ value: string | null }>(sql);
  return Number(rows[0]?.value ?? 0);
}
