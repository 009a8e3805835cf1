import { makeToken, openToken, type Secrets, uuidAt, uuidBytes } from '../../../shared/tokens/one-time.ts';

const UUID_BYTES = 16;

/** By which a person sets password and second factor. */
export interface Welcome {
  readonly staffId: string;
  readonly welcomeId: string;
}

export const welcomeToken = (vault: Secrets, { staffId, welcomeId }: Welcome): Promise<string> =>
  makeToken(vault, 'staff_welcome', Buffer.concat([uuidBytes(staffId), uuidBytes(welcomeId)]));

export async function openWelcome(vault: Secrets, token: string): Promise<Welcome | undefined> {
  const content = await openToken(vault, 'staff_welcome', token);
  return content && { staffId: uuidAt(content, 0), welcomeId: uuidAt(content, UUID_BYTES) };
}

/** Says that the password was right: of what was set at this revision. It begins one session at most. */
export interface Ticket {
  readonly staffId: string;
  readonly sessionId: string;
  readonly passwordRevision: number;
  /** In milliseconds. */
  readonly expiresAt: number;
}

export function ticketToken(vault: Secrets, ticket: Ticket): Promise<string> {
  const numbers = Buffer.alloc(16);
  numbers.writeDoubleBE(ticket.passwordRevision, 0);
  numbers.writeDoubleBE(ticket.expiresAt, 8);
  const content = [uuidBytes(ticket.staffId), uuidBytes(ticket.sessionId), numbers];
  return makeToken(vault, 'staff_ticket', Buffer.concat(content));
}

export async function openTicket(vault: Secrets, token: string): Promise<Ticket | undefined> {
  const content = await openToken(vault, 'staff_ticket', token);
  return (
    content && {
      staffId: uuidAt(content, 0),
      sessionId: uuidAt(content, UUID_BYTES),
      passwordRevision: content.readDoubleBE(2 * UUID_BYTES),
      expiresAt: content.readDoubleBE(2 * UUID_BYTES + 8),
    }
  );
}
