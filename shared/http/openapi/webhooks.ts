import type { z } from 'zod';
import { content, type Named } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is sent to webhooks: the body of each type. */
export type SentMessages = Readonly<Record<string, z.ZodType>>;

const WEBHOOK_HEADERS = {
  'webhook-id': 'The id of the event: the same at every try, and in `data.event.id`.',
  'webhook-timestamp':
    'When this try was made, in seconds since 1970: more than five minutes ago is too old.',
  'webhook-signature':
    'Standard Webhooks 1.0.0: `v1,` and a signature in base64; several are separated by a space.',
};

/** How each type is sent, as OpenAPI 3.1 describes webhooks. */
export const sentTo = (messages: SentMessages, named: Named): Json =>
  Object.fromEntries(
    Object.entries(messages).map(([type, body]) => [
      type,
      {
        post: {
          tags: ['Webhooks'],
          summary: `Sent to webhooks: ${type}`,
          parameters: Object.entries(WEBHOOK_HEADERS).map(([name, description]) => ({
            ...{ name, in: 'header', required: true, description },
            schema: { type: 'string' },
          })),
          requestBody: { required: true, content: { 'application/json': content(body, 'output', named) } },
          responses: {
            '2XX': { description: 'Taken, within 15 s.' },
            410: { description: 'The webhook is disabled.' },
            default: { description: 'Tried again: ten times over three days.' },
          },
        },
      },
    ]),
  );
