import { timingSafeEqual } from 'node:crypto';
import type { DerivedKind } from '../vault/digests.ts';
import type { Vault } from '../vault/vault.ts';

/*
 * One-time tokens: who they are for, and 32 bytes derived from that under a key of the vault, in base64url. So a forged one
 * is told apart before any store is asked, nothing has to be kept to check one, and a repeated command shows it again.
 * Whether one is used up or overtaken, the user's state tells.
 */

type Kind = Extract<DerivedKind, 'password_reset' | 'email_verification' | 'staff_welcome' | 'staff_ticket'>;
export type Secrets = Pick<Vault, 'derive'>;

const SECRET_BYTES = 32;
const UUID_BYTES = 16;

export const uuidBytes = (id: string): Buffer => Buffer.from(id.replaceAll('-', ''), 'hex');

export const uuidAt = (bytes: Buffer, at: number): string =>
  bytes
    .subarray(at, at + UUID_BYTES)
    .toString('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');

const secretOf = (vault: Secrets, kind: Kind, content: Buffer) => vault.derive(kind, content.toString('hex'));

export const makeToken = async (vault: Secrets, kind: Kind, content: Buffer): Promise<string> =>
  Buffer.concat([content, await secretOf(vault, kind, content)]).toString('base64url');

/** The token's content; undefined unless it was made here. */
export async function openToken(vault: Secrets, kind: Kind, token: string): Promise<Buffer | undefined> {
  const bytes = Buffer.from(token, 'base64url');
  const content = bytes.subarray(0, Math.max(0, bytes.length - SECRET_BYTES));
  const secret = bytes.subarray(content.length);
  const isWhole = secret.length === SECRET_BYTES && bytes.toString('base64url') === token;
  return isWhole && timingSafeEqual(secret, await secretOf(vault, kind, content)) ? content : undefined;
}

/** What a token to set a password by names. */
export interface PasswordReset {
  readonly userId: string;
  readonly resetId: string;
}

export const passwordResetToken = (vault: Secrets, { userId, resetId }: PasswordReset): Promise<string> =>
  makeToken(vault, 'password_reset', Buffer.concat([uuidBytes(userId), uuidBytes(resetId)]));

export async function openPasswordReset(vault: Secrets, token: string): Promise<PasswordReset | undefined> {
  const content = await openToken(vault, 'password_reset', token);
  return content && { userId: uuidAt(content, 0), resetId: uuidAt(content, UUID_BYTES) };
}

/** What a token to verify an email by names: it holds for the email and the password that these revisions set. */
export interface EmailVerification {
  readonly userId: string;
  readonly emailRevision: number;
  readonly passwordRevision: number;
  /** In milliseconds. */
  readonly expiresAt: number;
}

export function emailVerificationToken(vault: Secrets, claims: EmailVerification): Promise<string> {
  const numbers = Buffer.alloc(24);
  numbers.writeDoubleBE(claims.emailRevision, 0);
  numbers.writeDoubleBE(claims.passwordRevision, 8);
  numbers.writeDoubleBE(claims.expiresAt, 16);
  return makeToken(vault, 'email_verification', Buffer.concat([uuidBytes(claims.userId), numbers]));
}

export async function openEmailVerification(
  vault: Secrets,
  token: string,
): Promise<EmailVerification | undefined> {
  const content = await openToken(vault, 'email_verification', token);
  return (
    content && {
      userId: uuidAt(content, 0),
      emailRevision: content.readDoubleBE(UUID_BYTES),
      passwordRevision: content.readDoubleBE(UUID_BYTES + 8),
      expiresAt: content.readDoubleBE(UUID_BYTES + 16),
    }
  );
}
