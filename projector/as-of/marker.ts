import { inTransaction, type Pool, type Queryable } from '../../shared/adapters/postgres/pool.ts';
import { AsOfRefused } from './errors.ts';

/** What a schema of read models as of a time says of itself. */
export interface Marker {
  /** Milliseconds since 1970. */
  readonly asOf: number;
  readonly personal: boolean;
  readonly completed: boolean;
  /** Once complete: events of users that it holds, and the position of the last event. */
  readonly events?: number;
  readonly position?: string | null;
}

/** The table by which a schema is known as one that was made here: nothing else is ever built into or dropped. */
const TABLE = 'license_replay';

const CREATE = (schema: string) => `
CREATE TABLE ${schema}.${TABLE} (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  as_of timestamptz NOT NULL,                  -- events up to this time, it included
  personal boolean NOT NULL,                   -- whether emails and names of clients are in it
  built_by text NOT NULL,
  started_at timestamptz NOT NULL,
  completed_at timestamptz,                    -- null: not complete, run the same command again
  position text,                               -- of the last event that it holds
  events bigint                                -- of users, that it holds
)`;

interface Row {
  as_of: Date;
  personal: boolean;
  completed: boolean;
  events: string | null;
  position: string | null;
}

const there = async (db: Queryable, sql: string, name: string): Promise<boolean> =>
  (await db.query(`SELECT ${sql}($1) IS NOT NULL AS there`, [name])).rows[0].there;

/**
 * @returns undefined if there is no such schema
 * @throws AsOfRefused schema_name, schema_not_ours
 */
export async function readMarker(db: Queryable, schema: string): Promise<Marker | undefined> {
  const { rows: names } = await db.query('SELECT quote_ident($1) = $1 AS plain', [schema]);
  if (!names[0].plain) {
    throw new AsOfRefused('schema_name', `${schema} is a word of SQL: choose another name for the schema`);
  }
  if (!(await there(db, 'to_regnamespace', schema))) return undefined;
  if (!(await there(db, 'to_regclass', `${schema}.${TABLE}`))) {
    const why = `schema ${schema} is there and was not made by this command: choose another name`;
    throw new AsOfRefused('schema_not_ours', why);
  }
  const { rows } = await db.query<Row>(
    `SELECT as_of, personal, completed_at IS NOT NULL AS completed, events, position FROM ${schema}.${TABLE}`,
  );
  const { as_of, personal, completed, events, position } = rows[0] as Row;
  return { asOf: as_of.getTime(), personal, completed, events: Number(events), position };
}

const comment = (schema: string, text: string) => `COMMENT ON SCHEMA ${schema} IS '${text}'`;

const described = (asOf: number, personal: boolean) =>
  `read models of the License System as of ${new Date(asOf).toISOString()}, ${personal ? 'with' : 'without'} personal data`;

/** Makes the schema with its marker, both or neither. */
export async function createMarked(
  pool: Pool,
  schema: string,
  marker: Pick<Marker, 'asOf' | 'personal'>,
  builtBy: string,
  now: number,
): Promise<void> {
  const { asOf, personal } = marker;
  await inTransaction(pool, async (client) => {
    await client.query(`CREATE SCHEMA ${schema}`);
    await client.query(CREATE(schema));
    await client.query(
      `INSERT INTO ${schema}.${TABLE} (as_of, personal, built_by, started_at) VALUES ($1, $2, $3, $4)`,
      [new Date(asOf), personal, builtBy, new Date(now)],
    );
    await client.query(comment(schema, `NOT COMPLETE: ${described(asOf, personal)}`));
  });
}

export async function markComplete(
  pool: Pool,
  schema: string,
  { asOf, personal }: Pick<Marker, 'asOf' | 'personal'>,
  now: number,
): Promise<void> {
  await inTransaction(pool, async (client) => {
    // Every event counts a user's revision up by one, so nothing has to be counted while building.
    await client.query(
      `UPDATE ${schema}.${TABLE} SET completed_at = $1,
         events = (SELECT COALESCE(sum(revision + 1), 0) FROM ${schema}.users),
         position = (SELECT last_event_commit || '/' || last_event_prepare FROM ${schema}.checkpoints)`,
      [new Date(now)],
    );
    await client.query(comment(schema, described(asOf, personal)));
  });
}

export const dropMarked = (pool: Pool, schema: string) => pool.query(`DROP SCHEMA ${schema} CASCADE`);
