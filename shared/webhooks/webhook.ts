import type { WebhookEvent } from '../events/types.ts';

export type DisabledReason = Extract<WebhookEvent, { type: 'WebhookDisabled' }>['data']['reason'];

/** An endpoint as its stream leaves it. Replaced, never changed. Instants are milliseconds since 1970. */
export interface Webhook {
  readonly webhookId: string;
  readonly url: string;
  /** Null: all of them. */
  readonly types: readonly string[] | null;
  /** Null: whatever it is about. */
  readonly product: string | null;
  readonly description: string | null;
  readonly status: 'enabled' | 'disabled' | 'removed';
  /** Null unless it is disabled. */
  readonly disabledReason: DisabledReason | null;
  /** What its secret is derived from. */
  readonly secretId: string;
  /** What the secret before it is derived from, which signs beside it for a while. */
  readonly previous: { readonly secretId: string; readonly until: number } | null;
  /**
   * Revision of the event since which deliveries go where they go now: what was found out about the endpoint before that
   * says nothing about it any more.
   */
  readonly since: number;
  /** Of the last event. */
  readonly revision: number;
  readonly createdAt: number;
  readonly updatedAt: number;
}

/** For how long the secret before a rotation goes on signing: receivers have that time to take the new one. */
export const FORMER_SECRET_MS = 24 * 3_600_000;

const settingsOf = ({
  url,
  types,
  product,
  description,
}: Extract<WebhookEvent, { type: 'WebhookAdded' }>['data']) => ({
  url,
  types: types ?? null,
  product: product ?? null,
  description: description ?? null,
});

/**
 * The endpoint after one of its events: one fold for who decides and for who delivers.
 * @param at the event's time
 * @returns undefined where an event comes before the endpoint was added
 */
export function foldWebhook(
  before: Webhook | undefined,
  { type, data }: WebhookEvent,
  revision: number,
  at: number,
): Webhook | undefined {
  if (type === 'WebhookAdded') {
    const { webhookId } = data;
    return {
      webhookId,
      ...settingsOf(data),
      status: 'enabled',
      disabledReason: null,
      secretId: webhookId,
      previous: null,
      since: revision,
      revision,
      createdAt: at,
      updatedAt: at,
    };
  }
  if (!before) return undefined;
  const moved = { ...before, revision, updatedAt: at };
  switch (type) {
    case 'WebhookChanged':
      return { ...moved, ...settingsOf(data), since: data.url === before.url ? before.since : revision };
    case 'WebhookSecretRotated':
      return {
        ...moved,
        secretId: data.secretId,
        previous: { secretId: before.secretId, until: at + FORMER_SECRET_MS },
      };
    case 'WebhookDisabled':
      return { ...moved, status: 'disabled', disabledReason: data.reason };
    case 'WebhookEnabled':
      return { ...moved, status: 'enabled', disabledReason: null, since: revision };
    case 'WebhookRemoved':
      return { ...moved, status: 'removed', disabledReason: null };
    default:
      return type satisfies never;
  }
}

/** Whether the endpoint is to be told. @param product what it is about; undefined for what is about no product */
export const wants = (
  { status, types, product: only }: Pick<Webhook, 'status' | 'types' | 'product'>,
  type: string,
  product: string | undefined,
): boolean =>
  status === 'enabled' &&
  (types === null || types.includes(type)) &&
  (only === null || product === undefined || only === product);
