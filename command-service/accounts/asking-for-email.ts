import type { Guesses } from '../../shared/http/limits/failure-limit.ts';
import type { Outcome } from '../execute/requests.ts';
import { type Requester, UNKNOWN_REQUESTER } from './hashing-queue.ts';

/**
 * A command that says so if the email is taken: an address that asks for many is limited like one that guesses at
 * passwords.
 * @throws Problem rate_limited, and what the command throws
 */
export const askingForEmail = (
  guesses: Guesses,
  { address }: Requester = UNKNOWN_REQUESTER,
  command: () => Promise<Outcome>,
): Promise<Outcome> =>
  guesses.attempt(
    { kind: 'email', address },
    command,
    (outcome) => outcome.kind === 'rejected' && outcome.rejection.code === 'email_taken',
  );
