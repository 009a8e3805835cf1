import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  decideWebhook,
  evolveWebhook,
  initialWebhook,
  type WebhookCommand,
  type WebhookState,
} from '../../../command-service/domain/webhook.ts';
import type { Recorded, WebhookEvent } from '../../../shared/events/types.ts';
import { FORMER_SECRET_MS, type Webhook, wants } from '../../../shared/webhooks/webhook.ts';

const NOW = Date.UTC(2026, 5, 1);
const webhookId = '01935a0e-bf77-704c-9d04-9b5c3d6e0009';
const secretId = '01935a0e-bf77-704c-9d04-9b5c3d6e000a';
const url = 'https://hooks.example.com/licenses';
const other = 'https://hooks.example.com/v2';
const everything = { url, types: null, product: null, description: null };

const recorded = (event: WebhookEvent, revision: number): Recorded<WebhookEvent> => ({
  id: randomUUID(),
  event,
  stream: `webhook-${webhookId}`,
  revision,
  position: { commit: BigInt(revision), prepare: BigInt(revision) },
  created: new Date(NOW + revision),
  metadata: {
    $correlationId: 'c',
    $causationId: 'c',
    commandId: randomUUID(),
    actor: { role: 'operator', id: 'test' },
    schemaVersion: 1,
  },
});
const given = (...events: readonly WebhookEvent[]): WebhookState =>
  events.reduce(
    (state, event, revision) => evolveWebhook(state, recorded(event, revision)),
    initialWebhook(webhookId),
  );
const when = (state: WebhookState, command: WebhookCommand) => decideWebhook(state, command);
const events = (...expected: readonly WebhookEvent[]) => ({ kind: 'events', events: expected });
const nothing = (state: WebhookState) => ({
  kind: 'nothing',
  subject: { kind: 'webhook', webhook: state.webhook },
});
const gone = { kind: 'rejected', rejection: { code: 'not_found', what: 'webhook' } };

const added: WebhookEvent = { type: 'WebhookAdded', data: { webhookId, url } };
const narrow = { url, types: ['license.activated', 'license.revoked'], product: 'app', description: 'CRM' };
const enabled: WebhookEvent = { type: 'WebhookEnabled', data: { webhookId } };
const failing: WebhookEvent = { type: 'WebhookDisabled', data: { webhookId, reason: 'failing' } };
const moved: WebhookEvent = { type: 'WebhookChanged', data: { webhookId, url: other } };
const rotated: WebhookEvent = { type: 'WebhookSecretRotated', data: { webhookId, secretId } };
const removed: WebhookEvent = { type: 'WebhookRemoved', data: { webhookId } };

describe('a webhook', () => {
  it('is added as it was asked for, once', () => {
    expect(when(given(), { type: 'AddWebhook', ...everything })).toEqual(events(added));
    expect(when(given(), { type: 'AddWebhook', ...narrow })).toEqual(
      events({ type: 'WebhookAdded', data: { webhookId, ...narrow } }),
    );
    const state = given(added);
    expect(when(state, { type: 'AddWebhook', ...everything })).toEqual(nothing(state));
    expect(state.webhook).toMatchObject({
      status: 'enabled',
      secretId: webhookId,
      previous: null,
      ...everything,
    });
  });

  it('keeps what a change leaves out; the same types in another order are no change', () => {
    const state = given({ type: 'WebhookAdded', data: { webhookId, ...narrow } });
    expect(when(state, { type: 'ChangeWebhook', product: null })).toEqual(
      events({
        type: 'WebhookChanged',
        data: { webhookId, url, types: narrow.types, description: 'CRM' },
      }),
    );
    expect(when(state, { type: 'ChangeWebhook', types: narrow.types.toReversed() })).toEqual(nothing(state));
    expect(when(state, { type: 'ChangeWebhook' })).toEqual(nothing(state));
  });

  it('signs with the secret before a rotation too, for a day', () => {
    const state = given(added, rotated);
    expect(state.webhook).toMatchObject({
      secretId,
      previous: { secretId: webhookId, until: NOW + 1 + FORMER_SECRET_MS },
    });
    const rotate = { type: 'RotateWebhookSecret', secretId } as const;
    expect(when(given(added), rotate)).toEqual(events(rotated));
    expect(when(state, rotate)).toEqual(nothing(state));
  });

  it('is disabled by what was found out, unless that has been overtaken', () => {
    const found = (foundAt: number) => ({ type: 'DisableWebhook', reason: 'failing', foundAt }) as const;
    expect(when(given(added), found(0))).toEqual(events(failing));
    expect(when(given(added, rotated), found(0))).toEqual(events(failing));
    for (const later of [moved, enabled]) {
      const state = given(added, failing, later);
      expect(when(given(added, later), found(0)).kind).toBe('nothing');
      if (later === enabled) expect(when(state, found(2))).toEqual(events(failing));
    }
    const disabled = given(added, failing);
    expect(when(disabled, found(0))).toEqual(nothing(disabled));
    expect(disabled.webhook).toMatchObject({ status: 'disabled', disabledReason: 'failing' });
  });

  it('is disabled and enabled by staff; either again changes nothing', () => {
    const disable = { type: 'DisableWebhook', reason: 'staff' } as const;
    const off: WebhookEvent = { type: 'WebhookDisabled', data: { webhookId, reason: 'staff' } };
    expect(when(given(added), disable)).toEqual(events(off));
    const state = given(added, off);
    expect(when(state, disable)).toEqual(nothing(state));
    expect(when(state, { type: 'EnableWebhook' })).toEqual(events(enabled));
    expect(when(given(added), { type: 'EnableWebhook' }).kind).toBe('nothing');
    // Another address does not enable it.
    expect(given(added, off, moved).webhook).toMatchObject({ status: 'disabled', url: other });
  });

  it('is gone once it is removed, for all but another removing', () => {
    expect(when(given(added), { type: 'RemoveWebhook' })).toEqual(events(removed));
    const state = given(added, removed);
    expect(when(state, { type: 'RemoveWebhook' })).toEqual(nothing(state));
    const commands: readonly WebhookCommand[] = [
      { type: 'ChangeWebhook', url: other },
      { type: 'RotateWebhookSecret', secretId },
      { type: 'DisableWebhook', reason: 'staff' },
      { type: 'EnableWebhook' },
    ];
    for (const command of commands) {
      expect(when(state, command)).toEqual(gone);
      expect(when(given(), command)).toEqual(gone);
    }
    expect(when(given(), { type: 'RemoveWebhook' })).toEqual(gone);
  });
});

describe('wants', () => {
  const all: Pick<Webhook, 'status' | 'types' | 'product'> = {
    status: 'enabled',
    types: null,
    product: null,
  };
  it.each([
    ['everything', all, 'license.activated', 'app', true],
    ['what is disabled', { ...all, status: 'disabled' }, 'license.activated', 'app', false],
    ['one of its types', { ...all, types: ['license.activated'] }, 'license.activated', 'app', true],
    ['another type', { ...all, types: ['license.activated'] }, 'license.revoked', 'app', false],
    ['its product', { ...all, product: 'app' }, 'license.activated', 'app', true],
    ['another product', { ...all, product: 'app' }, 'license.activated', 'studio', false],
    ['what is about no product', { ...all, product: 'app' }, 'customer.erased', undefined, true],
  ] as const)('%s', (_what, webhook, type, product, expected) => {
    expect(wants(webhook, type, product)).toBe(expected);
  });
});
