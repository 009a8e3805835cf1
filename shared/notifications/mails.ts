import type { Queryable } from '../adapters/postgres/pool.ts';

/** What is mailed. Each has a text of its name. */
export const MAIL_KINDS = [
  'verify-email',
  'reset-password',
  'email-changed',
  'subscription-ending',
  'subscription-ended',
] as const;
export type MailKind = (typeof MAIL_KINDS)[number];

export const MAIL_STATUSES = ['pending', 'sent', 'failed', 'dropped'] as const;
export type MailStatus = (typeof MAIL_STATUSES)[number];

/** A mail as it is shown to staff: neither its text nor its address is kept. */
export interface MailRow {
  readonly mail_id: string;
  readonly user_id: string;
  readonly kind: MailKind;
  readonly status: MailStatus;
  readonly attempts: number;
  readonly next_at: Date | null;
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly sent_at: Date | null;
}

export interface MailFilter {
  readonly status?: MailStatus | undefined;
  readonly userId?: string | undefined;
}

/** After the mail of that id, if one is named. */
const LIST = `
SELECT mail_id, user_id, kind, status, attempts, next_at, last_error, created_at, sent_at
FROM notifications.mails
WHERE ($1::text IS NULL OR status = $1) AND ($2::uuid IS NULL OR user_id = $2)
  AND ($3::uuid IS NULL OR (created_at, mail_id) < (SELECT created_at, mail_id FROM notifications.mails WHERE mail_id = $3))
ORDER BY created_at DESC, mail_id DESC LIMIT $4`;

/** Mails, the latest first; at most `limit`. */
export async function listMails(
  db: Queryable,
  { status, userId }: MailFilter,
  page: { readonly after: string | undefined; readonly limit: number },
): Promise<MailRow[]> {
  const values = [status ?? null, userId ?? null, page.after ?? null, page.limit];
  return (await db.query<MailRow>(LIST, values)).rows;
}

const RETRY = `
UPDATE notifications.mails
SET status = 'pending', attempts = 0, next_at = now(), try_until = now() + interval '24 hours', last_error = NULL
WHERE status = 'failed' AND ($1::uuid IS NULL OR mail_id = $1)`;

/** Has a parked mail tried again, or all of them, for another day. @returns how many */
export async function retryMails(db: Queryable, mailId: string | undefined): Promise<number> {
  return (await db.query(RETRY, [mailId ?? null])).rowCount ?? 0;
}
