import { inTransaction, type Pool } from '../../../shared/adapters/postgres/pool.ts';
import type { MailKind } from '../../../shared/notifications/mails.ts';

/** A mail that is to be sent now. */
export interface DueMail {
  readonly mailId: string;
  readonly userId: string;
  readonly kind: MailKind;
  /** Of the event in its user's stream. */
  readonly revision: number;
  readonly data: Readonly<Record<string, unknown>>;
  /** This attempt's number. */
  readonly attempt: number;
  readonly createdAt: Date;
  /** Whether it has been tried for as long as it is. */
  readonly isLast: boolean;
}

interface Row {
  mail_id: string;
  user_id: string;
  kind: MailKind;
  revision: string;
  data: Record<string, unknown>;
  attempts: number;
  created_at: Date;
  is_last: boolean;
}

/** A mail whose sender died is tried again after so long, in milliseconds: longer than any attempt takes. */
export const LEASE_MS = 180_000;

/** Somebody sits and waits for what they asked for: it goes before what time has brought, however much that is. */
const CLAIM = `
UPDATE notifications.mails SET attempts = attempts + 1, next_at = now() + $2 * interval '1 millisecond'
WHERE mail_id = ANY (ARRAY(
  SELECT mail_id FROM notifications.mails WHERE status = 'pending' AND next_at <= now()
  ORDER BY (kind LIKE 'subscription-%'), next_at LIMIT $1 FOR UPDATE SKIP LOCKED))
RETURNING mail_id, user_id, kind, revision, data, attempts, created_at, try_until <= now() AS is_last`;

/** Takes mails that are due, for the time of an attempt: whoever else looks doesn't see them meanwhile. */
export async function claimMails(pool: Pool, limit: number, leaseMs: number): Promise<DueMail[]> {
  const { rows } = await pool.query<Row>({ name: 'mails_claim', text: CLAIM, values: [limit, leaseMs] });
  return rows.map((row) => ({
    mailId: row.mail_id,
    userId: row.user_id,
    kind: row.kind,
    revision: Number(row.revision),
    data: row.data,
    attempt: row.attempts,
    createdAt: row.created_at,
    isLast: row.is_last,
  }));
}

/** What became of a mail. */
export type MailOutcome =
  | { readonly kind: 'sent' }
  /** There is nobody, or nothing any more, to send it for. */
  | { readonly kind: 'dropped'; readonly why: string }
  /** It can't be sent, and trying again would not help. */
  | { readonly kind: 'failed'; readonly error: string }
  /** `pause` in milliseconds. */
  | { readonly kind: 'retry'; readonly error: string; readonly pause: number }
  /** No attempt was made. */
  | { readonly kind: 'later'; readonly pause: number };

const SETTLE = `
UPDATE notifications.mails
SET status = $2, last_error = $3, attempts = attempts - $4,
  next_at = CASE WHEN $2 = 'pending' THEN now() + $5 * interval '1 millisecond' END,
  sent_at = CASE WHEN $2 = 'sent' THEN now() END
WHERE mail_id = $1 AND status = 'pending'`;

/** Writes down what became of it: durably, or PostgreSQL's crash would have a mail sent twice that was sent long before. */
export async function settleMail(pool: Pool, { mailId }: DueMail, outcome: MailOutcome): Promise<void> {
  const isPending = outcome.kind === 'retry' || outcome.kind === 'later';
  const error = 'error' in outcome ? outcome.error : 'why' in outcome ? outcome.why : null;
  await inTransaction(pool, async (tx) => {
    await tx.query('SET LOCAL synchronous_commit = on');
    await tx.query(SETTLE, [
      mailId,
      isPending ? 'pending' : outcome.kind,
      error,
      outcome.kind === 'later' ? 1 : 0,
      isPending ? outcome.pause : 0,
    ]);
  });
}

const SWEEP = `DELETE FROM notifications.mails WHERE created_at < now() - $1 * interval '1 day' AND status <> 'pending'`;

/** Removes mails that are older than so many days, but for those that are still to be sent. @returns how many */
export const sweepMails = async (pool: Pool, days: number): Promise<number> =>
  (await pool.query(SWEEP, [days])).rowCount ?? 0;
