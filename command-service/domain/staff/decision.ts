import type { NewStaffEvent } from '../../../shared/events/types.ts';
import type { Decision, Rejection } from '../decision.ts';

export type StaffDecision = Decision<NewStaffEvent>;

/** Nobody gives a scope that they don't have: through an account of their own making they would have it. */
export function beyond(held: ReadonlySet<string>, scopes: readonly string[]): Rejection | undefined {
  const lacking = scopes.filter((scope) => !held.has(scope));
  return lacking.length > 0 ? { code: 'insufficient_scope', scopes: lacking } : undefined;
}
