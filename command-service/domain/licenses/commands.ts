import { nothing } from '../decision.ts';
import type { License } from '../entities.ts';

interface OfLicense {
  readonly licenseId: string;
  readonly reason?: string | undefined;
}

export interface ActivateClient {
  readonly type: 'ActivateClient';
  readonly clientId: string;
  readonly clientName?: string | undefined;
  /** The catalogue's only one unless given; with a license key, the key's. */
  readonly product?: string | undefined;
  /** The client id of an active client, whose place this one gets. */
  readonly replaces?: string | undefined;
  /** The license key that it is activated by. */
  readonly keyId?: string | undefined;
}

export interface DeactivateClient {
  readonly type: 'DeactivateClient';
  readonly clientId: string;
  /** May be left out while the client has a license of one product alone. */
  readonly product?: string | undefined;
  /** The license named by the activation key, if the client itself asks. */
  readonly licenseId?: string | undefined;
}

export type ActivationCommand =
  | ActivateClient
  | DeactivateClient
  | (OfLicense & { readonly type: 'DeactivateLicense' })
  | (OfLicense & { readonly type: 'RevokeLicense' })
  | (OfLicense & { readonly type: 'ReinstateLicense' });

/** The state asked for already holds: the license as it is. */
export const unchanged = (license: License) => nothing({ kind: 'license', license });
