import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startQueryService } from '../../query-service/app.ts';
import { querySettings } from '../../query-service/config.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config.ts';
import { createTokens } from '../../shared/tokens/create-tokens.ts';
import { openKeyRing } from '../../shared/tokens/file-key-ring.ts';
import { silent } from '../integration/projector/system.ts';
import { ask } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { caughtUp, createFeedSystem, type FeedSystem } from './feed-system.ts';

let system: FeedSystem;
let held: AsyncDisposableStack;
beforeEach(async () => {
  held = new AsyncDisposableStack();
  system = await createFeedSystem();
});
afterEach(async () => {
  await held.disposeAsync();
  await system[Symbol.asyncDispose]();
});

async function startNode() {
  const directory = await mkdtemp(path.join(tmpdir(), 'license-test-lanes-'));
  held.defer(() => rm(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'keyring.json');
  const config = readConfig(querySettings, { ...system.env(), KEYRING_FILE: file });
  const node = await startQueryService({ config, logger: silent });
  held.defer(() => node.stop());
  const ring = await openKeyRing({ file, production: false, clock: systemClock, logger: silent });
  held.defer(async () => ring.close());
  const tokens = createTokens({ ring, issuer: 'license-system', clock: systemClock });
  return { url: node.url, tokens };
}

test('a query node trusts what it hears from the lanes, and goes on by itself when the feed is changed', async () => {
  const user = system.author();
  const { userId } = user;
  await user.signUp();
  const subscriptionId = await user.subscribe();
  const licenseId = await user.activate('laptop');
  const activated = (await Array.fromAsync(system.log.readAll())).at(-1);
  await system.relay();
  const kafka = await system.projectKafka();
  await caughtUp(system);
  const { url, tokens } = await startNode();
  const token = await tokens.signActivationKey({
    sub: userId,
    lic: licenseId,
    cid: 'laptop',
    pos: `${activated?.position.commit}/${activated?.position.prepare}`,
    iat: Math.floor(Date.now() / 1_000),
  });

  const code = async () => (await ask(url, '/v1/licenses/validate', { token })).body.code;
  const metric = async (name: string) => {
    const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
    return lines.filter((line) => line.startsWith(name)).map((line) => Number(line.split(' ').at(-1)))[0];
  };
  const trusted = () =>
    eventually(
      'memory and Redis are trusted',
      async () =>
        (await metric('validation_notices_missing')) === 0 &&
        (await metric('validation_redis_trusted')) === 1,
      30_000,
    );
  const changes = async (type: 'SubscriptionSuspended' | 'SubscriptionReinstated', seen: string) => {
    await user.append({ type, data: { userId, subscriptionId, personal: {} } });
    await system.relay();
    await eventually(`it is ${seen}`, async () => (await code()) === seen, 10_000);
  };

  await trusted();
  expect(await code()).toBe('VALID');
  await changes('SubscriptionSuspended', 'SUSPENDED');
  await kafka.stop();
  await system.project();
  await trusted();
  await changes('SubscriptionReinstated', 'VALID');
  await trusted();
});
