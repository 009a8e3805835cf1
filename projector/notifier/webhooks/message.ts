import { formatPosition } from '../../../shared/event-log/position.ts';
import type { Recorded, UserEvent } from '../../../shared/events/types.ts';
import type { UserRows } from '../../../shared/history/user-rows.ts';
import { showLicenseKey } from '../../../shared/license-keys/show.ts';
import { licenseRow } from '../../../shared/read-model/fold/license.ts';
import { subscriptionRow } from '../../../shared/read-model/fold/subscription.ts';
import { userRow } from '../../../shared/read-model/fold/user.ts';
import { showAccount, showLicense, showSubscription } from '../../../shared/read-model/show.ts';
import { type MessageData, messageBody } from '../../../shared/webhooks/message.ts';
import type { WebhookType } from '../../../shared/webhooks/types.ts';

/** What is sent of an event, and the product that it is about. */
export interface Message {
  readonly body: string;
  /** undefined where it is about the customer alone. */
  readonly product: string | undefined;
}

const FULL = { personal: true } as const;

/** The fold holds every resource that its event names, or it has a fault. */
function held<T>(resource: T | undefined, { id }: Recorded<UserEvent>): T {
  if (resource === undefined) throw new Error(`the state after event ${id} lacks what the event is about`);
  return resource;
}

/** The resource that the event is about, as the API shows it right after. */
function resourceOf(recorded: Recorded<UserEvent>, rows: UserRows, at: number) {
  const { data } = recorded.event;
  if ('licenseId' in data) {
    const shown = (id: string) => showLicense(licenseRow(held(rows.license(id), recorded)), FULL);
    const license = shown(data.licenseId);
    const replaces = 'replaces' in data ? data.replaces : undefined;
    return replaces === undefined ? license : { ...license, replaces: shown(replaces) };
  }
  if ('keyId' in data) return showLicenseKey(held(rows.licenseKey(data.keyId), recorded), data.userId, at);
  if ('subscriptionId' in data)
    return showSubscription(subscriptionRow(held(rows.subscription(data.subscriptionId), recorded)), at);
  return showAccount(userRow(held(rows.user(), recorded)));
}

/** @param at when it happened, in milliseconds since 1970 */
export function messageOf(
  type: WebhookType,
  recorded: Recorded<UserEvent>,
  rows: UserRows,
  at: number,
): Message {
  const resource = resourceOf(recorded, rows, at);
  const { id, position, metadata } = recorded;
  const event = { id, position: formatPosition(position), actor: metadata.actor };
  // Which resource a type has is said by its event's fields above; the tests hold every body against its schema.
  const data = { ...resource, event } as MessageData<WebhookType>;
  return { body: messageBody(type, at, data), product: 'product' in resource ? resource.product : undefined };
}

/** Fields that name a person, or that somebody else has made up for one: what erasing takes away in the API too. */
const PERSONAL = ['email', 'name', 'external_id', 'client_id', 'client_name'] as const;

const blanked = (resource: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(resource).map(([field, value]) => [
      field,
      PERSONAL.some((name) => name === field) ? null : value,
    ]),
  );

/** A body without what names the person that it is about. */
export function blankBody(body: string): string {
  const message = JSON.parse(body) as { readonly data: Readonly<Record<string, unknown>> };
  const data = blanked(message.data);
  const { replaces } = data;
  if (typeof replaces === 'object' && replaces !== null) data.replaces = blanked({ ...replaces });
  return JSON.stringify({ ...message, data });
}
