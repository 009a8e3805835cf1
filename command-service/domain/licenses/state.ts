import type { Position } from '../../../shared/event-log/position.ts';
import type { UserEvent } from '../../../shared/events/types.ts';
import { comparedClientId } from '../../../shared/identity/opaque.ts';
import type { Side } from '../../../shared/subscription-status.ts';
import type { License } from '../entities.ts';
import { addEarlier, type EarlierLicenses, findEarlier, noEarlierLicenses } from './earlier.ts';
import { countReplacement, freePlace, noPlaces, type PlaceLimits, type Places, takePlace } from './places.ts';

/** A product's. */
export interface ProductLicenses {
  /** Client id, as it is compared → the license it activated last. All earlier ones are deactivated. */
  readonly ofClient: Map<string, License>;
  active: number;
  readonly places: Places;
}

export interface Licenses {
  /** All but the earlier ones. */
  readonly byId: Map<string, License>;
  /** Undefined until there is one. */
  earlier?: EarlierLicenses;
  readonly ofProduct: Map<string, ProductLicenses>;
}

export const noLicenses = (): Licenses => ({ byId: new Map(), ofProduct: new Map() });

const none = (): ProductLicenses => ({ ofClient: new Map(), active: 0, places: noPlaces() });

/** Undefined for a license that the user never had. */
export const licenseOf = ({ byId, earlier }: Licenses, licenseId: string): License | undefined =>
  byId.get(licenseId) ?? (earlier && findEarlier(earlier, licenseId));

/** For reading alone: a product without licenses has an empty one, which is not kept. */
export const licensesOf = ({ ofProduct }: Licenses, product: string): ProductLicenses =>
  ofProduct.get(product) ?? none();

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

/** How an event came to be. */
export interface Happened {
  readonly position: Position;
  readonly by: Side;
  readonly at: number;
}

function after(licenses: Licenses, event: LicenseEvent, { position, at }: Happened): License | undefined {
  const status = STATUS_AFTER[event.type];
  if (event.type !== 'LicenseActivated') {
    const before = licenseOf(licenses, event.data.licenseId);
    return before && { ...before, status, updatedAt: at };
  }
  const { licenseId, clientId, product, subscriptionId, keyId } = event.data;
  return {
    licenseId,
    clientId,
    product,
    subscriptionId,
    ...(keyId === undefined ? {} : { keyId }),
    status,
    activatedAt: at,
    activatedPosition: position,
    updatedAt: at,
  };
}

/** How the event moved the places of its product; before the active clients are counted again. */
function foldPlaces(
  { places, active }: ProductLicenses,
  event: LicenseEvent,
  { by, at }: Happened,
  limits: PlaceLimits,
): void {
  const client = comparedClientId(event.data.clientId);
  switch (event.type) {
    case 'LicenseActivated':
      if (event.data.replaces !== undefined) countReplacement(places, limits, at);
      else takePlace(places, client, active, limits, { at, counts: true });
      return;
    case 'LicenseReinstated':
      takePlace(places, client, active, limits, { at, counts: false });
      return;
    case 'LicenseDeactivated':
      if (by === 'user') freePlace(places, client, at);
      return;
    case 'LicenseRevoked':
      return;
    default:
      event satisfies never;
  }
}

/**
 * Applies an event in place and returns the license it left; undefined if it names an unknown one.
 * @param limitsOf what the subscription that counts for a product allows at that moment
 */
export function foldLicense(
  licenses: Licenses,
  event: LicenseEvent,
  happened: Happened,
  limitsOf: (product: string) => PlaceLimits,
): License | undefined {
  const license = after(licenses, event, happened);
  if (!license) return undefined;
  const { product } = license;
  const held = licensesOf(licenses, product);
  licenses.ofProduct.set(product, held);
  foldPlaces(held, event, happened, limitsOf(product));
  put(licenses, held, license);
  if (event.type === 'LicenseActivated' && event.data.replaces !== undefined) {
    const replaced = licenses.byId.get(event.data.replaces);
    if (replaced?.status === 'active')
      put(licenses, held, { ...replaced, status: 'deactivated', updatedAt: happened.at });
  }
  return license;
}

function put(licenses: Licenses, held: ProductLicenses, license: License): void {
  const before = licenseOf(licenses, license.licenseId);
  held.active += Number(license.status === 'active') - Number(before?.status === 'active');
  licenses.byId.set(license.licenseId, license);
  const client = comparedClientId(license.clientId);
  const latest = held.ofClient.get(client);
  if (before && before.licenseId !== latest?.licenseId) return;
  held.ofClient.set(client, license);
  if (!before && latest?.status === 'deactivated') pack(licenses, latest);
}

function pack(licenses: Licenses, license: License): void {
  licenses.earlier ??= noEarlierLicenses();
  if (addEarlier(licenses.earlier, license)) licenses.byId.delete(license.licenseId);
}
