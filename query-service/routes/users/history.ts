import { z } from 'zod';
import { ROLES } from '../../../shared/events/metadata.ts';
import { type ShownEntry, showEntry } from '../../../shared/history/show.ts';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { instant, uuid } from '../../../shared/http/routes/fields.ts';
import { pageQuery } from '../../../shared/http/routes/paging.ts';
import {
  licenseKeyResource,
  licenseResource,
  subscriptionResource,
} from '../../../shared/http/routes/resources.ts';
import type { Route } from '../../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../../context.ts';
import { THE_FIRST, THOSE_THAT_COUNT } from '../../queries/show.ts';
import { showState } from '../../queries/show-state.ts';
import { aboutOneUser } from '../conventions.ts';

const time = z.iso.datetime({ precision: 3 });
const status = z.enum(['active', 'erased']);
const licenseCounts = z.strictObject({
  active: z.int().min(0),
  deactivated: z.int().min(0),
  revoked: z.int().min(0),
});

const subscriptionSummary = z.strictObject({
  subscription_id: z.uuid(),
  product: z.string(),
  plan_type: z.string(),
  quantity: z.int().min(1),
  trial: z.boolean(),
  status: subscriptionResource.shape.status.meta({ description: 'At the time of the event.' }),
  start_date: time,
  end_date: time,
});

const summary = z
  .strictObject({
    status,
    subscriptions: z.array(subscriptionSummary).meta({ description: THOSE_THAT_COUNT }),
    subscription: subscriptionSummary.nullable().meta({ description: THE_FIRST, deprecated: true }),
    licenses: licenseCounts,
  })
  .meta({ id: 'StateSummary' });

const historyEvent = z
  .strictObject({
    revision: z.int().min(0).meta({ description: 'Its place in the history of the user, from 0.' }),
    position: z.string().meta({ description: 'Its place in the whole log.' }),
    event_id: z.uuid(),
    type: z.string(),
    time: time.meta({ description: 'When it was decided.' }),
    actor: z.strictObject({
      role: z.enum(ROLES),
      id: z.string(),
    }),
    correlation_id: z.string(),
    causation_id: z.string(),
    schema_version: z.int().min(1).meta({ description: 'The version of `data`.' }),
    data: z.record(z.string(), z.unknown()).meta({
      examples: [{ userId: '019afc2e-7a30-7b6e-9f14-3c5d8e1b2a70', clientId: 'laptop-7f3a' }],
      description: "The event's payload as it stands in the log (camelCase), personal data left out.",
    }),
    state: summary.nullable().meta({ description: 'The state that it left.' }),
    fault: z
      .string()
      .nullable()
      .meta({ description: 'Why the read models do not hold this event; null if they do.' }),
  })
  .meta({ id: 'HistoryEvent' });

/** Beyond these an answer would grow without bound: SQL on a schema as of that time has all of them. */
const MAX_LICENSES = 1_000;

const userState = z
  .strictObject({
    status,
    subscriptions: z
      .array(subscriptionResource)
      .meta({ description: `${THOSE_THAT_COUNT} Their status is as of that time.` }),
    subscription: subscriptionResource.nullable().meta({ description: THE_FIRST, deprecated: true }),
    license_counts: licenseCounts,
    licenses: z.array(licenseResource).meta({
      description: `In the order of activation; the latest ${MAX_LICENSES} if there are more.`,
    }),
    license_keys: z.array(licenseKeyResource).meta({
      description: `In the order in which they were issued, never with their text; the latest ${MAX_LICENSES} if there are more.`,
    }),
    created_at: time,
    updated_at: time,
  })
  .meta({ id: 'UserState' });

const historyResource = z
  .strictObject({
    user_id: z.uuid(),
    as_of: time,
    state: userState
      .nullable()
      .meta({ description: 'As of that time; null before the sign-up, and on every page but the first.' }),
    events: z.array(historyEvent).meta({ description: 'In the order in which they happened.' }),
    next_cursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
  })
  .meta({ id: 'UserHistory' });

const history = queryRoute({
  method: 'get',
  path: '/v1/users/{id}/history',
  operationId: 'getUserHistory',
  tag: 'Users',
  summary: "A user's events, and the state as of a time",
  description:
    'Read from the event log itself, so it is as new as any `Min-Event-Position` asks for. Without personal data, whoever asks.',
  auth: ['history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
  params: z.object({ id: uuid }),
  query: z.strictObject({
    limit: pageQuery.limit,
    cursor: z
      .string()
      .regex(/^(0|[1-9]\d{0,14})$/, { error: 'expected the next_cursor of the page before' })
      .transform(Number)
      .optional()
      .meta({ description: 'The `next_cursor` of the page before.' }),
    as_of: instant.optional().meta({ description: 'Events up to this time, it included; now unless given.' }),
  }),
  headers: aboutOneUser,
  answers: { 200: { description: 'A page of it.', body: historyResource } },
  problems: ['not_found', 'event_store_unavailable', 'database_unavailable', 'schema_too_new', 'busy'],
}).handle(async ({ histories, clock }, { params, query, signal }) => {
  const size = query.limit ?? 50;
  const page = { after: query.cursor, limit: size + 1 };
  const found = await histories.read({ userId: params.id, asOf: query.as_of, page, signal });
  if (!found) throw new Problem('not_found');
  const asOf = query.as_of ?? Math.max(clock(), found.latest);
  const events: ShownEntry[] = found.entries.slice(0, size).map(showEntry);
  const more = found.entries.length > size;
  return {
    status: 200,
    body: {
      user_id: params.id,
      as_of: new Date(asOf).toISOString(),
      state: found.state ? showState(found.state, asOf, { personal: false }, MAX_LICENSES) : null,
      events,
      next_cursor: more ? String(events.at(-1)?.revision) : null,
    },
  };
});

export const historyRoutes: readonly Route<QueryContext>[] = [history];
