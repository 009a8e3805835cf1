import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startRelay } from '../../projector/relay/app.ts';
import { readRelayConfig } from '../../projector/relay/config.ts';
import { startQueryService } from '../../query-service/app.ts';
import { querySettings } from '../../query-service/config.ts';
import { systemClock } from '../../shared/clock.ts';
import { readConfig } from '../../shared/config.ts';
import { partitionOf } from '../../shared/read-model/lanes.ts';
import { createTokens } from '../../shared/tokens/create-tokens.ts';
import { openKeyRings } from '../../shared/tokens/file-key-ring.ts';
import { type Author, newId } from '../integration/projector/author.ts';
import { silent } from '../integration/projector/system.ts';
import { ask } from '../support/api.ts';
import { eventually } from '../support/eventually.ts';
import { createFeedSystem, type FeedSystem, lanesOf, PARTITIONS } from './feed-system.ts';

/** A lane is behind the relay for a second; the rest is what this machine may take. */
const SOON_MS = 5_000;

let system: FeedSystem;
let held: AsyncDisposableStack;
beforeEach(async () => {
  held = new AsyncDisposableStack();
  system = held.use(await createFeedSystem());
});
afterEach(() => held.disposeAsync());

async function startRelaying() {
  const config = readRelayConfig({ ...system.env(), ...system.settings });
  const relay = await startRelay({ config, logger: silent });
  held.defer(() => relay.stop());
}

async function startNode() {
  const directory = mkdtempSync(path.join(tmpdir(), 'license-test-quiet-'));
  held.defer(() => rmSync(directory, { recursive: true, force: true }));
  const file = path.join(directory, 'keyring.json');
  const rings = await openKeyRings({ file, production: false, clock: systemClock, logger: silent });
  held.defer(() => rings.close());
  const config = readConfig(querySettings, { ...system.env(), KEYRING_FILE: file });
  const node = await startQueryService({ config, logger: silent });
  held.defer(() => node.stop());
  return { ...node, tokens: createTokens({ rings, issuer: 'license-system', clock: systemClock }) };
}

/** A user of the first partition: the others have no events at all. */
function customer() {
  for (;;) {
    const id = newId();
    if (partitionOf(id, PARTITIONS) === 0) return system.author(id);
  }
}

/** An event of this user's. Answers its position. */
const loginEnds = (user: Author) =>
  user.append({
    type: 'LoggedOut',
    data: { userId: user.userId, tokenId: newId(), expiresAt: new Date().toISOString() },
  });

const transactions = async () =>
  Number(
    (
      await system.pool.query(
        'SELECT xact_commit AS n FROM pg_stat_database WHERE datname = current_database()',
      )
    ).rows[0].n,
  );
const rowVersions = async () =>
  (await system.pool.query('SELECT name, xmin FROM read_model.checkpoints ORDER BY name')).rows;

test('lanes without events are as far as the relay: what is asked of them is answered', async () => {
  await startRelaying();
  await system.projectKafka();
  const node = await startNode();
  const user = customer();
  await user.signUp();
  await user.subscribe();
  await user.activate('laptop');
  const position = await loginEnds(user);
  const reached = (at: string) => async () => {
    const lanes = await lanesOf(system);
    return lanes.length === PARTITIONS && lanes.every((lane) => lane.position === at);
  };
  await eventually('every lane is there', reached(position), 60_000);

  // Unknown ids: whose they would be nobody can say, so that every lane has to be as far.
  const later = await loginEnds(user);
  const token = (await node.tokens.signAccessToken({ subject: 'olga', role: 'operator' })).token;
  const headers = { 'Min-Event-Position': later };
  for (const resource of ['licenses', 'subscriptions', 'users']) {
    await eventually(
      `${resource}: 404`,
      async () => (await ask(node.url, `/v1/${resource}/${newId()}`, { token, headers })).status === 404,
      SOON_MS,
    );
  }
  const stranger = { sub: newId(), lic: newId(), cid: 'laptop', pos: later, activatedAt: 1_700_000_000_000 };
  const key = await node.tokens.signActivationKey(stranger);
  const answer = await ask(node.url, '/v1/licenses/validate', { token: key });
  expect(answer).toMatchObject({ status: 200, body: { code: 'NOT_FOUND' } });

  // Nothing happens, and nothing is written: not even a checkpoint.
  await eventually('every lane is there', reached(later), SOON_MS);
  const before = await rowVersions();
  const looks = await transactions();
  await eventually('some seconds have gone by', async () => (await transactions()) > looks + 10);
  expect(await rowVersions()).toEqual(before);
});

test('a database that no relay has ever worked with: nothing is known, and the lanes go by their records', async () => {
  await system.pool.query('DROP SCHEMA relay CASCADE');
  const projector = await system.projectKafka();
  const user = customer();
  const position = await user.signUp();
  await system.relay();
  await eventually(
    'the lane of the user is there',
    async () => (await lanesOf(system)).find(({ name }) => name === 'kafka-0')?.position === position,
    60_000,
  );
  expect((await lanesOf(system)).map((lane) => lane.position)).toEqual([position, '0/0', '0/0', '0/0']);
  expect(projector.lines.filter(({ err }) => err)).toEqual([]);
});
