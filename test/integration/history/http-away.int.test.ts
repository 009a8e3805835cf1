import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { createHistories, type Histories } from './histories.ts';

let it: Histories;
beforeAll(async () => {
  it = await createHistories();
});
afterAll(() => it[Symbol.asyncDispose]());

describe('without the event store', () => {
  test('histories alone answer 503, and come back with it', async () => {
    const resource = `/v1/users/${it.known.ben.userId}/history`;
    const user = await it.query.readModel.addUser();
    const get = (path: string) => ask(it.node.url, path, { token: it.operator });
    expect(await get(resource)).toMatchObject({ status: 200 });
    await it.system.replaceStore(undefined, async () => {
      const away = await get(resource);
      expect(away).toMatchObject({ status: 503, body: { code: 'event_store_unavailable' } });
      expect(away.headers.get('Retry-After')).toBe('1');
      expect(await get(`/v1/users/${user.userId}`)).toMatchObject({ status: 200 });
      expect(await get('/health/ready')).toMatchObject({ status: 200 });
    });
    await eventually('it answers again', async () => (await get(resource)).status === 200);
  });

  test('a node that was not told of it says so', async () => {
    const other = await it.query.startNode();
    const answer = await ask(other.url, `/v1/users/${it.known.ben.userId}/history`, { token: it.operator });
    expect(answer).toMatchObject({ status: 503, body: { code: 'event_store_unavailable' } });
    expect(answer.headers.get('Retry-After')).toBe('1');
    expect(await ask(other.url, '/health/ready')).toMatchObject({ status: 200 });
  });
});
