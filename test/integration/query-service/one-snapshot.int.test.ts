import { expect, it } from 'vitest';
import { findUser, findUsers } from '../../../query-service/queries/users.ts';
import { inTransaction } from '../../../shared/adapters/postgres/pool.ts';
import { useSystem } from './system.ts';

const system = useSystem();

it('a user is read with the subscription of the same moment', async () => {
  const { pool, readModel } = system.it;
  const { userId } = await readModel.addUser();
  let writing = true;
  const writer = (async () => {
    for (let n = 10; writing; n += 1)
      await inTransaction(pool, async (client) => {
        await client.query('UPDATE read_model.users SET revision = $2 WHERE user_id = $1', [userId, n]);
        await client.query('UPDATE read_model.subscriptions SET external_id = $2 WHERE user_id = $1', [
          userId,
          String(n),
        ]);
      });
  })();
  const revisions = new Set<string>();
  while (revisions.size < 300) {
    const [listed] = await findUsers(pool, {}, { after: undefined, limit: 1 });
    for (const found of [await findUser(pool, userId), listed]) {
      if (found?.subscriptions[0]?.external_id?.startsWith('ext-')) continue;
      expect(found?.subscriptions[0]?.external_id).toBe(found?.user.revision);
      revisions.add(String(found?.user.revision));
    }
  }
  writing = false;
  await writer;
});
