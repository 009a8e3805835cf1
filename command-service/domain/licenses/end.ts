import { comparedClientId, isSameClient } from '../../../shared/identity/opaque.ts';
import { accepted, type Decision, rejected, withReason } from '../decision.ts';
import type { License } from '../entities.ts';
import { noPlace } from './activate.ts';
import { type DeactivateClient, unchanged } from './commands.ts';
import { type Licenses, licenseOf, licensesOf, type ProductLicenses } from './state.ts';

/** The client's license: the one that its key names, or its latest of the product. */
function named(licenses: Licenses, { clientId, product, licenseId }: DeactivateClient): License[] {
  if (licenseId !== undefined) {
    const license = licenseOf(licenses, licenseId);
    return license && isSameClient(license.clientId, clientId) ? [license] : [];
  }
  const client = comparedClientId(clientId);
  const products = product === undefined ? [...licenses.ofProduct.keys()] : [product];
  return products.flatMap((name) => licensesOf(licenses, name).ofClient.get(client) ?? []);
}

/**
 * Frees a client's place. A client that is not active has none: nothing to do, and a revoked one stays
 * revoked. A key of an earlier license of the client does not end the later one.
 */
export function deactivateClient(licenses: Licenses, command: DeactivateClient, userId: string): Decision {
  const [license, ...others] = named(licenses, command);
  if (!license) return rejected({ code: 'not_found', what: 'client' });
  if (others.length > 0) {
    const products = [license, ...others].map(({ product }) => product).join(', ');
    const detail = `required; the client was activated for ${products}`;
    return rejected({ code: 'invalid_field', place: 'query', field: 'product', detail });
  }
  if (license.status !== 'active') return unchanged(license);
  const { licenseId, clientId } = license;
  return accepted({ type: 'LicenseDeactivated', data: { userId, licenseId, clientId, personal: {} } });
}

/** A revoked license can't be deactivated: its client could activate again, past staff. */
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
 * Shuts a client out until staff reinstate it. A deactivated one can be shut out as well, so that it does not come back;
 * but not through a license that it has replaced by a later one.
 */
export function revoke(
  { ofClient }: ProductLicenses,
  before: License,
  reason: string | undefined,
  userId: string,
): Decision {
  if (before.status === 'revoked') return unchanged(before);
  const { licenseId, clientId } = before;
  const latest = ofClient.get(comparedClientId(clientId)) ?? before;
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
  held: ProductLicenses,
  before: License,
  limit: number,
  reason: string | undefined,
  userId: string,
): Decision {
  if (before.status === 'active') return unchanged(before);
  if (before.status === 'deactivated') return rejected({ code: 'license_deactivated', license: before });
  const full = noPlace(held, limit);
  if (full) return rejected(full);
  const { licenseId, clientId } = before;
  return accepted({
    type: 'LicenseReinstated',
    data: { userId, licenseId, clientId, personal: withReason(reason) },
  });
}
