import { z } from 'zod';
import { Problem } from '../../shared/http/problems/problem.ts';
import { uuid } from '../../shared/http/routes/fields.ts';
import { licenseResource, shownTo } from '../../shared/http/routes/resources.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { showLicense } from '../../shared/read-model/show.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { findLicense } from '../queries/licenses.ts';
import { aboutOneUser, mustOwn, ONE_USER_PROBLEMS, rowsToWaitFor } from './conventions.ts';

const license = queryRoute({
  method: 'get',
  path: '/v1/licenses/{id}',
  operationId: 'getLicense',
  tag: 'Licenses',
  summary: 'A license',
  auth: ['user', 'customers:read', 'history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: { 200: { description: 'The license.', body: licenseResource } },
  problems: ['not_found', ...ONE_USER_PROBLEMS],
}).handle(async ({ db, readYourWrites }, { principal, params, headers, signal }) => {
  const subject = rowsToWaitFor(principal, { kind: 'license', id: params.id });
  await readYourWrites.reached(subject, headers['min-event-position'], signal);
  const row = await findLicense(db, params.id);
  if (!row) throw new Problem('not_found');
  mustOwn(principal, row.user_id);
  return { status: 200, body: showLicense(row, shownTo(principal)) };
});

export const licenseRoutes: readonly Route<QueryContext>[] = [license];
