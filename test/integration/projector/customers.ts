import { isDeepStrictEqual } from 'node:util';
import { connectRedis } from '../../../shared/adapters/redis/client.ts';
import { NOTICE_CHANNEL, type Notice, noticeSchema } from '../../../shared/read-model/notices.ts';
import { eventually } from '../../support/eventually.ts';
import { loadPair, readBelieved } from '../../support/views.ts';
import type { Author } from './author.ts';
import { projected, type System, silent } from './system.ts';

/** Everything that is said on the channel from now on. */
export async function listen(system: System) {
  const subscriber = connectRedis({
    url: system.redisServer.url,
    name: 'test',
    logger: silent,
    subscriber: true,
  });
  const notices: Notice[] = [];
  subscriber.on('message', (_channel, text) => {
    notices.push(noticeSchema.parse(JSON.parse(text)));
  });
  await eventually('connected', () => subscriber.status === 'ready');
  await subscriber.subscribe(NOTICE_CHANNEL);
  return { notices, [Symbol.dispose]: () => subscriber.disconnect() };
}

export const inStep = (system: System, user: { readonly userId: string }, licenseId: string) =>
  eventually('Redis holds what PostgreSQL holds', async () => {
    const cached = await readBelieved(system.redis, licenseId, user.userId);
    const { license, user: view } = await loadPair(system.pool, licenseId, user.userId);
    return isDeepStrictEqual([cached.license?.license, cached.user?.user], [license.license, view.user]);
  });

export async function subscriber(system: System) {
  const user = system.author();
  await user.signUp();
  const subscriptionId = await user.subscribe();
  const licenseId = await user.activate('laptop');
  await inStep(system, user, licenseId);
  return { user, subscriptionId, licenseId };
}

/** Suspends, and waits until the read models have it. Answers the position. */
export async function suspend(
  system: System,
  { user, subscriptionId }: { readonly user: Author; readonly subscriptionId: string },
) {
  const { userId } = user;
  const position = await user.append({
    type: 'SubscriptionSuspended',
    data: { userId, subscriptionId, personal: {} },
  });
  await projected(system, position);
  return position;
}
