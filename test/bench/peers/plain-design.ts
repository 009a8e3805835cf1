import { once } from 'node:events';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { connectRedis } from '../../../shared/adapters/redis/client.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { parseRings } from '../../../shared/tokens/ring-model.ts';
import { ask } from '../../support/requests/api.ts';
import { setting } from '../../support/setting.ts';
import type { LaunchedStack } from '../../support/stack.ts';
import type { WrkRequest } from '../load/wrk.ts';
import { concurrently } from '../rounds.ts';
import { behindNginx, type Peer } from './behind-nginx.ts';

const AT_ONCE = 32;

/** The public keys that activation keys are verified by: what is published are those of leases. */
const activationKeys = (file: string) => ({
  keys: parseRings(readFileSync(file, 'utf8')).activation.keys.map(({ kid, jwk: { kty, crv, x } }) => ({
    kid,
    kty,
    crv,
    x,
  })),
});

/** The plain design, which knows the licenses that these requests ask for. It uses another database of the system's Redis. */
export async function startPlain(stack: LaunchedStack, requests: readonly WrkRequest[]): Promise<Peer> {
  const redisUrl = `${setting(stack, 'REDIS_URL')}/1`;
  const redis = connectRedis({
    url: redisUrl,
    name: 'bench',
    logger: createLogger({ service: 'bench', level: 'silent' }),
  });
  try {
    await once(redis, 'ready');
    await concurrently(requests, AT_ONCE, async ({ path: resource, token }) => {
      const { body } = await ask(stack.url, resource, { token });
      if (body.code !== 'VALID') throw new Error(`a license of the benchmark is ${body.code}`);
      await redis.set(`license:${body.license_id}`, JSON.stringify(body));
    });
  } finally {
    redis.disconnect();
  }
  const keys = path.join(mkdtempSync(path.join(tmpdir(), 'license-bench-keys-')), 'jwks.json');
  writeFileSync(keys, JSON.stringify(activationKeys(setting(stack, 'KEYRING_FILE'))));
  const peer = await behindNginx('plain', [redisUrl, keys]);
  const redisPid = stack.processes().get('redis') as number;
  return { ...peer, processes: new Map([...peer.processes, ['redis', redisPid]]) };
}
