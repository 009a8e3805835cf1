import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { hasScope, insufficientScope } from '../../../shared/http/routes/auth.ts';
import { text, typedEmail, uuid } from '../../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../../shared/http/routes/paging.ts';
import { licenseResource, shownTo, subscriptionResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../../context.ts';
import { showUser, userResource } from '../../queries/show.ts';
import { type FoundUser, findUser, findUsers } from '../../queries/users.ts';
import { aboutMany, aboutOneUser, ONE_USER_PROBLEMS, QUERY_PROBLEMS } from '../conventions.ts';
import { pageOfLicenses, pageOfSubscriptions } from './of-user.ts';

const common = {
  method: 'get',
  tag: 'Users',
  auth: ['customers:read', 'history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
} as const;

/** What a command's answer says of the user, too: so that what was read is changed as it was read, or not at all. */
const REVISION = { ETag: 'The revision of the user, for `If-Match` of a command.' };
const etagOf = ({ user: { revision } }: FoundUser) => ({ ETag: `"${revision}"` });

const user = queryRoute({
  ...common,
  path: '/v1/users/{id}',
  operationId: 'getUser',
  summary: 'A user',
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  answers: { 200: { description: 'The user.', body: userResource, headers: REVISION } },
  problems: ['not_found', ...ONE_USER_PROBLEMS],
}).handle(async ({ db, readYourWrites, clock }, { principal, params, headers, signal }) => {
  await readYourWrites.reached({ kind: 'user', id: params.id }, headers['min-event-position'], signal);
  const found = await findUser(db, params.id);
  if (!found) throw new Problem('not_found');
  return { status: 200, headers: etagOf(found), body: showUser(found, shownTo(principal), clock()) };
});

const users = queryRoute({
  ...common,
  path: '/v1/users',
  operationId: 'listUsers',
  summary: 'Users that match all filters given, by id',
  description: 'With the scope `history:read` alone, email addresses are neither shown nor filtered by.',
  query: z.strictObject({
    ...pageQuery,
    email: typedEmail.optional(),
    email_prefix: text(1, 254)
      .optional()
      .meta({ description: 'The beginning of the address, in any case.', examples: ['ada@'] }),
    client_id: text(1, 128).optional(),
    license_id: uuid.optional(),
    external_id: text(1, 128).optional(),
  }),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(userResource) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db, clock }, { principal, query }) => {
  const byEmail = query.email !== undefined || query.email_prefix !== undefined;
  if (byEmail && !hasScope(principal, 'customers:read'))
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

/** What is a user's: a list without items may be of nobody. */
const ofUser = {
  ...common,
  params: z.object({ id: uuid }),
  headers: aboutOneUser,
  query: z.strictObject(pageQuery),
  problems: ['not_found', ...ONE_USER_PROBLEMS],
} as const;

/** @throws Problem not_found */
async function mustExist({ db }: QueryContext, userId: string): Promise<FoundUser> {
  const found = await findUser(db, userId);
  if (!found) throw new Problem('not_found');
  return found;
}

const userSubscriptions = queryRoute({
  ...ofUser,
  path: '/v1/users/{id}/subscriptions',
  operationId: 'listSubscriptionsOfUser',
  summary: "A user's subscriptions, by start date",
  answers: { 200: { description: 'A page of them.', body: listOf(subscriptionResource), headers: REVISION } },
}).handle(async (context, { params: { id }, headers, query, signal }) => {
  await context.readYourWrites.reached({ kind: 'user', id }, headers['min-event-position'], signal);
  // Before the rows: they may be newer than the revision then, which costs a 412, and never older than it.
  const found = await mustExist(context, id);
  return { status: 200, headers: etagOf(found), body: await pageOfSubscriptions(context, id, query) };
});

const userLicenses = queryRoute({
  ...ofUser,
  path: '/v1/users/{id}/licenses',
  operationId: 'listLicensesOfUser',
  summary: "A user's licenses, in the order of their activation",
  answers: { 200: { description: 'A page of them.', body: listOf(licenseResource) } },
}).handle(async (context, { principal, params: { id }, headers, query, signal }) => {
  await context.readYourWrites.reached({ kind: 'user', id }, headers['min-event-position'], signal);
  const body = await pageOfLicenses(context, id, query, principal);
  if (body.items.length === 0) await mustExist(context, id);
  return { status: 200, body };
});

export const userRoutes: readonly Route<QueryContext>[] = [users, user, userSubscriptions, userLicenses];
