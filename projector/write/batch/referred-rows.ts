import type { Rows } from '../../../shared/read-model/fold/apply.ts';
import type { DecodedEvent } from '../decode.ts';

/** The rows that events name, or are compared with, without having made them themselves. */
export function referredRows(events: readonly DecodedEvent[], rows: Rows) {
  const made = new Set<string>();
  const subscriptions = new Set<string>();
  const licenses = new Set<string>();
  const licenseKeys = new Set<string>();
  for (const { recorded } of events) {
    const { event } = recorded;
    if (event.type === 'SubscriptionStarted') {
      made.add(event.data.subscriptionId);
      const counting = rows.user(event.data.userId)?.counting[event.data.product];
      if (counting) subscriptions.add(counting.id);
    } else if (event.type === 'LicenseKeyIssued') made.add(event.data.keyId);
    else if (event.type === 'LicenseActivated') {
      made.add(event.data.licenseId);
      if (event.data.replaces !== undefined) licenses.add(event.data.replaces);
      if (event.data.keyId !== undefined) licenseKeys.add(event.data.keyId);
    } else if ('licenseId' in event.data) licenses.add(event.data.licenseId);
    else if ('keyId' in event.data) licenseKeys.add(event.data.keyId);
    else if ('subscriptionId' in event.data) subscriptions.add(event.data.subscriptionId);
  }
  return {
    subscriptions: [...subscriptions.difference(made)],
    licenses: [...licenses.difference(made)],
    licenseKeys: [...licenseKeys.difference(made)],
  };
}
