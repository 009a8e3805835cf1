import { randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { QueryService } from '../../../../query-service/app.ts';
import { ask } from '../../../support/requests/api.ts';
import { useSystem } from '../system.ts';

const system = useSystem();
let node: QueryService;
beforeAll(async () => {
  system.it.projector.start();
  node = await system.it.startNode({}, { ANONYMOUS_PER_MINUTE: '20' });
});

let network = 0;
/** Addresses of one /64 that no other test uses. */
const newNetwork = () => {
  network += 1;
  const prefix = `2001:db8:${network}:1`;
  return () => `${prefix}:${randomBytes(8).toString('hex').match(/.{4}/g)?.join(':')}`;
};
const forged = async () => {
  const [head, body] = (await system.it.keyOf(await system.it.readModel.addUser())).split('.');
  return `${head}.${body}.${randomBytes(64).toString('base64url')}`;
};

const CASES: readonly [string, string, () => Promise<string | undefined>][] = [
  ['without a key', '/v1/licenses/validate', async () => undefined],
  ['with forged keys', '/v1/licenses/validate', forged],
  ['with forged tokens', '/v1/me', forged],
  ['for what anyone may read', '/.well-known/jwks.json', async () => undefined],
];

describe.each(CASES)('requests %s', (_name, path, token) => {
  it('are bounded by address, and an IPv6 address counts as its /64', async () => {
    // The minute may turn under way: then it is done again, with another network.
    for (let tries = 0; tries < 3; tries += 1) {
      const minute = Math.floor(Date.now() / 60_000);
      const address = newNetwork();
      const statuses: number[] = [];
      for (let i = 0; i < 21; i += 1) {
        const headers = { 'X-Forwarded-For': address() };
        statuses.push((await ask(node.url, path, { token: await token(), headers })).status);
      }
      if (Math.floor(Date.now() / 60_000) !== minute) continue;
      expect(statuses.slice(0, 20)).not.toContain(429);
      expect(statuses[20]).toBe(429);
      return;
    }
    throw new Error('no minute was long enough');
  });
});

it('who is bounded still gets answers for keys that are known', async () => {
  const address = newNetwork();
  const headers = () => ({ 'X-Forwarded-For': address() });
  const token = await system.it.keyOf(await system.it.readModel.addUser());
  const validate = (key?: string) =>
    ask(node.url, '/v1/licenses/validate', { token: key, headers: headers() });
  expect((await validate(token)).body.code).toBe('VALID');
  for (let i = 0; i < 21; i += 1) await validate();
  expect((await validate(token)).body.code).toBe('VALID');
});

it('what the limit refuses is no usage, and a /64 makes one row a minute and endpoint', async () => {
  const address = newNetwork();
  for (let i = 0; i < 25; i += 1)
    await ask(node.url, '/v1/licenses/validate', { headers: { 'X-Forwarded-For': address() } });
  // A node that stops writes what it has counted.
  await node.stop();
  const { rows } = await system.it.pool.query<{ count: string }>(
    'SELECT count FROM usage.rate_limits WHERE address <<= $1',
    [`2001:db8:${network}::/48`],
  );
  expect(rows.length).toBeLessThanOrEqual(2);
  const counted = rows.reduce((sum, { count }) => sum + Number(count), 0);
  expect(counted).toBeGreaterThanOrEqual(20);
  expect(counted).toBeLessThanOrEqual(rows.length === 1 ? 20 : 25);
});
