import { START } from '../../shared/event-log/position.ts';
import type { Recorded, WebhookEvent } from '../../shared/events/types.ts';
import { type DisabledReason, foldWebhook, type Webhook } from '../../shared/webhooks/webhook.ts';
import { accepted, type Decision, nothing, rejected } from './decision.ts';
import { moveOn, type StreamState, timeOf } from './stream-state.ts';

// ---- state ----

/** An endpoint of the seller's that is told what happens. */
export interface WebhookState extends StreamState {
  readonly webhookId: string;
  webhook: Webhook | undefined;
}

export const initialWebhook = (webhookId: string): WebhookState => ({
  webhookId,
  webhook: undefined,
  recentCommands: new Map(),
  revision: -1,
  position: START,
  lastEventId: '',
  lastEventAt: 0,
});

/** Roughly the memory that a state takes, in bytes: its address may be 2,048 characters. */
export const webhookBytes = ({ recentCommands }: WebhookState): number => 6_000 + recentCommands.size * 600;

// ---- fold ----

/** The state after one more event; it takes ownership of `state`. */
export function evolveWebhook(state: WebhookState, recorded: Recorded<WebhookEvent>): WebhookState {
  const at = timeOf(state, recorded);
  state.webhook = foldWebhook(state.webhook, recorded.event, recorded.revision, at) ?? state.webhook;
  const { webhook } = state;
  moveOn(state, recorded, webhook ? { kind: 'webhook', webhook } : { kind: 'user' }, at);
  return state;
}

// ---- decisions ----

/** What an endpoint is told of, and where. */
export interface WebhookSettings {
  readonly url: string;
  /** Null: all of them. */
  readonly types: readonly string[] | null;
  readonly product: string | null;
  readonly description: string | null;
}

type Changes = { readonly [K in keyof WebhookSettings]?: WebhookSettings[K] | undefined };

export type WebhookCommand =
  | ({ readonly type: 'AddWebhook' } & WebhookSettings)
  /** What is left out stays as it is. */
  | ({ readonly type: 'ChangeWebhook' } & Changes)
  | { readonly type: 'RotateWebhookSecret'; readonly secretId: string }
  | {
      readonly type: 'DisableWebhook';
      readonly reason: DisabledReason;
      /** The revision that the endpoint had when that was found out; absent where staff ask for it. */
      readonly foundAt?: number;
    }
  | { readonly type: 'EnableWebhook' }
  | { readonly type: 'RemoveWebhook' };

type WebhookDecision = Decision<WebhookEvent>;

const unchanged = (webhook: Webhook) => nothing({ kind: 'webhook', webhook });

/** What an event says of the endpoint: whole, without what it does not have. */
const dataOf = (webhookId: string, { url, types, product, description }: WebhookSettings) => ({
  webhookId,
  url,
  ...(types && { types: [...types] }),
  ...(product !== null && { product }),
  ...(description !== null && { description }),
});

/** What the rules say to a command about an endpoint. Pure. */
export function decideWebhook(state: WebhookState, command: WebhookCommand): WebhookDecision {
  const { webhook, webhookId } = state;
  if (command.type === 'AddWebhook') {
    // Its id follows from the command: one that is there was added by this very command, long ago.
    if (webhook) return unchanged(webhook);
    return accepted({ type: 'WebhookAdded', data: dataOf(webhookId, command) });
  }
  if (!webhook) return rejected({ code: 'not_found', what: 'webhook' });
  if (command.type === 'RemoveWebhook') {
    if (webhook.status === 'removed') return unchanged(webhook);
    return accepted({ type: 'WebhookRemoved', data: { webhookId } });
  }
  if (webhook.status === 'removed') return rejected({ code: 'not_found', what: 'webhook' });
  switch (command.type) {
    case 'ChangeWebhook':
      return change(webhook, command);
    case 'RotateWebhookSecret':
      // As above: rotated by this very command.
      return [webhook.secretId, webhook.previous?.secretId].includes(command.secretId)
        ? unchanged(webhook)
        : accepted({ type: 'WebhookSecretRotated', data: { webhookId, secretId: command.secretId } });
    case 'DisableWebhook':
      return disable(webhook, command);
    case 'EnableWebhook':
      return webhook.status === 'enabled'
        ? unchanged(webhook)
        : accepted({ type: 'WebhookEnabled', data: { webhookId } });
    default:
      return command satisfies never;
  }
}

/** The same types in another order are no change. */
const isSame = (one: WebhookSettings, other: WebhookSettings): boolean =>
  one.url === other.url &&
  one.product === other.product &&
  one.description === other.description &&
  JSON.stringify(one.types?.toSorted()) === JSON.stringify(other.types?.toSorted());

function change(
  webhook: Webhook,
  {
    url = webhook.url,
    types = webhook.types,
    product = webhook.product,
    description = webhook.description,
  }: Changes,
): WebhookDecision {
  const after = { url, types, product, description };
  if (isSame(webhook, after)) return unchanged(webhook);
  return accepted({ type: 'WebhookChanged', data: dataOf(webhook.webhookId, after) });
}

/** What was found out before the endpoint was enabled again, or got another address, disables nothing. */
function disable(
  webhook: Webhook,
  { reason, foundAt = webhook.revision }: Extract<WebhookCommand, { type: 'DisableWebhook' }>,
): WebhookDecision {
  if (webhook.status === 'disabled' || foundAt < webhook.since) return unchanged(webhook);
  return accepted({ type: 'WebhookDisabled', data: { webhookId: webhook.webhookId, reason } });
}
