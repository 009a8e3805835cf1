import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Vector } from '../../../client/conformance/vector.ts';
import { createLicensing, memoryStore } from '../../../client/src/index.ts';

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../client/conformance/leases.json', import.meta.url), 'utf8'),
) as Vector[];

afterEach(() => vi.restoreAllMocks());

/** The network as the vector has it: it answers with the lease where that is fresh, and with nothing where it is stored. */
const networkOf =
  ({ given }: Vector): typeof fetch =>
  async (input) => {
    if (given.nonce === null) return new Response(null, { status: 503, headers: { 'Retry-After': '60' } });
    const keys = String(input).endsWith('/jwks.json');
    return keys
      ? Response.json(given.keys)
      : new Response(given.lease, { headers: { 'Content-Type': 'application/jwt' } });
  };

/** The whole client, with what it has in its store and what the network says. */
async function answerTo(vector: Vector) {
  const { given } = vector;
  const store = memoryStore();
  await store.write(
    JSON.stringify({
      format: 1,
      clientId: given.client_id,
      activationKey: 'a.b.c',
      lease: given.nonce === null ? given.lease : undefined,
      keys: given.keys,
      mark: given.mark * 1_000,
    }),
  );
  if (given.nonce !== null)
    vi.spyOn(crypto, 'randomUUID').mockReturnValue(given.nonce as ReturnType<typeof crypto.randomUUID>);
  const licensing = createLicensing({
    url: 'https://licenses.example.com',
    product: given.product,
    issuer: given.issuer,
    store,
    clock: () => given.now * 1_000,
    fetch: networkOf(vector),
    onFault: () => undefined,
  });
  const { allowed, code, until } = await licensing.check({
    entitlements: given.entitlements,
    ...(given.released_at !== null && { releasedAt: given.released_at }),
  });
  return { allowed, code, until: until === null ? null : Date.parse(until) / 1_000 };
}

describe('the vectors, with the whole client', () => {
  it.for(VECTORS)('$name', async (vector) => {
    expect(await answerTo(vector)).toEqual(vector.expect);
  });
});
