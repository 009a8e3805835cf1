import type { Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Logger } from '../../shared/process/logger.ts';

/** What a user knows a client by, beside its id. The write side folds neither. */
export interface ClientFacts {
  readonly clientName: string | null;
  /** The day (UTC) on which it last showed its key. */
  readonly lastSeenOn: string | null;
}

export interface NamedClient extends ClientFacts {
  readonly licenseId: string;
}

/** Names and days of clients, for people who read an answer. They decide nothing. */
export interface ClientFactsReader {
  /** Both null where they can't be asked in time. */
  of(licenseId: string): Promise<ClientFacts>;
  /** A user's active clients of a product as the read model knows them, longest unseen first; none if it can't be asked. */
  longestUnseen(userId: string, product: string, limit: number): Promise<readonly NamedClient[]>;
}

export interface ClientFactsOptions {
  readonly pool: Queryable;
  readonly logger: Logger;
}

/** An answer waits no longer for what it can do without. */
export const FACTS_WAIT_MS = 200;

interface Row {
  readonly license_id: string;
  readonly client_name: string | null;
  readonly last_seen_on: string | null;
}

const FROM = `
SELECT license_id, client_name, to_char(day, 'YYYY-MM-DD') AS last_seen_on
FROM read_model.licenses LEFT JOIN usage.last_seen USING (license_id)`;

const OF_LICENSE = `${FROM} WHERE license_id = $1`;

/** One that was never seen has been away since it was activated. */
const LONGEST_UNSEEN = `${FROM}
WHERE licenses.user_id = $1 AND product = $2 AND status = 'active'
ORDER BY coalesce(day, (activated_at AT TIME ZONE 'UTC')::date), activated_at, license_id
LIMIT $3`;

const UNKNOWN: ClientFacts = { clientName: null, lastSeenOn: null };

/** The read model and the measurements, asked once for each answer. */
export function createClientFacts({ pool, logger }: ClientFactsOptions): ClientFactsReader {
  async function ask(text: string, values: readonly unknown[]): Promise<readonly NamedClient[]> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no answer within ${FACTS_WAIT_MS} ms`)),
      FACTS_WAIT_MS,
    );
    try {
      const { rows } = await Promise.race([pool.query<Row>(text, [...values]), late.promise]);
      return rows.map((row) => ({
        licenseId: row.license_id,
        clientName: row.client_name,
        lastSeenOn: row.last_seen_on,
      }));
    } catch (error) {
      logger.warn({ err: error }, 'client_facts_not_read');
      return [];
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    of: async (licenseId) => (await ask(OF_LICENSE, [licenseId]))[0] ?? UNKNOWN,
    longestUnseen: (userId, product, limit) => ask(LONGEST_UNSEEN, [userId, product, limit]),
  };
}
