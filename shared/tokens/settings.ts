import { z } from 'zod';

/** The settings of tokens, for a service's own. Every process of a system has the same. */
export const tokenSettings = {
  KEYRING_FILE: z
    .string()
    .default('.local/keys/keyring.json')
    .describe(
      'File with the signing keys, a ring for each kind of token; shared by every process that makes or verifies tokens',
    ),
  TOKEN_ISSUER: z
    .string()
    .min(1)
    .max(256)
    .default('license-system')
    .describe(
      '`iss` of every token: the name of this system. A change makes every key that was issued invalid',
    ),
};
