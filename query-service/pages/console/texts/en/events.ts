/** What of an event is said. */
export interface EventFacts {
  readonly plan: string;
  readonly client: string;
  readonly start: string;
  readonly end: string;
  readonly isReplacement: boolean;
  readonly byKey: boolean;
  readonly days: number;
}

/** Event type → the event in a sentence. */
export const events: Readonly<Record<string, (facts: EventFacts) => string>> = {
  UserSignedUp: () => 'Signed up',
  UserAdded: () => 'Added by staff',
  PasswordResetIssued: () => 'Password reset issued',
  PasswordChanged: () => 'Password changed',
  EmailVerificationIssued: () => 'Asked to verify the email',
  EmailVerified: () => 'Email verified',
  EmailChanged: () => 'Email changed',
  LoggedOut: () => 'Logged out',
  SessionsEnded: () => 'All sessions ended',
  SubscriptionStarted: ({ plan, start, end }) => `Started ${plan}, ${start} to ${end}`,
  SubscriptionRenewed: ({ end }) => `Renewed until ${end}`,
  SubscriptionPlanChanged: ({ plan }) => `Changed to ${plan}`,
  SubscriptionSuspended: () => 'Suspended',
  SubscriptionReinstated: () => 'Reinstated',
  SubscriptionCancelled: ({ end }) => `Cancelled, ends ${end}`,
  SubscriptionCancellationWithdrawn: () => 'Cancellation withdrawn',
  SubscriptionEnding: ({ end, days }) =>
    `Told that it ends ${end} (${days} ${days === 1 ? 'day' : 'days'} ahead)`,
  SubscriptionLapsed: ({ end }) => `Lapsed, ended ${end}`,
  LicenseKeyIssued: () => 'License key issued',
  LicenseKeyRevoked: () => 'License key revoked',
  LicenseActivated: ({ client, isReplacement, byKey }) =>
    `Activated ${client}${isReplacement ? ' in place of another machine' : ''}${byKey ? ' by license key' : ''}`,
  LicenseDeactivated: ({ client }) => `Deactivated ${client}`,
  LicenseRevoked: ({ client }) => `Revoked ${client}`,
  LicenseReinstated: ({ client }) => `Reinstated ${client}`,
  UserErased: () => 'Erased',
};
