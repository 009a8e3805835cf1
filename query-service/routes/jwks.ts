import { z } from 'zod';
import type { Route } from '../../shared/http/routes/route.ts';
import { JWKS_MAX_AGE_SECONDS } from '../../shared/tokens/key-ring.ts';
import { type QueryContext, queryRoute } from '../context.ts';

const jwk = z.strictObject({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  kid: z.string(),
  use: z.literal('sig'),
});

const jwks = queryRoute({
  method: 'get',
  path: '/.well-known/jwks.json',
  operationId: 'getKeys',
  tag: 'Operations',
  summary: 'The public keys that leases are verified with',
  auth: 'anyone',
  crossOrigin: true,
  answers: {
    200: {
      description: 'The keys (RFC 7517), those that do not sign yet among them.',
      body: z.strictObject({ keys: z.array(jwk) }).meta({ id: 'KeySet' }),
      headers: { 'Cache-Control': `max-age=${JWKS_MAX_AGE_SECONDS}` },
    },
  },
  problems: [],
}).handle(async ({ leaseKeys }) => ({
  status: 200,
  headers: { 'Cache-Control': `public, max-age=${JWKS_MAX_AGE_SECONDS}` },
  body: { keys: [...leaseKeys.jwks().keys] },
}));

export const jwksRoutes: readonly Route<QueryContext>[] = [jwks];
