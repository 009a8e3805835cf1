import { createHash } from 'node:crypto';
import type { Vault } from '../../shared/vault/vault.ts';

/** Says what it is to whoever finds one, and to the scanners that look for secrets in repositories. */
const PREFIX = 'lss_';

/** The secret of a key, which follows from its id: a repeated command shows the same one. 256 bits. */
export const serviceSecret = async (vault: Pick<Vault, 'derive'>, keyId: string): Promise<string> =>
  PREFIX + (await vault.derive('service_key', keyId)).toString('base64url');

/**
 * What the log keeps of a secret: SHA-256, 64 hexadecimal digits. Nothing slower: 256 random bits are not guessed, and a
 * digest of them is compared by a look-up, whose time says nothing of the secret.
 */
export const secretDigest = (secret: string): string => createHash('sha256').update(secret).digest('hex');
