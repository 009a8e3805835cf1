import { z } from 'zod';
import { parsePosition } from '../../shared/event-log/position.ts';
import { listOf, pageQuery, pageSize, showPage } from '../../shared/http/routes/paging.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { parkedEvents, positionOfParked } from '../queries/parked-events.ts';
import { aboutMany, QUERY_PROBLEMS } from './conventions.ts';

const parkedEvent = z
  .strictObject({
    event_id: z.uuid(),
    user_id: z.uuid(),
    revision: z.int().min(0).meta({ description: 'Its place in the history of the user, from 0.' }),
    position: z.string().meta({ description: 'Its place in the whole log.', examples: ['4096/4096'] }),
    type: z.string().meta({ examples: ['SubscriptionStarted'] }),
    cause: z.string().meta({
      description: 'Why it could not be applied, or that an earlier one was not.',
      examples: ['the user has no such subscription'],
    }),
    attempts: z
      .int()
      .min(0)
      .meta({ examples: [3], description: 'How often it was tried. 0: it waits behind another one.' }),
    mark: z.enum(['parked', 'retry', 'skip']).meta({
      description: 'What `cli parked` has said; the active projector does it within seconds.',
      examples: ['parked'],
    }),
    created_at: z.iso.datetime({ precision: 3 }).meta({ description: "The event's time." }),
  })
  .meta({ id: 'ParkedEvent' });

const parked = queryRoute({
  method: 'get',
  path: '/v1/parked-events',
  operationId: 'listParkedEvents',
  tag: 'Operations',
  summary: 'Events that could not be projected, in the order of the log',
  description:
    'Until they are settled (`cli parked`) the read models of their users stand still, and queries about them with `Min-Event-Position` answer 503 `read_model_parked`.',
  auth: ['history:read'],
  rateLimit: { name: 'queries', by: 'caller' },
  query: z.strictObject({
    limit: pageQuery.limit,
    cursor: z
      .string()
      .max(40)
      .transform(parsePosition)
      .refine((position) => position !== undefined, { error: 'expected the next_cursor of the page before' })
      .optional()
      .meta({
        description: 'The `next_cursor` of the page before.',
        examples: ['4096/4096'],
        pattern: '^\\d{1,19}/\\d{1,19}$',
      }),
  }),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(parkedEvent) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db }, { query }) => {
  const size = pageSize(query);
  const rows = await parkedEvents(db, { after: query.cursor, limit: size + 1 });
  const show = (row: (typeof rows)[number]) => ({
    event_id: row.event_id,
    user_id: row.user_id,
    revision: Number(row.revision),
    position: positionOfParked(row),
    type: row.type,
    cause: row.cause,
    attempts: row.attempts,
    mark: row.mark,
    created_at: row.created_at.toISOString(),
  });
  return { status: 200, body: showPage(rows, size, show, positionOfParked) };
});

export const parkedEventRoutes: readonly Route<QueryContext>[] = [parked];
