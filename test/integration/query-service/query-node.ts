import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type QueryService,
  type QueryServiceOptions,
  startQueryService,
} from '../../../query-service/app.ts';
import { querySettings } from '../../../query-service/config.ts';
import { createPool } from '../../../shared/adapters/postgres/pool.ts';
import { systemClock } from '../../../shared/clock.ts';
import { readConfig } from '../../../shared/config.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { createTokens } from '../../../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../../../shared/tokens/file-key-ring.ts';
import type { TestServer } from '../../support/servers/servers.ts';
import { Projector } from './projector.ts';
import { type LicensedUser, ReadModel } from './read-model.ts';

const logger = createLogger({ service: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });

/** A read model of the test's own, somebody who plays the projector, and as many query nodes as the test starts. */
export async function createSystem(urls: { readonly databaseUrl: string; readonly redis: TestServer }) {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-query-'));
  const keyringFile = path.join(directory, 'keyring.json');
  const pool = createPool({
    connectionString: urls.databaseUrl,
    applicationName: 'test',
    max: 4,
    logger,
  });
  const readModel = new ReadModel(pool);
  await readModel.create();
  const rings = await openKeyRings({ file: keyringFile, production: false, clock: systemClock, logger });
  const tokens = createTokens({ rings, issuer: 'license-system', clock: systemClock });
  const projector = new Projector(urls.redis.url, readModel.checkpoint);
  const nodes: QueryService[] = [];
  return {
    readModel,
    pool,
    redis: urls.redis,
    projector,
    tokens,
    rings,
    keyringFile,
    async startNode(
      options: Partial<QueryServiceOptions> = {},
      settings: Readonly<Record<string, string>> = {},
    ): Promise<QueryService> {
      const config = readConfig(querySettings, {
        NODE_ENV: 'test',
        PORT: '0',
        DRAIN_MS: '0',
        DATABASE_URL: urls.databaseUrl,
        REDIS_URL: urls.redis.url,
        KEYRING_FILE: keyringFile,
        ...settings,
      });
      const node = await startQueryService({ config, logger, ...options });
      nodes.push(node);
      return node;
    },
    keyOf: (user: LicensedUser, position = user.position) =>
      tokens.signActivationKey({
        sub: user.userId,
        lic: user.licenseId,
        cid: user.clientId,
        pos: position,
        activatedAt: Date.now(),
      }),
    accessToken: async (subject: string, role: 'user' | 'operator' | 'analyst' = 'user', revision = 1) =>
      (await tokens.signAccessToken({ subject, role, ...(role === 'user' && { revision }) })).token,
    async [Symbol.asyncDispose]() {
      projector.close();
      await Promise.all(nodes.map((node) => node.stop()));
      rings.close();
      await pool.end();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export type TestSystem = Awaited<ReturnType<typeof createSystem>>;
