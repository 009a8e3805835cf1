import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { listOf, pageQuery } from '../../../shared/http/routes/paging.ts';
import { licenseResource, subscriptionResource } from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../../context.ts';
import { showUser, userResource } from '../../queries/show.ts';
import { findUser } from '../../queries/users.ts';
import { aboutOneUser, ONE_USER_PROBLEMS, userIdOf } from '../conventions.ts';
import { pageOfLicenses, pageOfSubscriptions } from './of-user.ts';

const common = {
  method: 'get',
  tag: 'Users',
  auth: ['user'],
  rateLimit: { name: 'queries', by: 'caller' },
  headers: aboutOneUser,
  problems: ONE_USER_PROBLEMS,
} as const;

const PERSONAL = { personal: true };

const me = queryRoute({
  ...common,
  path: '/v1/me',
  operationId: 'getMe',
  summary: 'The caller',
  answers: { 200: { description: 'The caller.', body: userResource } },
}).handle(async ({ db, readYourWrites, clock }, { principal, headers, signal }) => {
  const id = userIdOf(principal);
  await readYourWrites.reached({ kind: 'user', id }, headers['min-event-position'], signal);
  const found = await findUser(db, id);
  if (!found) throw new Problem('read_model_behind');
  return { status: 200, body: showUser(found, PERSONAL, clock()) };
});

const mySubscriptions = queryRoute({
  ...common,
  path: '/v1/me/subscriptions',
  operationId: 'listMySubscriptions',
  summary: "The caller's subscriptions, by start date",
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of them.', body: listOf(subscriptionResource) } },
}).handle(async (context, { principal, headers, query, signal }) => {
  const id = userIdOf(principal);
  await context.readYourWrites.reached({ kind: 'user', id }, headers['min-event-position'], signal);
  return { status: 200, body: await pageOfSubscriptions(context, id, query) };
});

const myLicenses = queryRoute({
  ...common,
  path: '/v1/me/licenses',
  operationId: 'listMyLicenses',
  summary: "The caller's licenses, in the order of their activation",
  query: z.strictObject(pageQuery),
  answers: { 200: { description: 'A page of them.', body: listOf(licenseResource) } },
}).handle(async (context, { principal, headers, query, signal }) => {
  const id = userIdOf(principal);
  await context.readYourWrites.reached({ kind: 'user', id }, headers['min-event-position'], signal);
  return { status: 200, body: await pageOfLicenses(context, id, query, principal) };
});

export const meRoutes: readonly Route<QueryContext>[] = [me, mySubscriptions, myLicenses];
