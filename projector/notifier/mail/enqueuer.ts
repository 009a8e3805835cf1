import type { PoolClient } from '../../../shared/adapters/postgres/pool.ts';
import { isStaff } from '../../../shared/events/metadata.ts';
import type { AnyEvent, Recorded } from '../../../shared/events/types.ts';
import type { MailKind } from '../../../shared/notifications/mails.ts';
import type { Enqueuer } from '../enqueuer.ts';

/** For how long a mail is tried. One that is late by a day is no help any more, and its link has expired. */
const ENQUEUE = `
INSERT INTO notifications.mails (mail_id, user_id, kind, revision, data, status, next_at, try_until, created_at)
VALUES ($1, $2, $3, $4, $5, 'pending', now(), now() + interval '24 hours', $6)
ON CONFLICT (mail_id) DO NOTHING`;

const DROP = `
UPDATE notifications.mails SET status = 'dropped', next_at = NULL, last_error = $3
WHERE user_id = $1 AND status = 'pending' AND ($2::text[] IS NULL OR kind = ANY ($2))`;

/** What is mailed for an event, if anything is. */
function kindOf({ event, metadata }: Recorded<AnyEvent>): MailKind | undefined {
  switch (event.type) {
    case 'EmailVerificationIssued':
      return 'verify-email';
    // Staff hand out theirs by themselves.
    case 'PasswordResetIssued':
      return isStaff(metadata.actor.role) ? undefined : 'reset-password';
    case 'EmailChanged':
      return 'email-changed';
    case 'SubscriptionEnding':
      return 'subscription-ending';
    case 'SubscriptionLapsed':
      return 'subscription-ended';
    default:
      return undefined;
  }
}

/** Mails that an event makes pointless: their links don't hold any more. */
const OVERTAKES: {
  readonly [T in AnyEvent['type']]?: { readonly why: string; readonly kinds: readonly MailKind[] };
} = {
  EmailChanged: { why: 'the email was changed', kinds: ['verify-email', 'reset-password'] },
  PasswordChanged: { why: 'the password was changed', kinds: ['verify-email', 'reset-password'] },
  EmailVerified: { why: 'the email was verified', kinds: ['verify-email'] },
};

/** Turns events into mails that are due, and drops those that have become pointless. */
export class MailEnqueuer implements Enqueuer {
  async handle(recorded: Recorded<AnyEvent>, tx: PoolClient): Promise<void> {
    const { id, event, revision, created } = recorded;
    if (!('userId' in event.data) || !recorded.stream.startsWith('user-')) return;
    const { userId, ...data } = event.data;
    if (event.type === 'UserErased') await tx.query(DROP, [userId, null, 'the user was erased']);
    const overtaken = OVERTAKES[event.type];
    if (overtaken) await tx.query(DROP, [userId, overtaken.kinds, overtaken.why]);
    const kind = kindOf(recorded);
    if (!kind) return;
    const { personal: _sealed, ...said } = data as Readonly<Record<string, unknown>>;
    await tx.query(ENQUEUE, [id, userId, kind, revision, said, created]);
  }

  /** Nothing is kept in memory. */
  forget(): void {}
}
