import { ask, type Licensed, signUpLicensed } from '../../support/requests/api.ts';

/** A customer who has one of everything that is a customer's. */
export interface Holder extends Licensed {
  readonly keyId: string;
  readonly licenseKey: string;
}

export async function newHolder(url: string): Promise<Holder> {
  const licensed = await signUpLicensed(url);
  const { body } = await ask(url, '/v1/license-keys', { token: licensed.token, body: {} });
  return { ...licensed, keyId: String(body.key_id), licenseKey: String(body.license_key) };
}

/** Their ids, by the place in a path that takes one. */
export const placesOf = (holder: Holder): Readonly<Record<string, string>> => ({
  users: holder.userId,
  subscriptions: holder.subscriptionId,
  licenses: holder.licenseId,
  'license-keys': holder.keyId,
  keys: holder.keyId,
  activations: holder.clientId,
});

/** What is theirs, by the fields of bodies and queries that take it. */
export const fieldsOf = (holder: Holder): Readonly<Record<string, string>> => ({
  user_id: holder.userId,
  license_id: holder.licenseId,
  client_id: holder.clientId,
  replaces: holder.clientId,
  email: holder.email,
  email_prefix: holder.email,
  cursor: holder.userId,
});
