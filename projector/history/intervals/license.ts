import type { License } from '../../../shared/read-model/fold/license.ts';
import type { Cause } from './cause.ts';

/** What a row of `license_states` says. Nothing that is done to a license counts from an earlier date. */
export interface LicenseState {
  /** As the fold has it. */
  readonly license: License;
  readonly customerErased: boolean;
  readonly cause: Cause;
}

/** The license of a customer who is erased. */
export const erasedLicense = ({ license }: LicenseState, cause: Cause): LicenseState => ({
  license: { ...license, clientId: null },
  customerErased: true,
  cause,
});
