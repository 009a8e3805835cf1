import type { AdvisoryLock } from '../../shared/adapters/postgres/advisory-locks.ts';
import type { Pool, PoolClient, Queryable } from '../../shared/adapters/postgres/pool.ts';
import type { Decoder } from '../write/decode.ts';
import type { ReadModelWriter } from '../write/read-model-writer.ts';
import type { ComparedTables } from './compare.ts';

/** What a schema is called while it is live, while it is built, and once another one has taken its place. */
export interface SchemaNames {
  readonly live: string;
  readonly next: string;
  readonly old: string;
}

/** What can be made again from the log: schemas that are written in one transaction, and switched in one. */
export interface Rebuildable {
  /** The first has the read models, with the checkpoint; others what is made beside them. */
  readonly schemas: readonly [SchemaNames, ...SchemaNames[]];
  /** Held by the one rebuild that runs. */
  readonly lock: AdvisoryLock;
  /** What rows are compared in, for each of the schemas. */
  readonly compared: readonly ComparedTables[];
  /** Search path of the connections that write the next schemas. */
  readonly searchPath: string;
  /** Makes the tables in the next schemas; with `bare` without the indexes that can wait. */
  migrate(pool: Pool, bare: boolean): Promise<void>;
  /** @param pool its search path is the next schemas @param indexed whether the indexes have been made */
  writer(pool: Pool, decoder: Decoder, indexed: () => boolean): ReadModelWriter;
  /** Leaves out of the next schemas what operators have skipped, beside what the live ones know of it. */
  skip?(next: Queryable): Promise<void>;
  /** Forgets everybody who is erased, at the end of the load. @param next its search path is the next schemas */
  forgetErased(next: Pool): Promise<void>;
  /** Takes over what no event gives, in the transaction of the switch. */
  takeOver?(client: PoolClient): Promise<void>;
}
