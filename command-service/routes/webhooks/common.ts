import { z } from 'zod';
import { Problem } from '../../../shared/http/problems/problem.ts';
import { hasScope, insufficientScope, type Principal } from '../../../shared/http/routes/auth.ts';
import { uuid } from '../../../shared/http/routes/fields.ts';
import { refusalOfUrl, type UrlRefusal } from '../../../shared/notifications/addresses.ts';
import { showWebhook, type WebhookResource, webhookResource } from '../../../shared/webhooks/resource.ts';
import type { CommandContext } from '../../context.ts';
import type { Done, Outcome } from '../../execute/requests.ts';
import { commandHeaders } from '../command-headers.ts';
import { ANSWER_HEADERS, settled } from '../outcome.ts';

export const PATH = '/v1/webhooks';

export const HEADERS = {
  'Event-Position': ANSWER_HEADERS['Event-Position'],
  ETag: 'The revision of the webhook, for `If-Match`.',
};

/** What all commands about webhooks have in common. */
export const common = {
  method: 'post',
  tag: 'Webhooks',
  auth: ['webhooks:write'],
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
} as const;
export const ofOne = { ...common, params: z.object({ id: uuid }) } as const;

export const answered = { description: 'As it is now.', body: webhookResource, headers: HEADERS };

/** The same with the secret, which no other answer shows. */
export const withSecret = webhookResource
  .extend({
    secret: z.string().meta({
      description:
        'Deliveries are signed with it. Shown in this answer alone (and in a repeat under the same Idempotency-Key).',
      examples: ['whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'],
    }),
  })
  .meta({ id: 'WebhookWithSecret' });

/** What was done, counted. @throws Problem; Error the command left another kind of resource, which only a fault here can do */
export function settle(
  context: CommandContext,
  name: string,
  outcome: Outcome,
): { readonly done: Done; readonly body: WebhookResource } {
  const done = settled(context, name, outcome);
  const { subject } = done;
  if (subject.kind !== 'webhook') throw new Error(`expected a webhook, got ${subject.kind}`);
  return { done, body: showWebhook(subject.webhook) };
}

/** Deliveries name customers: nobody has them sent anywhere who may not read them. @throws Problem insufficient_scope */
export function mustReadCustomers(principal: Principal | undefined): void {
  if (hasScope(principal, 'customers:read')) return;
  throw insufficientScope(
    ['customers:read'],
    'Deliveries name customers: to say where they go takes the scope customers:read too.',
  );
}

const URL_REFUSED: Readonly<Record<UrlRefusal, string>> = {
  not_a_url: 'expected an address such as https://hooks.example.com/licenses',
  not_https: 'expected an address that begins with https://',
  credentials:
    'expected an address without a user name and password: it is kept for ever; the signature tells who sends',
  private_address: 'expected a public address: this one is private',
};

/** As far as the address alone tells; where its name leads is seen at each delivery. @throws Problem invalid_request */
export function mustBeSendable({ webhooks }: CommandContext, url: string): void {
  const refusal = refusalOfUrl(url, webhooks.allowPrivate);
  if (refusal)
    throw new Problem('invalid_request', { errors: [{ pointer: '/url', detail: URL_REFUSED[refusal] }] });
}
