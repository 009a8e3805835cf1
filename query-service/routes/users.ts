import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import { hasScope, insufficientScope } from '../../shared/http/routes/auth.ts';
import { text, typedEmail, uuid } from '../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../shared/http/routes/paging.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { showUser, userResource } from '../queries/show.ts';
import { findUser, findUsers } from '../queries/users.ts';
import { aboutMany, aboutOneUser, ONE_USER_PROBLEMS, QUERY_PROBLEMS, shownTo } from './conventions.ts';

const common = {
  method: 'get',
  tag: 'Users',
  auth: ['customers:read', 'history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
} as const;

const user = queryRoute({
  ...common,
  path: '/v1/users/{id}',
  operationId: 'getUser',
  summary: 'A user',
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: { 200: { description: 'The user.', body: userResource } },
  problems: ['not_found', ...ONE_USER_PROBLEMS],
}).handle(async ({ db, readYourWrites, clock }, { principal, params, headers, signal }) => {
  await readYourWrites.reached({ kind: 'user', id: params.id }, headers['min-event-position'], signal);
  const found = await findUser(db, params.id);
  if (!found) throw new Problem('not_found');
  return { status: 200, body: showUser(found, shownTo(principal), clock()) };
});

const users = queryRoute({
  ...common,
  path: '/v1/users',
  operationId: 'listUsers',
  summary: 'Users, by id; those that all given filters match',
  description: 'The scope `history:read` alone does not filter by email address, and is not shown any.',
  query: z.strictObject({
    ...pageQuery,
    email: typedEmail.optional(),
    client_id: text(1, 128).optional(),
    license_id: uuid.optional(),
    external_id: text(1, 128).optional(),
  }),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(userResource) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db, clock }, { principal, query }) => {
  if (query.email !== undefined && !hasScope(principal, 'customers:read'))
    throw insufficientScope(['customers:read'], 'Filtering by email address needs the scope customers:read.');
  const { limit, cursor, ...filter } = query;
  const { page, size } = pageOf({ limit, cursor });
  const found = await findUsers(db, filter, page);
  const now = clock();
  const body = showPage(
    found,
    size,
    (one) => showUser(one, shownTo(principal), now),
    (one) => one.user.user_id,
  );
  return { status: 200, body };
});

export const userRoutes: readonly Route<QueryContext>[] = [users, user];
