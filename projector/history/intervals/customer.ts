import type { UserEvent } from '../../../shared/events/types.ts';
import type { User } from '../../../shared/read-model/fold/user.ts';
import type { Cause } from './cause.ts';

/** What a row of `customers` says. */
export interface CustomerState {
  readonly userId: string;
  readonly status: User['status'];
  /** By themselves, or by staff. */
  readonly origin: 'signed_up' | 'added';
  readonly externalId: string | null;
  readonly signedUpAt: number;
  readonly cause: Cause;
}

/** A customer's state after an event of theirs, from the fold's row; undefined where it changes nothing of what is shown. */
export function customerAfter(
  before: CustomerState | undefined,
  { type }: UserEvent,
  { userId, status, externalId, createdAt }: User,
  cause: Cause,
): CustomerState | undefined {
  if (type === 'UserSignedUp' || type === 'UserAdded') {
    const origin = type === 'UserAdded' ? 'added' : 'signed_up';
    return { userId, status, origin, externalId, signedUpAt: createdAt, cause };
  }
  // One whose sign-up an operator skipped has no row here.
  return type === 'UserErased' && before ? { ...before, status, externalId, cause } : undefined;
}
