import { z } from 'zod';
import { uuid } from '../../../shared/http/routes/fields.ts';
import { subscriptionResource } from '../../../shared/http/routes/resources.ts';
import type { AnyRouteRequest } from '../../../shared/http/routes/route.ts';
import type { CommandContext } from '../../context.ts';
import type { SubscriptionCommand } from '../../domain/subscriptions/commands.ts';
import { commandHeaders, commandParts } from '../command-headers.ts';
import { ANSWER_HEADERS, answerHeaders, settled, showSubscription } from '../outcome.ts';
import { ownerFor } from '../owner-for.ts';

export const answered = { body: subscriptionResource, headers: ANSWER_HEADERS };

/** What the routes of subscriptions have in common. */
export const subscriptionRoute = {
  method: 'post',
  tag: 'Subscriptions',
  rateLimit: { name: 'commands', by: 'caller' },
  headers: commandHeaders,
} as const;

/** What those about one subscription have in common. */
export const ofOne = { ...subscriptionRoute, params: z.object({ id: uuid }) } as const;

type OfOne = SubscriptionCommand & { readonly subscriptionId: string };
type Request = AnyRouteRequest & {
  readonly params: { readonly id: string };
  readonly query: Readonly<Record<string, never>>;
  readonly headers: z.output<typeof commandHeaders>;
};

/** Executes a command about one subscription, whoever asks. */
export async function executeCommand(
  context: CommandContext,
  request: Request,
  name: string,
  command: OfOne,
): Promise<{ status: 200; headers: Record<string, string>; body: z.input<typeof subscriptionResource> }> {
  const parts = commandParts(request);
  const userId = await ownerFor(context, 'subscription', request.params.id, parts.caller, request.signal);
  const outcome = await context.executor.execute({ ...parts, userId, command });
  const done = settled(context, name, outcome);
  return { status: 200, headers: answerHeaders(done), body: showSubscription(done) };
}
