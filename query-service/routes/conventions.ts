import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import type { ProblemCode } from '../../shared/http/problems/problem-codes.ts';
import type { Principal } from '../../shared/http/routes/auth.ts';
import type { Subject } from '../queries/read-your-writes.ts';
import { minEventPosition } from '../validation/http/read-question.ts';

/** A query about one user: the answer is at least as new as the reader's own command. */
export const aboutOneUser = z.object({ 'min-event-position': minEventPosition });

/** A list is about many users, and as of no position of theirs. */
export const aboutMany = z.object({
  'min-event-position': z
    .undefined({ error: 'a list is as of no position: only queries about one user take this header' })
    .optional()
    .meta({ description: 'Refused: only queries about one user take it.' }),
});

export const QUERY_PROBLEMS = ['database_unavailable'] as const satisfies readonly ProblemCode[];
export const ONE_USER_PROBLEMS = [
  'database_unavailable',
  'read_model_behind',
  'read_model_parked',
] as const satisfies readonly ProblemCode[];

/** The user that asks. */
export function userIdOf(principal: Principal | undefined): string {
  if (principal?.role !== 'user') throw new Error(`a route of users lets in: ${principal?.role}`);
  return principal.userId;
}

/** Users see what is theirs; everything else does not exist for them. @throws Problem not_found */
export function mustOwn(principal: Principal | undefined, ownerId: string): void {
  if (principal?.role === 'user' && principal.userId !== ownerId) throw new Problem('not_found');
}

/** Whose rows must have gone past `Min-Event-Position`: what users ask for is their own, or does not exist for them. */
export const rowsToWaitFor = (principal: Principal | undefined, asked: Subject): Subject =>
  principal?.role === 'user' ? { kind: 'user', id: principal.userId } : asked;
