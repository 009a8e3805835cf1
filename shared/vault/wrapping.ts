import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto';
import { VaultKeyUnreadable } from './errors.ts';

/** The key that wraps every key of the vault: 256 bits, never in the database. */
export type MasterKey = KeyObject;

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const KEY_BYTES = 32;
const WRAPPED_BYTES = 1 + IV_BYTES + KEY_BYTES + TAG_BYTES;

export const newKey = (): KeyObject => createSecretKey(randomBytes(KEY_BYTES));

/**
 * Wraps a 256-bit key with AES-256-GCM: format byte, nonce, ciphertext, tag. `name` (the user's id, or the digest
 * key's name) is authenticated with it, so that a key moved to another row is not accepted. AES-KW (RFC 3394) was
 * rejected for lacking just that.
 */
export function wrapKey(key: KeyObject, master: MasterKey, name: string): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', master, iv, { authTagLength: TAG_BYTES });
  cipher.setAAD(Buffer.from(name));
  const sealed = Buffer.concat([cipher.update(key.export()), cipher.final()]);
  return Buffer.concat([Buffer.of(FORMAT), iv, sealed, cipher.getAuthTag()]);
}

/** @throws VaultKeyUnreadable another master key, another name, or damaged bytes */
export function unwrapKey(wrapped: Buffer, master: MasterKey, name: string): KeyObject {
  if (wrapped.length !== WRAPPED_BYTES || wrapped[0] !== FORMAT) throw new VaultKeyUnreadable(name);
  const iv = wrapped.subarray(1, 1 + IV_BYTES);
  const tag = wrapped.subarray(WRAPPED_BYTES - TAG_BYTES);
  try {
    const decipher = createDecipheriv('aes-256-gcm', master, iv, { authTagLength: TAG_BYTES });
    decipher.setAAD(Buffer.from(name));
    decipher.setAuthTag(tag);
    const sealed = wrapped.subarray(1 + IV_BYTES, WRAPPED_BYTES - TAG_BYTES);
    return createSecretKey(Buffer.concat([decipher.update(sealed), decipher.final()]));
  } catch (error) {
    throw new VaultKeyUnreadable(name, { cause: error });
  }
}
