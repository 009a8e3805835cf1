import { createPool, isPostgresUnavailable } from '../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../shared/event-log/event-log.ts';
import { createReader } from '../../shared/events/codec.ts';
import { PERSONAL_TYPES } from '../../shared/events/schemas/catalogue.ts';
import { userStream } from '../../shared/events/streams.ts';
import type { Recorded, UserEvent } from '../../shared/events/types.ts';
import { type OpenedPersonal, Timeline } from '../../shared/history/timeline.ts';
import { normaliseEmail } from '../../shared/identity/email.ts';
import type { Logger } from '../../shared/process/logger.ts';
import { loadSkipped } from '../../shared/read-model/skipped.ts';
import type { Vault } from '../../shared/vault/vault.ts';
import { type Io, UsageError } from '../command-line/command.ts';

/** There is no such user. */
export class NoSuchUser extends Error {
  readonly code = 'not_found';
  constructor(user: string) {
    super(`there is no user ${user}`);
    this.name = 'NoSuchUser';
  }
}

/** @throws NoSuchUser, EventStoreUnavailable */
async function mustExist(log: EventLog, userId: string): Promise<void> {
  for await (const _ of log.readStream(userStream(userId), { limit: 1 })) return;
  throw new NoSuchUser(userId);
}

/** @throws UsageError, NoSuchUser, and what PostgreSQL throws */
export async function userByEmail(
  email: string,
  { connectionString, logger }: { connectionString: string; logger: Logger },
): Promise<string> {
  const normalised = normaliseEmail(email);
  if (normalised === undefined) throw new UsageError(`${email} is no email address`);
  const pool = createPool({ connectionString, applicationName: 'cli history', max: 1, logger });
  try {
    const { rows } = await pool.query<{ user_id: string }>(
      'SELECT user_id FROM read_model.users WHERE email = $1',
      [normalised],
    );
    const [found] = rows;
    if (found) return found.user_id;
    throw new NoSuchUser(`with the email address ${email}`);
  } finally {
    await pool.end();
  }
}

/** The user's events that operators skipped. Where PostgreSQL can't be reached, the history is shown without, and says so. */
export async function skippedOf(
  userId: string,
  { connectionString, logger, io }: { connectionString: string; logger: Logger; io: Io },
): Promise<ReadonlySet<string>> {
  const pool = createPool({ connectionString, applicationName: 'cli history', max: 1, logger });
  try {
    return await loadSkipped(pool, userId);
  } catch (error) {
    if (!isPostgresUnavailable(error)) throw error;
    io.err("PostgreSQL can't be reached: events that operators skipped are shown as if they had not been.");
    return new Set();
  } finally {
    await pool.end();
  }
}

export interface OpenHistoryOptions {
  readonly userId: string;
  /** Milliseconds since 1970; undefined for all that there is: what was written is there, whatever this machine's clock says. */
  readonly asOf: number | undefined;
  readonly log: EventLog;
  readonly skipped: ReadonlySet<string>;
  /** For personal data; nobody's is opened without. */
  readonly vault: Pick<Vault, 'dataKeys'> | undefined;
}

/**
 * A user's timeline, and its entries to go through. Password hashes are left out of the personal data: they are of no
 * use to anybody who may read a history.
 * @throws NoSuchUser, EventStoreUnavailable, DataKeyMissing, VaultUnavailable
 */
export async function openHistory({
  userId,
  asOf = Number.POSITIVE_INFINITY,
  log,
  skipped,
  vault,
}: OpenHistoryOptions) {
  await mustExist(log, userId);
  const reader = createReader();
  const key = (await vault?.dataKeys([userId]))?.get(userId);
  const open = ({ event }: Recorded<UserEvent>): OpenedPersonal | undefined => {
    if (key === undefined || !('personal' in event.data)) return undefined;
    const opened = reader.unseal(PERSONAL_TYPES, event.data.personal, key) as OpenedPersonal;
    const { passwordHash: _, ...personal } = opened;
    return personal;
  };
  const timeline = new Timeline({ userId, reader, skipped, open });
  return { timeline, entries: timeline.entries(log.readStream(userStream(userId)), asOf) };
}
