import { z } from 'zod';
import { uuid } from '../../shared/http/routes/fields.ts';
import { listOf, pageOf, pageQuery, showPage } from '../../shared/http/routes/paging.ts';
import type { Route } from '../../shared/http/routes/route.ts';
import { listMails, MAIL_KINDS, MAIL_STATUSES, type MailRow } from '../../shared/notifications/mails.ts';
import { type QueryContext, queryRoute } from '../context.ts';
import { aboutMany, QUERY_PROBLEMS } from './conventions.ts';

const instant = z.iso.datetime({ precision: 3 });

const mail = z
  .strictObject({
    mail_id: z.uuid().meta({ description: 'The id of the event that it is about.' }),
    user_id: z.uuid(),
    kind: z.enum(MAIL_KINDS).meta({ examples: ['reset-password'] }),
    status: z.enum(MAIL_STATUSES).meta({
      description:
        '`pending`: still to be sent; `failed`: it could not be, for a day or for good (`cli mail retry`); `dropped`: there was nobody or nothing left to send it for.',
      examples: ['sent'],
    }),
    attempts: z
      .int()
      .min(0)
      .meta({ examples: [1] }),
    next_at: instant.nullable().meta({ description: 'When it is tried next.' }),
    last_error: z
      .string()
      .nullable()
      .meta({ description: 'Why it was not sent, or was dropped.', examples: ['connect ECONNREFUSED'] }),
    created_at: instant.meta({ description: "The event's time." }),
    sent_at: instant.nullable().meta({ description: 'When the mail server took it.' }),
  })
  .meta({ id: 'Mail' });

const show = ({ next_at, created_at, sent_at, ...row }: MailRow): z.input<typeof mail> => ({
  ...row,
  next_at: next_at?.toISOString() ?? null,
  created_at: created_at.toISOString(),
  sent_at: sent_at?.toISOString() ?? null,
});

const list = queryRoute({
  method: 'get',
  path: '/v1/mails',
  operationId: 'listMails',
  tag: 'Operations',
  summary: 'Mails to customers, the latest first',
  description: 'What became of them. Their texts, links and addresses are kept nowhere.',
  auth: ['customers:write'],
  rateLimit: { name: 'queries', by: 'caller' },
  query: z.strictObject({
    ...pageQuery,
    status: z
      .enum(MAIL_STATUSES)
      .optional()
      .meta({ examples: ['failed'] }),
    user_id: uuid.optional(),
  }),
  headers: aboutMany,
  answers: { 200: { description: 'A page of them.', body: listOf(mail) } },
  problems: QUERY_PROBLEMS,
}).handle(async ({ db }, { query }) => {
  const { page, size } = pageOf(query);
  const rows = await listMails(db, { status: query.status, userId: query.user_id }, page);
  return { status: 200, body: showPage(rows, size, show, (row) => row.mail_id) };
});

export const mailRoutes: readonly Route<QueryContext>[] = [list];
