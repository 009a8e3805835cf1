import type { Queryable } from '../../../shared/adapters/postgres/pool.ts';
import type { EventLog } from '../../../shared/event-log/event-log.ts';
import { decodeOwn, type EventReader } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import { timeOfUuidv7 } from '../../../shared/ids.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import type { DueMail } from './due.ts';

/** Whom a mail is for, and what of them it says. */
export interface Recipient {
  readonly email: string;
  /** Of a mail about one. */
  readonly subscription?: MailedSubscription;
}

export interface MailedSubscription {
  readonly product: string;
  readonly plan: string;
  readonly trial: boolean;
  readonly endDate: Date;
}

export type Found =
  | { readonly kind: 'found'; readonly recipient: Recipient }
  /** The read model does not have the event yet. */
  | { readonly kind: 'unknown_yet' }
  | { readonly kind: 'nobody'; readonly why: string };

const nobody = (why: string): Found => ({ kind: 'nobody', why });

interface UserRow {
  readonly email: string | null;
  readonly email_verified: boolean;
  readonly status: 'active' | 'erased';
  readonly revision: string;
}

const USER = 'SELECT email, email_verified, status, revision FROM read_model.users WHERE user_id = $1';

interface SubscriptionRow {
  readonly product: string;
  readonly plan_type: string;
  readonly trial: boolean;
  readonly suspended: boolean;
  readonly external_id: string | null;
  readonly end_date: Date;
}

/** The id's time part is the start date, which names the partition. */
const SUBSCRIPTION = `
SELECT product, plan_type, trial, suspended, external_id, end_date FROM read_model.subscriptions
WHERE subscription_id = $1 AND start_date = $2`;

export interface RecipientsOptions {
  readonly pool: Queryable;
  readonly log: Pick<EventLog, 'readStream'>;
  readonly reader: EventReader;
  readonly vault: Pick<Vault, 'dataKey'>;
}

/**
 * Finds whom a mail is for, when it is sent: addresses stand in the read model alone, and are gone from there once their user is
 * erased. An address that was given up is in the log, sealed.
 */
export function createFindRecipient({ pool, log, reader, vault }: RecipientsOptions) {
  /** The user's address before the change that the event is; undefined if there was none, or they are erased. */
  async function addressBefore(userId: string, revision: number): Promise<string | undefined> {
    const events = log.readStream(userStream(userId), { from: revision - 1, direction: 'backwards' });
    for await (const recorded of events) {
      const event = decodeOwn(reader, recorded)?.event;
      const isSet =
        event?.type === 'UserSignedUp' || event?.type === 'UserAdded' || event?.type === 'EmailChanged';
      if (!isSet) continue;
      const { email } = reader.unseal<typeof event.type>(
        event.type,
        event.data.personal,
        await vault.dataKey(userId),
      );
      return email;
    }
    return undefined;
  }

  async function subscriptionOf({ data }: DueMail, email: string): Promise<Found> {
    const id = String(data.subscriptionId);
    const { rows } = await pool.query<SubscriptionRow>(SUBSCRIPTION, [id, new Date(timeOfUuidv7(id) ?? 0)]);
    const [row] = rows;
    if (!row) return nobody('there is no such subscription');
    if (row.external_id !== null) return nobody('its billing system writes about it');
    if (row.suspended) return nobody('it is suspended');
    if (row.end_date.toISOString() !== data.endDate) return nobody('its end was moved');
    const { product, plan_type: plan, trial, end_date: endDate } = row;
    return { kind: 'found', recipient: { email, subscription: { product, plan, trial, endDate } } };
  }

  return async (mail: DueMail): Promise<Found> => {
    const [user] = (await pool.query<UserRow>(USER, [mail.userId])).rows;
    if (!user || Number(user.revision) < mail.revision) return { kind: 'unknown_yet' };
    if (user.status === 'erased') return nobody('the user was erased');
    if (mail.kind === 'email-changed') {
      const email = await addressBefore(mail.userId, mail.revision);
      return email === undefined
        ? nobody('there was no address before')
        : { kind: 'found', recipient: { email } };
    }
    const { email } = user;
    if (email === null) return nobody('the user has no email');
    if (mail.kind === 'verify-email' && user.email_verified) return nobody('the email is verified');
    if (mail.kind === 'subscription-ending' || mail.kind === 'subscription-ended')
      return subscriptionOf(mail, email);
    return { kind: 'found', recipient: { email } };
  };
}

export type FindRecipient = ReturnType<typeof createFindRecipient>;
