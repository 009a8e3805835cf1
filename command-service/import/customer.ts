/**
 * A customer of another system, with everything that is to be taken over: checked for its form, not yet by the rules.
 * Instants are milliseconds since 1970.
 */
export interface ImportedCustomer {
  /** The customer's in the other system; it tells a repeat from a new customer. */
  readonly externalId: string;
  readonly email: string | undefined;
  readonly name: string | undefined;
  readonly subscriptions: readonly ImportedSubscription[];
  readonly licenseKeys: readonly ImportedLicenseKey[];
  readonly clients: readonly ImportedClient[];
}

export interface ImportedSubscription {
  readonly externalId: string;
  readonly product: string | undefined;
  readonly plan: string;
  readonly quantity: number;
  readonly startDate: number;
  readonly endDate: number;
  /** It ends at its end date, without grace. */
  readonly cancelled: boolean;
}

export interface ImportedLicenseKey {
  /** `licenseKeyHash` of its text. */
  readonly hash: string;
  readonly product: string | undefined;
  /** Different clients that it may activate, those of this import among them; undefined without a limit. */
  readonly uses: number | undefined;
  readonly expiresAt: number | undefined;
  readonly note: string | undefined;
}

/** A machine that is licensed now. */
export interface ImportedClient {
  readonly clientId: string;
  readonly clientName: string | undefined;
  readonly product: string | undefined;
  /** Which of the customer's license keys it was activated with, from 0. */
  readonly licenseKey: number | undefined;
}
