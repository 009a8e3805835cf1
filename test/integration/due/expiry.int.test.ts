import { afterAll, beforeAll, expect, it } from 'vitest';
import { startProjector } from '../../../projector/app.ts';
import { readProjectorConfig } from '../../../projector/config.ts';
import { connectEventLog } from '../../../shared/adapters/eventstoredb/client.ts';
import { DAY_MS as DAY } from '../../../shared/calendar.ts';
import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import type { Running } from '../../../shared/process/lifecycle.ts';
import { createLogger } from '../../../shared/process/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { signUp } from '../../support/requests/api.ts';
import { postTo } from '../command-service-http/ask-checked.ts';
import { type CommandNode, startCommandNode } from '../command-service-http/command-node.ts';

let node: CommandNode;
let projector: Running;
let staff: string;
beforeAll(async () => {
  node = await startCommandNode();
  const config = readProjectorConfig({ ...node.settings, PORT: '0' });
  projector = await startProjector({ config, logger: createLogger({ service: 'test', level: 'silent' }) });
  staff = await node.operatorToken();
});
afterAll(async () => {
  await projector.stop();
  await node[Symbol.asyncDispose]();
});

const at = (days: number): string => new Date(Date.now() + days * DAY).toISOString();

/** A new customer of `pro` (7 days of grace), whose subscription runs from and to so many days from now. */
async function subscribed(url: string, from: number, to: number): Promise<{ userId: string; path: string }> {
  const { userId } = await signUp(url);
  const dates = { start_date: at(from), end_date: at(to) };
  const started = await postTo(() => url)('/v1/subscriptions', staff, {
    user_id: userId,
    plan: 'pro',
    ...dates,
  });
  expect(started.status).toBe(201);
  return { userId, path: `/v1/subscriptions/${started.body.subscription_id}` };
}

const projected = (userId: string) =>
  eventually('projected', async () => {
    const text = 'SELECT FROM read_model.subscriptions WHERE user_id = $1';
    return (await node.pool.query(text, [userId])).rows.length > 0;
  });

it('is told of by one node at a time, once, whoever leads next', async () => {
  const log = connectEventLog({ connectionString: String(node.settings.EVENTSTORE_URL) });
  const told = async (userId: string): Promise<RecordedEvent[]> => {
    const events = await Array.fromAsync(log.readStream(`user-${userId}`));
    return events.filter(({ type }) => type === 'SubscriptionEnding' || type === 'SubscriptionLapsed');
  };
  const users = {
    week: (await subscribed(node.url, -20, 5)).userId,
    day: (await subscribed(node.url, -20, 0.5)).userId,
    grace: (await subscribed(node.url, -40, -3)).userId,
    lapsed: (await subscribed(node.url, -40, -9)).userId,
    long: (await subscribed(node.url, -90, -40)).userId,
    far: (await subscribed(node.url, -20, 30)).userId,
  };
  for (const userId of Object.values(users)) await projected(userId);

  // The first node looked before there was anything; the next one leads once it stops, and looks at once.
  const next = await node.another();
  await node.service.stop();
  await eventually('told', async () => (await told(users.lapsed)).length > 0);
  const of = async () =>
    Object.fromEntries(
      await Promise.all(Object.entries(users).map(async ([name, id]) => [name, await told(id)])),
    );
  const first = await eventually('told of all', async () => {
    const all = await of();
    return all.week.length + all.day.length + all.lapsed.length === 3 ? all : undefined;
  });
  expect(first).toMatchObject({
    week: [
      {
        type: 'SubscriptionEnding',
        data: { days: 7 },
        metadata: { actor: { role: 'system', id: 'expiry' } },
      },
    ],
    day: [{ type: 'SubscriptionEnding', data: { days: 1 } }],
    grace: [],
    lapsed: [{ type: 'SubscriptionLapsed', data: { userId: users.lapsed } }],
    long: [],
    far: [],
  });

  const renewed = await subscribed(next.url, -40, -8);
  await projected(renewed.userId);
  const last = await node.another();
  await next.stop();
  await eventually('told of another', async () => (await told(renewed.userId)).length > 0);
  expect(await of()).toEqual(first);
  const metrics = await (await fetch(`${last.url}/metrics`)).text();
  expect(metrics).toMatch(/due_done_total\{[^}]*task="expiry"[^}]*\} 1\n/);
  expect(metrics).toMatch(/due_last_look_timestamp_seconds\{[^}]*task="expiry"/);
  await log.close();
}, 30_000);
