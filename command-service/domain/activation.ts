import type { Position } from '../../shared/events/position.ts';
import type { UserEvent } from '../../shared/events/types.ts';
import { comparedClientId, isSameClient } from '../../shared/identity/opaque.ts';
import { isCurrentAt } from '../../shared/subscription-status.ts';
import { accepted, type Context, type Decision, nothing, rejected, withReason } from './decision.ts';
import type { License, Subscription } from './entities.ts';

// ---- state ----

export interface Licenses {
  readonly byId: Map<string, License>;
  /** Client id, as it is compared → the license it activated last. All earlier ones are deactivated. */
  readonly ofClient: Map<string, License>;
  active: number;
}

export const noLicenses = (): Licenses => ({ byId: new Map(), ofClient: new Map(), active: 0 });

// ---- fold ----

export type LicenseEvent = Exclude<
  Extract<UserEvent, { type: `License${string}` }>,
  { type: `LicenseKey${string}` }
>;

const STATUS_AFTER = {
  LicenseActivated: 'active',
  LicenseDeactivated: 'deactivated',
  LicenseRevoked: 'revoked',
  LicenseReinstated: 'active',
} as const satisfies Record<LicenseEvent['type'], License['status']>;

/** Applies an event in place and returns the license it left; undefined if it names an unknown one. */
export function foldLicense(
  licenses: Licenses,
  event: LicenseEvent,
  position: Position,
  at: number,
): License | undefined {
  const { licenseId, clientId } = event.data;
  const before = licenses.byId.get(licenseId);
  const status = STATUS_AFTER[event.type];
  const base =
    event.type === 'LicenseActivated'
      ? {
          licenseId,
          clientId,
          product: event.data.product,
          subscriptionId: event.data.subscriptionId,
          activatedAt: at,
          activatedPosition: position,
        }
      : before;
  if (!base) return undefined;
  const after: License = { ...base, status, updatedAt: at };
  licenses.active += Number(status === 'active') - Number(before?.status === 'active');
  licenses.byId.set(licenseId, after);
  licenses.ofClient.set(comparedClientId(clientId), after);
  if (event.type === 'LicenseActivated') giveUpPlace(licenses, event.data.replaces, at);
  return after;
}

/** The license that another one took the place of. */
function giveUpPlace(licenses: Licenses, licenseId: string | undefined, at: number): void {
  const before = licenseId === undefined ? undefined : licenses.byId.get(licenseId);
  if (before?.status !== 'active') return;
  const after: License = { ...before, status: 'deactivated', updatedAt: at };
  licenses.active -= 1;
  licenses.byId.set(after.licenseId, after);
  const client = comparedClientId(after.clientId);
  if (licenses.ofClient.get(client) === before) licenses.ofClient.set(client, after);
}

// ---- decisions ----

interface OfLicense {
  readonly licenseId: string;
  readonly reason?: string | undefined;
}

export type ActivationCommand =
  | { readonly type: 'ActivateClient'; readonly clientId: string; readonly clientName?: string | undefined }
  | {
      readonly type: 'DeactivateClient';
      readonly clientId: string;
      /** The license named by the activation key, if the client itself asks. */
      readonly licenseId?: string | undefined;
    }
  | (OfLicense & { readonly type: 'DeactivateLicense' })
  | (OfLicense & { readonly type: 'RevokeLicense' })
  | (OfLicense & { readonly type: 'ReinstateLicense' });

const unchanged = (license: License) => nothing({ kind: 'license', license });

/** Refuses if the subscription's terms have no place for one more active client. */
function placeFor(licenses: Licenses, limit: number): Decision | undefined {
  if (licenses.active < limit) return undefined;
  const activeClients = [...licenses.ofClient.values()].filter(({ status }) => status === 'active');
  return rejected({ code: 'client_limit_reached', limit, activeClients });
}

