/** What staff may be allowed to do, each with what it opens. A scope is a value with a colon; nothing else in a route's grants is. */
export const SCOPES = {
  'customers:read': 'Find customers, and see their subscriptions and licenses',
  'customers:write': 'Make customers, reset their passwords, change their email, end their sessions',
  'customers:erase': 'Erase customers, and release a blocked email',
  'subscriptions:write': 'Start, renew, change, cancel and suspend subscriptions',
  'licenses:write': 'Deactivate, revoke and reinstate licenses',
  'keys:write': 'Issue, show and revoke license keys',
  'history:read': 'Read event histories and figures, without personal data',
  'webhooks:write': 'Manage webhooks',
  'staff:write': 'Manage service accounts, with no more scopes than one has',
} as const;

export type Scope = keyof typeof SCOPES;

export const ALL_SCOPES = Object.keys(SCOPES) as readonly Scope[];

export const isScope = (value: string): value is Scope => Object.hasOwn(SCOPES, value);

/** The scopes of a `scope` parameter or claim (RFC 6749, 3.3). What this release doesn't know opens nothing here. */
export const knownScopes = (values: readonly string[]): Scope[] => [...new Set(values.filter(isScope))];

/** What the tokens of the command-line tool may do. */
export const TOOL_SCOPES = {
  operator: ALL_SCOPES,
  analyst: ['history:read'],
} as const satisfies Record<string, readonly Scope[]>;
