import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openEventLog } from '../../../query-service/event-log.ts';
import { Histories } from '../../../query-service/queries/history.ts';
import { eventually } from '../../support/eventually.ts';
import { ask } from '../../support/requests/api.ts';
import { silent } from '../projector/system.ts';
import { createHistories, type Histories as Surroundings } from './histories.ts';

let it: Surroundings;
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

  test.each([
    ['a node', 'esdb://'],
    ['a cluster', 'esdb+discover://'],
  ])('%s that takes connections and says nothing is not waited for', async (_name, scheme) => {
    await using silence = await listenInSilence();
    const log = await openEventLog(`${scheme}127.0.0.1:${silence.port}?tls=false`);
    const histories = new Histories({ log, db: it.query.pool, logger: silent, deadlineMs: 300 });
    const page = { after: undefined, limit: 10 };
    const signal = new AbortController().signal;
    const from = performance.now();
    const reading = histories.read({ userId: it.known.ben.userId, asOf: Date.now(), page, signal });
    await expect(reading).rejects.toMatchObject({ code: 'event_store_unavailable' });
    await log.close();
    expect(performance.now() - from).toBeLessThan(4_000);
  });
});

/** A server that takes every connection and never answers. */
async function listenInSilence() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
