import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import { isStaffPrincipal } from '../../shared/http/routes/auth.ts';
import { uuid } from '../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../shared/http/routes/paging.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { memberResource, meResource, showMember } from '../../shared/http/routes/staff-member.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { findMember, findMembers } from '../queries/staff.ts';
import { aboutMany, aboutOneUser, ONE_USER_PROBLEMS, QUERY_PROBLEMS } from './conventions.ts';

const common = {
  method: 'get',
  tag: 'Staff',
  auth: ['staff:write'],
  rateLimit: { name: 'queries', by: 'caller' },
} as const;

const me = queryRoute({
  ...common,
  path: '/v1/staff/me',
  operationId: 'getStaffMe',
  summary: 'The person of the staff who has logged in',
  tag: 'Staff log-in',
  auth: ['member'],
  answers: { 200: { description: 'Who asks.', body: meResource } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db }, { principal }) => {
  if (!isStaffPrincipal(principal) || principal.token.role !== 'member')
    throw new Problem('role_not_allowed');
  const { id, scopes, token } = principal;
  const account = await findMember(db, id);
  if (!account) throw new Problem('token_ended');
  const { email, name } = account;
  const expiresAt = new Date(token.exp * 1_000).toISOString();
  const body = {
    ...{ staff_id: id, email, name, scopes: [...scopes] },
    ...{ csrf_token: token.csrf, session_expires_at: expiresAt },
  };
  return { status: 200, body };
});

const list = queryRoute({
  ...common,
  path: '/v1/staff',
  operationId: 'listStaff',
  summary: 'People who are staff, by id',
  description: 'Removed ones too: the history names them.',
  query: z.strictObject(pageQuery),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(memberResource) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db }, { query }) => {
  const { page, size } = pageOf(query);
  const rows = await findMembers(db, page);
  const body = showPage(
    rows,
    size,
    (row) => showMember(row, row),
    ({ staffId }) => staffId,
  );
  return { status: 200, body };
});

const one = queryRoute({
  ...common,
  path: '/v1/staff/{id}',
  operationId: 'getStaff',
  summary: 'A person of the staff',
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: {
    200: {
      description: 'The person.',
      body: memberResource,
      headers: { ETag: 'The revision of the member of staff, for `If-Match` of a command.' },
    },
  },
  problems: ['not_found', ...ONE_USER_PROBLEMS],
}).handle(async ({ db, readYourWrites }, { params, headers, signal }) => {
  const subject = { kind: 'staff', id: params.id } as const;
  await readYourWrites.reached(subject, headers['min-event-position'], signal);
  const account = await findMember(db, params.id);
  if (!account) throw new Problem('not_found');
  return {
    status: 200,
    headers: { ETag: `"${account.revision}"` },
    body: showMember(account, account),
  };
});

export const staffRoutes: readonly Route<QueryContext>[] = [me, list, one];
