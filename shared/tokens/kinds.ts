/**
 * What tells the kinds of tokens apart: `typ` (RFC 8725, 3.11; `at+jwt` is RFC 9068's) and audience (3.9). A token
 * of one kind fails both checks of another.
 */
export const TOKEN_KINDS = {
  access: { typ: 'at+jwt', audience: 'license-system:commands' },
  activation: { typ: 'activation+jwt', audience: 'license-system:validation' },
  lease: { typ: 'lease+jwt', audience: 'license-system:client' },
  session: { typ: 'session+jwt', audience: 'license-system:staff' },
} as const;

export type TokenKind = keyof typeof TOKEN_KINDS;

export const KINDS = Object.keys(TOKEN_KINDS) as readonly TokenKind[];

/**
 * The algorithm of every token's signature, by the name that every JWT library knows (RFC 8037). `Ed25519`, the fully
 * specified name (RFC 9864), is what older tokens say; it stays good, but PyJWT, python-jose and others find no key for it.
 */
export const ALGORITHM = 'EdDSA';
export const VERIFIED_ALGORITHMS: readonly string[] = [ALGORITHM, 'Ed25519'];

/** How far `iat` and `nbf` lie back, in seconds, so that a token is good at once where a clock is behind. */
export const BACKDATED_SECONDS = 30;
