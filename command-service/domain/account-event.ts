import type { UserEvent } from '../../shared/events/types.ts';

/** The events of a user's identity and credentials. */
export type AccountEvent = Extract<
  UserEvent,
  {
    type:
      | 'UserSignedUp'
      | 'UserAdded'
      | 'PasswordResetIssued'
      | 'PasswordChanged'
      | 'EmailVerificationIssued'
      | 'EmailVerified'
      | 'EmailChanged'
      | 'LoggedOut'
      | 'SessionsEnded'
      | 'UserErased';
  }
>;
