import type { ShownEntry } from '../../shared/history/show.ts';
import { subscriptionWords } from './words.ts';

/**
 * One line an event, tab-separated: the state behind it in columns of its own, the payload as JSON. Plan, status and end
 * date are of the first product; the last column has the subscriptions of all.
 */
export const TABLE_HEADER = [
  'revision',
  'time',
  'type',
  'actor_role',
  'actor_id',
  'user_status',
  'plan_type',
  'subscription_status',
  'end_date',
  'active',
  'revoked',
  'deactivated',
  'position',
  'event_id',
  'fault',
  'data',
  'subscriptions',
].join('\t');

/** A tab or a line break in a value would be one of the table's. */
const field = (value: string | number | null | undefined): string =>
  String(value ?? '').replaceAll(/[\t\n\r]/g, ' ');

export function tableLine(entry: ShownEntry): string {
  const { actor, state } = entry;
  const subscription = state?.subscription;
  return [
    entry.revision,
    entry.time,
    entry.type,
    actor.role,
    actor.id,
    state?.status,
    subscription?.plan_type,
    subscription?.status,
    subscription?.end_date,
    state?.licenses.active,
    state?.licenses.revoked,
    state?.licenses.deactivated,
    entry.position,
    entry.event_id,
    entry.fault,
    JSON.stringify(entry.data),
    state?.subscriptions.map(subscriptionWords).join('; '),
  ]
    .map(field)
    .join('\t');
}
