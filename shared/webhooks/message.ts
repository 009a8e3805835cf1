import { z } from 'zod';
import { ROLES } from '../events/metadata.ts';
import {
  accountResource,
  licenseKeyResource,
  licenseResource,
  subscriptionResource,
} from '../http/routes/resources.ts';
import { TEST_TYPE, type WebhookType } from './types.ts';

/**
 * What is sent, version 1: within it fields are added and none is changed or taken away. A version 2 would be chosen by
 * the endpoint, so that no receiver meets it unasked.
 */

const eventFacts = z
  .strictObject({
    id: z.uuid().meta({ description: 'The event’s, and the header `webhook-id`: the same at every try.' }),
    position: z.string().meta({
      description: 'Its place in the log, `<commit>/<prepare>`: the later event has the larger one.',
    }),
    actor: z.strictObject({ role: z.enum(ROLES), id: z.string() }).meta({ description: 'Who did it.' }),
  })
  .meta({
    id: 'WebhookEvent',
    examples: [
      {
        id: '7d0e5a44-0b0c-5f6e-8a3d-2f1b9c8e7d6a',
        position: '4711/4711',
        actor: { role: 'staff', id: '9d3b6f0a-52c1-5e8d-b7a4-1f2e3d4c5b6a' },
      },
    ],
  });

const shown = <S extends z.ZodRawShape>(id: string, resource: z.ZodObject<S>) =>
  z.strictObject({ ...resource.shape, event: eventFacts }).meta({ id });

const { license_key: _text, ...keyWithoutText } = licenseKeyResource.shape;

const customer = shown('CustomerMessage', accountResource);
const subscription = shown('SubscriptionMessage', subscriptionResource);
const licenseKey = shown('LicenseKeyMessage', z.strictObject(keyWithoutText));
const license = shown('LicenseMessage', licenseResource);
const replacement = z
  .strictObject({ ...license.shape, replaces: licenseResource })
  .meta({ id: 'LicenseReplacedMessage' });

/** `data` of each type: the resource as the API shows it after the event, and the event. */
const DATA = {
  'customer.created': customer,
  'customer.email_changed': customer,
  'customer.erased': customer,
  'subscription.started': subscription,
  'subscription.renewed': subscription,
  'subscription.plan_changed': subscription,
  'subscription.suspended': subscription,
  'subscription.reinstated': subscription,
  'subscription.cancelled': subscription,
  'subscription.cancellation_withdrawn': subscription,
  'subscription.ending': subscription,
  'subscription.lapsed': subscription,
  'license_key.issued': licenseKey,
  'license_key.revoked': licenseKey,
  'license.activated': license,
  'license.replaced': replacement,
  'license.deactivated': license,
  'license.revoked': license,
  'license.reinstated': license,
  [TEST_TYPE]: z.strictObject({ webhook_id: z.uuid() }).meta({ id: 'TestMessage' }),
} as const satisfies Record<WebhookType | typeof TEST_TYPE, z.ZodType>;

export type MessageType = keyof typeof DATA;
export type MessageData<T extends MessageType> = z.infer<(typeof DATA)[T]>;

const messageOf = (type: MessageType) =>
  z.strictObject({
    type: z.literal(type),
    timestamp: z.iso
      .datetime({ precision: 3 })
      .meta({ description: 'When it happened.', examples: ['2026-06-01T09:30:00.000Z'] }),
    data: DATA[type],
  });

/** The body of each type, as a schema: what is documented, and what the tests hold every body against. */
export const WEBHOOK_MESSAGES = Object.fromEntries(
  (Object.keys(DATA) as MessageType[]).map((type) => [type, messageOf(type)]),
) as Readonly<Record<MessageType, ReturnType<typeof messageOf>>>;

/** @param at when it happened, in milliseconds since 1970 */
export const messageBody = <T extends MessageType>(type: T, at: number, data: MessageData<T>): string =>
  JSON.stringify({ type, timestamp: new Date(at).toISOString(), data });

/** What staff send to see whether an endpoint takes it. */
export const testBody = (webhookId: string, now: number): string =>
  messageBody(TEST_TYPE, now, { webhook_id: webhookId });
