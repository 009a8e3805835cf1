/**
 * What tells the kinds of tokens apart: `typ` (RFC 8725, 3.11; `at+jwt` is RFC 9068's) and audience (3.9). A token
 * of one kind fails both checks of another.
 */
export const TOKEN_KINDS = {
  access: { typ: 'at+jwt', audience: 'license-system:commands' },
  activation: { typ: 'activation+jwt', audience: 'license-system:validation' },
  lease: { typ: 'lease+jwt', audience: 'license-system:client' },
} as const;

export type TokenKind = keyof typeof TOKEN_KINDS;

/** The one algorithm (RFC 9864: fully specified, unlike `EdDSA`). */
export const ALGORITHM = 'Ed25519';
