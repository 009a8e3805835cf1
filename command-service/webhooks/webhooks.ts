import { isWebhookEvent } from '../../shared/events/codec.ts';
import { webhookStream } from '../../shared/events/streams.ts';
import type { WebhookEvent } from '../../shared/events/types.ts';
import { uuidv5 } from '../../shared/ids.ts';
import { webhookSecret } from '../../shared/webhooks/secret.ts';
import type { Webhook } from '../../shared/webhooks/webhook.ts';
import type { ExecutorDependencies } from '../dependencies.ts';
import {
  decideWebhook,
  evolveWebhook,
  initialWebhook,
  type WebhookCommand,
  type WebhookSettings,
  type WebhookState,
  webhookBytes,
} from '../domain/webhook.ts';
import { createAppend } from '../execute/loop/append.ts';
import { createExecuteCommand } from '../execute/loop/execute-command.ts';
import { UserQueue } from '../execute/loop/user-queue.ts';
import { type OfUser, type Outcome, refused } from '../execute/requests.ts';
import { actorOf, type CommandStamp, stampCommand } from '../execute/stamps.ts';
import type { Aggregate } from '../execute/states/aggregate.ts';
import { FoldedStates } from '../execute/states/folded-states.ts';

const WEBHOOKS: Aggregate<WebhookState, WebhookEvent> = {
  streamOf: webhookStream,
  idOf: ({ webhookId }) => webhookId,
  initial: initialWebhook,
  isOwn: isWebhookEvent,
  evolve: evolveWebhook,
  bytes: webhookBytes,
  mayBeSaved: () => false,
};

/** The namespaces of the ids that follow from a command; chosen once at random. */
const ENDPOINTS = '5b8f2f0a-93f1-4c1e-8a2d-8f6f1c3f0d57';
const SECRETS = 'e2a7c1d4-0b6e-4f7a-9d53-41c8a6b7e390';

/** Far more than a company has endpoints. */
const MAX_BYTES = 8 * 2 ** 20;

const KEY_REUSED = refused({ code: 'idempotency_key_reused' });

export type WebhookRequest = Omit<OfUser, 'userId'>;

/** What staff do to an endpoint; disabling one that was found dead is {@link Webhooks.disableFound}. */
export type StaffWebhookCommand = Exclude<WebhookCommand, { type: 'AddWebhook' | 'RotateWebhookSecret' }>;

/** An outcome with the secret that it left: shown here, and to a repeat of the command. */
export interface WithSecret {
  readonly outcome: Outcome;
  readonly secret: string;
}

/** The write side of webhooks. Throws what the executor does. */
export interface Webhooks {
  add(request: WebhookRequest, settings: WebhookSettings): Promise<WithSecret>;
  /** A new secret; the one before goes on signing beside it for a day. */
  rotateSecret(request: WebhookRequest, webhookId: string): Promise<WithSecret>;
  execute(request: WebhookRequest, webhookId: string, command: StaffWebhookCommand): Promise<Outcome>;
  /**
   * Disables an endpoint for what was found out when it was at `foundAt`. Repeating it changes nothing, and neither does
   * a finding that has been overtaken.
   */
  disableFound(webhookId: string, reason: 'gone' | 'failing', foundAt: number): Promise<Outcome>;
  /** As its stream is now; undefined where there is none, or it was removed. */
  find(webhookId: string): Promise<Webhook | undefined>;
}

type Decide = (state: WebhookState) => ReturnType<typeof decideWebhook> | typeof KEY_REUSED;

const sameSettings = (webhook: Webhook, { url }: WebhookSettings): boolean =>
  webhook.url === url && webhook.status !== 'removed';

/** The webhooks of one command node. */
export function createWebhooks(dependencies: ExecutorDependencies): Webhooks {
  const { log, codec, vault, readDeadlineMs } = dependencies;
  const states = new FoldedStates({
    aggregate: WEBHOOKS,
    log,
    reader: codec,
    maxBytes: MAX_BYTES,
    readDeadlineMs,
  });
  const queue = new UserQueue();
  const executeCommand = createExecuteCommand<WebhookState, WebhookEvent, WebhookEvent>({
    dependencies,
    states,
    queue,
    append: createAppend(dependencies),
  });

  const stampOf = (request: WebhookRequest) => stampCommand(vault, request, actorOf(request.caller));
  const run = (webhookId: string, stamp: CommandStamp, decide: Decide, ifMatch?: readonly number[]) =>
    executeCommand({ userId: webhookId, stamp, ifMatch, decide });

  return {
    async add(request, settings) {
      const stamp = await stampOf(request);
      const webhookId = uuidv5(ENDPOINTS, stamp.commandId);
      const outcome = await run(webhookId, stamp, (state) => {
        // Made under this very key, longer ago than what it was sent with is remembered.
        if (state.webhook && !sameSettings(state.webhook, settings)) return KEY_REUSED;
        return decideWebhook(state, { type: 'AddWebhook', ...settings });
      });
      return { outcome, secret: await webhookSecret(vault, webhookId) };
    },
    async rotateSecret(request, webhookId) {
      const stamp = await stampOf(request);
      const secretId = uuidv5(SECRETS, `${webhookId} ${stamp.commandId}`);
      const command = { type: 'RotateWebhookSecret', secretId } as const;
      const outcome = await run(webhookId, stamp, (state) => decideWebhook(state, command), request.ifMatch);
      return { outcome, secret: await webhookSecret(vault, secretId) };
    },
    async execute(request, webhookId, command) {
      const decide: Decide = (state) => decideWebhook(state, command);
      return run(webhookId, await stampOf(request), decide, request.ifMatch);
    },
    async disableFound(webhookId, reason, foundAt) {
      const correlationId = `webhook-${reason}-${webhookId}`;
      const stamp: CommandStamp = {
        // So that two leaders at once, or one that was cut off, append the very same event.
        commandId: uuidv5(ENDPOINTS, `${reason} ${webhookId} ${foundAt}`),
        actor: { role: 'system', id: 'notifier' },
        correlationId,
      };
      return run(webhookId, stamp, (state) =>
        decideWebhook(state, { type: 'DisableWebhook', reason, foundAt }),
      );
    },
    async find(webhookId) {
      const { webhook } = await queue.run(webhookId, () => states.readToEnd(webhookId));
      return webhook?.status === 'removed' ? undefined : webhook;
    },
  };
}
