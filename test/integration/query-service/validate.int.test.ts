import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { QueryService } from '../../../query-service/app.ts';
import { ask } from '../../support/api.ts';
import { createDatabase, type TestDatabase } from '../../support/databases.ts';
import { startRedis, type TestServer } from '../../support/servers.ts';
import { createSystem, type TestSystem } from './query-node.ts';

let database: TestDatabase;
let redis: TestServer;
let system: TestSystem;
let node: QueryService;

beforeAll(async () => {
  database = await createDatabase(inject('postgresUrl'));
  redis = await startRedis();
  system = await createSystem({ databaseUrl: database.url, redisUrl: redis.url });
  system.projector.start();
  node = await system.startNode();
});
afterAll(async () => {
  await system[Symbol.asyncDispose]();
  await redis[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

const VALIDATE = '/v1/licenses/validate';

describe('validation over HTTP', () => {
  it('answers a good key with every field, from PostgreSQL and then from memory', async () => {
    const user = await system.readModel.addUser();
    const token = await system.keyOf(user);
    for (let i = 0; i < 3; i += 1) {
      const answer = await ask(node.url, `${VALIDATE}?client_id=${user.clientId}`, { token });
      expect(answer).toMatchObject({
        status: 200,
        body: {
          status: 'valid',
          code: 'VALID',
          premium: true,
          plan_type: 'pro',
          license_id: user.licenseId,
          client_id: user.clientId,
          entitlements: ['core', 'export', 'api'],
          grace: false,
        },
      });
      expect(Object.keys(answer.body)).toHaveLength(11);
      expect(answer.headers.get('Cache-Control')).toBe('no-store');
      expect(answer.headers.has('Age')).toBe(false);
      expect(answer.headers.get('RateLimit-Policy')).toBe('"validations";q=600;w=60');
      expect(answer.headers.get('RateLimit')).toMatch(new RegExp(`^"validations";r=${599 - i};t=\\d+$`));
    }
  });
});