/**
 * A client that is active gets its license again, whatever the subscription: its key says who it is, and a
 * validation says what it is worth. Any other needs a subscription that has started and is not over (the grace
 * counts) and not suspended, and a free place. A deactivated client gets a new license.
 */
export function activate(
  licenses: Licenses,
  subscription: Subscription | undefined,
  command: Extract<ActivationCommand, { type: 'ActivateClient' }>,
  userId: string,
  context: Context,
): Decision {
  const { clientName } = command;
  const clientId = comparedClientId(command.clientId);
  const before = licenses.ofClient.get(clientId);
  if (before?.status === 'active') return unchanged(before);
  if (before?.status === 'revoked') return rejected({ code: 'client_revoked', license: before });
  if (!subscription || !isCurrentAt(subscription, context.now) || context.now < subscription.startDate)
    return rejected({ code: 'no_active_subscription' });
  if (subscription.suspended) return rejected({ code: 'subscription_suspended', subscription });
  const full = placeFor(licenses, subscription.terms.maxClients);
  if (full) return full;
  const { subscriptionId } = subscription;
  return accepted({
    type: 'LicenseActivated',
    data: {
      userId,
      licenseId: context.newId(),
      subscriptionId,
      product: subscription.product,
      clientId,
      personal: clientName === undefined ? {} : { clientName },
    },
  });
}

/**
 * Gives a client's place free. A client that is not active has none: nothing to do, and a revoked one stays
 * revoked. A key of an earlier license of the client does not end the later one.
 */
export function deactivateClient(
  licenses: Licenses,
  command: Extract<ActivationCommand, { type: 'DeactivateClient' }>,
  userId: string,
): Decision {
  const latest = licenses.ofClient.get(comparedClientId(command.clientId));
  const named = command.licenseId === undefined ? latest : licenses.byId.get(command.licenseId);
  if (!named || !isSameClient(named.clientId, command.clientId))
    return rejected({ code: 'not_found', what: 'client' });
  if (named.status !== 'active') return unchanged(named);
  const { licenseId, clientId } = named;
  return accepted({ type: 'LicenseDeactivated', data: { userId, licenseId, clientId, personal: {} } });
}

/** A revoked license can't be deactivated: its client could activate again, past the operator. */
export function deactivateLicense(before: License, reason: string | undefined, userId: string): Decision {
  if (before.status === 'deactivated') return unchanged(before);
  if (before.status === 'revoked') return rejected({ code: 'client_revoked', license: before });
  const { licenseId, clientId } = before;
  return accepted({
    type: 'LicenseDeactivated',
    data: { userId, licenseId, clientId, personal: withReason(reason) },
  });
}

/**
 * Shuts a client out until an operator reinstates it. A deactivated one can be shut out as well, so that it does not
 * come back; but not through a license that it has replaced by a later one.
 */
export function revoke(
  licenses: Licenses,
  before: License,
  reason: string | undefined,
  userId: string,
): Decision {
  if (before.status === 'revoked') return unchanged(before);
  const { licenseId, clientId } = before;
  const latest = licenses.ofClient.get(comparedClientId(clientId)) ?? before;
  if (latest.licenseId !== licenseId) return rejected({ code: 'license_replaced', license: latest });
  return accepted({
    type: 'LicenseRevoked',
    data: { userId, licenseId, clientId, personal: withReason(reason) },
  });
}

/**
 * Makes a revoked license active again, if a place is free under the subscription that counts. That one need not be
 * current: what the license is worth is decided at every validation.
 */
export function reinstateLicense(
  licenses: Licenses,
  before: License,
  limit: number,
  reason: string | undefined,
  userId: string,
): Decision {
  if (before.status === 'active') return unchanged(before);
  if (before.status === 'deactivated') return rejected({ code: 'license_deactivated', license: before });
  const full = placeFor(licenses, limit);
  if (full) return full;
  const { licenseId, clientId } = before;
  return accepted({
    type: 'LicenseReinstated',
    data: { userId, licenseId, clientId, personal: withReason(reason) },
  });
}
