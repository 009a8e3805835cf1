import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startEndpoint, type TestEndpoint } from '../integration/notifier/endpoint.ts';
import { createNotifierSystem, type NotifierSystem } from '../integration/notifier/system.ts';
import { eventually } from '../support/eventually.ts';

/** 10,000 events and 20 kills: NOTIFIER_EVENTS=10000 NOTIFIER_KILLS=20, which takes minutes. */
const EVENTS = Number(process.env.NOTIFIER_EVENTS ?? 120);
const KILLS = Number(process.env.NOTIFIER_KILLS ?? 2);
const OF_A_USER = 10;
const PATIENCE_MS = 60_000 + EVENTS * 100;

let system: NotifierSystem;
beforeAll(async () => {
  system = await createNotifierSystem();
});
afterAll(() => system[Symbol.asyncDispose]());

function spawnNotifier() {
  const child = spawn(process.execPath, [path.join(import.meta.dirname, 'notifier-process.ts')], {
    env: { ...process.env, ...system.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return {
    async kill() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}

async function writeEvents(): Promise<string[]> {
  const users: string[] = [];
  const writeUser = async () => {
    const author = system.authors();
    users.push(author.userId);
    await author.signUp();
    await author.subscribe();
    for (let i = 2; i < OF_A_USER; i++) await author.activate(`client-${i}`);
  };
  const writer = async () => {
    while (users.length < EVENTS / OF_A_USER) await writeUser();
  };
  await Promise.all([writer(), writer(), writer(), writer()]);
  return users;
}

const received = (endpoints: readonly TestEndpoint[]) =>
  endpoints.reduce((sum, endpoint) => sum + endpoint.received.length, 0);

/** Every event, each behind the one before it; what was under way at a kill, or failed, may come again before the next. */
function expectAllInOrder(endpoint: TestEndpoint, users: readonly string[]) {
  const byUser = Map.groupBy(endpoint.received, ({ userId }) => userId);
  expect(byUser.size).toBe(users.length);
  for (const userId of users) {
    const revisions = (byUser.get(userId) ?? []).map(({ revision }) => revision);
    const first = revisions.filter((revision, i) => revision !== revisions[i - 1]);
    expect(first, `${endpoint.url}, user ${userId}`).toEqual(Array.from({ length: OF_A_USER }, (_, i) => i));
  }
  expect(endpoint.unverified).toEqual([]);
}

it(
  `loses nothing and keeps the order: ${EVENTS} events, ${KILLS} kills, endpoints that are down, slow, lying and redirecting`,
  async () => {
    const inside = await startEndpoint();
    const good = await system.endpoint();
    const down = await system.endpoint();
    const slow = await system.endpoint((_one, response) => {
      void delay(20).then(() => response.writeHead(202).end());
      return undefined;
    });
    let lies = 0;
    const lying = await system.endpoint((_one, response) => {
      // Every third answer is none: it breaks off, or is no HTTP at all. The delivery was taken all the same.
      if (lies++ % 3 > 0) return 200;
      if (lies % 2 === 0) response.socket?.destroy();
      else response.socket?.end('HTTP/1.1 two hundred\r\n\r\n');
      return undefined;
    });
    let redirects = 0;
    const redirecting = await system.endpoint((_one, response) => {
      if (redirects++ % 4 > 0) return 204;
      response.writeHead(308, { location: inside.url }).end();
      return undefined;
    });
    const endpoints = [good, down, slow, lying, redirecting];
    await down.close();

    let notifier = spawnNotifier();
    await eventually('it has begun', async () => {
      const { rows } = await system.pool.query('SELECT FROM notifications.checkpoints');
      return rows.length > 0;
    });
    const writing = writeEvents();
    for (let kill = 1; kill <= KILLS; kill++) {
      const enough = (kill * EVENTS * 4) / (KILLS + 1);
      await eventually(`${enough} were received`, () => received(endpoints) >= enough, PATIENCE_MS);
      await notifier.kill();
      notifier = spawnNotifier();
      if (kill === 1) await down.open();
    }
    const users = await writing;
    await eventually(
      'all are delivered',
      async () => {
        const { rows } = await system.pool.query(
          'SELECT status, count(*)::integer AS count FROM notifications.deliveries GROUP BY status',
        );
        return (
          rows.length === 1 && rows[0].status === 'delivered' && rows[0].count === EVENTS * endpoints.length
        );
      },
      PATIENCE_MS,
    );
    await notifier.kill();
    for (const endpoint of endpoints) expectAllInOrder(endpoint, users);
    expect(inside.connections).toBe(0);
    await inside[Symbol.asyncDispose]();
    if (process.env.NOTIFIER_EVENTS) {
      console.log(
        endpoints.map((endpoint) => endpoint.received.length - EVENTS).join(' '),
        'repeats of',
        EVENTS,
      );
    }
  },
  PATIENCE_MS * 2,
);
