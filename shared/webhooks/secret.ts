import type { Vault } from '../vault/vault.ts';

/** Standard Webhooks 1.0.0: a secret is shown in base64, after this. */
const PREFIX = 'whsec_';

/** The bytes that sign, which follow from their id: nothing keeps them. 256 bits. */
export const webhookKey = (vault: Pick<Vault, 'derive'>, secretId: string): Promise<Buffer> =>
  vault.derive('webhook_secret', secretId);

/** The secret as it is shown to who made the endpoint. */
export const webhookSecret = async (vault: Pick<Vault, 'derive'>, secretId: string): Promise<string> =>
  PREFIX + (await webhookKey(vault, secretId)).toString('base64');
