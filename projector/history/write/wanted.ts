import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import { timeOf } from '../../../shared/read-model/fold/event.ts';
import type { DecodedEvent } from '../../write/decode.ts';
import type { Wanted } from './subscription-states.ts';

/** What of the tables the events of a batch may change, that none of them makes. */
export interface WantedStates {
  readonly subscriptions: readonly Wanted[];
  /** License → user. */
  readonly licenses: ReadonlyMap<string, string>;
  /** Customers who are erased, and the earliest instant from which on something of theirs may change. */
  readonly erased: ReadonlyMap<string, number>;
}

/** @param rows as they are before the events */
export function wantedStates(events: readonly DecodedEvent[], rows: Rows): WantedStates {
  const made = new Set<string>();
  const subscriptions = new Map<string, Wanted>();
  const licenses = new Map<string, string>();
  const erased = new Map<string, number>();
  for (const decoded of events) {
    const { userId, recorded } = decoded;
    const { event } = recorded;
    switch (event.type) {
      case 'SubscriptionStarted':
        made.add(event.data.subscriptionId);
        break;
      case 'SubscriptionRenewed':
      case 'SubscriptionCancelled':
      case 'SubscriptionPlanChanged':
      case 'SubscriptionSuspended':
      case 'SubscriptionReinstated':
      case 'SubscriptionCancellationWithdrawn': {
        const { subscriptionId } = event.data;
        if (made.has(subscriptionId)) break;
        const before = subscriptions.get(subscriptionId)?.from ?? Number.POSITIVE_INFINITY;
        const from = Math.min(before, earliestChange(decoded, rows));
        subscriptions.set(subscriptionId, { userId, subscriptionId, from });
        break;
      }
      case 'LicenseActivated':
        made.add(event.data.licenseId);
        if (event.data.replaces !== undefined) licenses.set(event.data.replaces, userId);
        break;
      case 'LicenseDeactivated':
      case 'LicenseRevoked':
      case 'LicenseReinstated':
        licenses.set(event.data.licenseId, userId);
        break;
      case 'UserErased':
        erased.set(userId, timeOf(decoded, rows.user(userId)));
        break;
      default:
    }
  }
  for (const licenseId of licenses.keys()) if (made.has(licenseId)) licenses.delete(licenseId);
  return { subscriptions: [...subscriptions.values()], licenses, erased };
}

/** The earliest instant from which on an event may change what is believed: no later than intervals/subscription.ts says. */
function earliestChange(decoded: DecodedEvent, rows: Rows): number {
  const { event } = decoded.recorded;
  const at = timeOf(decoded, rows.user(decoded.userId));
  if (event.type !== 'SubscriptionRenewed' && event.type !== 'SubscriptionCancelled') return at;
  const ends = rows.subscription(event.data.subscriptionId)?.endDate ?? at;
  return Math.min(at, ends, Date.parse(event.data.endDate));
}
