import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import { uuid } from '../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../shared/http/routes/paging.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { serviceAccountResource, showServiceAccount } from '../../shared/http/routes/service-account.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { type FoundStaff, findServiceAccount, findServiceAccounts } from '../queries/staff.ts';
import { aboutMany, aboutOneUser, ONE_USER_PROBLEMS, QUERY_PROBLEMS } from './conventions.ts';

const lastUsedOn = z.iso
  .date()
  .nullable()
  .meta({
    description: 'The last day (UTC) on which it was used.',
    examples: ['2026-06-01'],
  });

/** As commands answer, with the days of the last use. */
const detail = serviceAccountResource
  .extend({
    keys: z.array(serviceAccountResource.shape.keys.element.extend({ last_used_on: lastUsedOn })),
    last_used_on: lastUsedOn,
  })
  .meta({ id: 'ServiceAccountDetail' });

function show({ account, lastUsedOn: days }: FoundStaff, now: number): z.input<typeof detail> {
  const shown = showServiceAccount(account, now);
  const keys = shown.keys.map((key) => ({ ...key, last_used_on: days[key.key_id] ?? null }));
  return { ...shown, keys, last_used_on: Object.values(days).sort().at(-1) ?? null };
}

const common = {
  method: 'get',
  tag: 'Service accounts',
  auth: ['staff:write'],
  rateLimit: { name: 'queries', by: 'caller' },
} as const;

const list = queryRoute({
  ...common,
  path: '/v1/service-accounts',
  operationId: 'listServiceAccounts',
  summary: 'Service accounts, by id',
  description: 'Removed ones too: the history names them.',
  query: z.strictObject(pageQuery),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(detail) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db, clock }, { query }) => {
  const { page, size } = pageOf(query);
  const rows = await findServiceAccounts(db, page);
  const now = clock();
  const body = showPage(
    rows,
    size,
    (row) => show(row, now),
    ({ account }) => account.staffId,
  );
  return { status: 200, body };
});

const one = queryRoute({
  ...common,
  path: '/v1/service-accounts/{id}',
  operationId: 'getServiceAccount',
  summary: 'A service account',
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: {
    200: {
      description: 'The service account.',
      body: detail,
      headers: { ETag: 'The revision of the service account, for `If-Match` of a command.' },
    },
  },
  problems: ['not_found', ...ONE_USER_PROBLEMS],
}).handle(async ({ db, readYourWrites, clock }, { params, headers, signal }) => {
  const subject = { kind: 'staff', id: params.id } as const;
  await readYourWrites.reached(subject, headers['min-event-position'], signal);
  const found = await findServiceAccount(db, params.id);
  if (!found) throw new Problem('not_found');
  return {
    status: 200,
    headers: { ETag: `"${found.account.revision}"` },
    body: show(found, clock()),
  };
});

export const serviceAccountRoutes: readonly Route<QueryContext>[] = [list, one];
