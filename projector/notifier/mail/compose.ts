import { emailVerificationToken, passwordResetToken } from '../../../shared/tokens/one-time.ts';
import type { Vault } from '../../../shared/vault/vault.ts';
import type { DueMail } from './due.ts';
import type { MailedSubscription, Recipient } from './recipient.ts';
import type { MailConfig } from './settings.ts';
import type { Render, TemplateName } from './templates.ts';
import type { Message } from './transport.ts';

/** The link of a mail has expired: nobody could use it. */
export class LinkExpired extends Error {
  readonly code = 'link_expired';
  constructor() {
    super('its link has expired');
    this.name = 'LinkExpired';
  }
}

export interface ComposeOptions {
  readonly config: MailConfig;
  readonly render: Render;
  readonly vault: Pick<Vault, 'derive'>;
}

/** A trial's mails are texts of their own. */
const templateOf = ({ kind }: DueMail, { subscription }: Recipient): TemplateName => {
  if (kind === 'subscription-ending') return subscription?.trial ? 'trial-ending' : kind;
  if (kind === 'subscription-ended') return subscription?.trial ? 'trial-ended' : kind;
  return kind;
};

/** Makes the mail of what is due. Tokens are derived here, and stand nowhere else. */
export function createCompose({ config, render, vault }: ComposeOptions) {
  const { from, publicUrl, language } = config;
  const day = new Intl.DateTimeFormat(language, { dateStyle: 'long', timeZone: 'UTC' });
  const minute = new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  const account_url = `${publicUrl}/account`;

  async function tokenOf({ kind, userId, data }: DueMail): Promise<string | undefined> {
    if (kind === 'reset-password')
      return passwordResetToken(vault, { userId, resetId: String(data.resetId) });
    if (kind !== 'verify-email') return undefined;
    const [emailRevision, passwordRevision] = [Number(data.emailRevision), Number(data.passwordRevision)];
    const expiresAt = Date.parse(String(data.expiresAt));
    return emailVerificationToken(vault, { userId, emailRevision, passwordRevision, expiresAt });
  }

  async function linkOf(mail: DueMail, now: number): Promise<Record<string, string>> {
    const token = await tokenOf(mail);
    if (token === undefined) return {};
    const expiresAt = Date.parse(String(mail.data.expiresAt));
    if (expiresAt <= now) throw new LinkExpired();
    // In the fragment, which no server and no proxy gets to see.
    const what = mail.kind === 'verify-email' ? 'verify' : 'reset';
    return { link: `${account_url}#${what}=${token}`, expires_at: `${minute.format(expiresAt)} UTC` };
  }

  const about = (subscription: MailedSubscription | undefined): Record<string, string> =>
    subscription
      ? { product: subscription.product, plan: subscription.plan, end_date: day.format(subscription.endDate) }
      : {};

  /** @throws LinkExpired, VaultUnavailable */
  return async (mail: DueMail, recipient: Recipient, now: number): Promise<Message> => {
    const { email, subscription } = recipient;
    const link = await linkOf(mail, now);
    const values = { seller: from.name, account_url, email, ...link, ...about(subscription) };
    const rendered = render(templateOf(mail, recipient), values);
    return { id: mail.mailId, date: mail.createdAt, from, to: email, ...rendered };
  };
}

export type Compose = ReturnType<typeof createCompose>;
