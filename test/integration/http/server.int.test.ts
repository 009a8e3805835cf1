import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { Health } from '../../../shared/http/health.ts';
import { startServer } from '../../../shared/http/server/server.ts';
import { createLogger } from '../../../shared/process/logger.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
}

/** A request over a kept connection, without the retries that fetch makes. */
function get(url: string, agent: Agent): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  request(url, { agent }, (response) => {
    response.resume();
    response.on('end', () =>
      resolve({ status: response.statusCode, connection: response.headers.connection }),
    );
  })
    .on('error', reject)
    .end();
  return promise;
}

async function start(times = { drainMs: 200, finishMs: 5_000 }) {
  const health = new Health({ dependencies: {}, logger });
  const arrived = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  const server = await startServer({
    listener: async (incoming, response) => {
      if (incoming.url === '/slow') {
        arrived.resolve();
        await held.promise;
      }
      response.end('done');
    },
    host: '127.0.0.1',
    port: 0,
    health,
    logger,
    ...times,
  });
  return { server, health, arrived: arrived.promise, release: held.resolve };
}

it('stops in order: not ready, connections closed by their answers, the last request finished', async () => {
  const { server, health, arrived, release } = await start();
  const agent = new Agent({ keepAlive: true });
  expect(await get(`${server.url}/`, agent)).toEqual({ status: 200, connection: 'keep-alive' });
  const slow = get(`${server.url}/slow`, new Agent());
  await arrived;
  const idle = connect(server.port, '127.0.0.1');
  await once(idle, 'connect');

  const stopped = server.stop();
  expect(health.report().status).toBe('stopping');
  // While load balancers may still come, requests are taken.
  expect(await get(`${server.url}/`, agent)).toEqual({ status: 200, connection: 'close' });
  // A connection on which nothing was said does not hold up the stop.
  await once(idle, 'close');
  await expect(get(`${server.url}/`, new Agent())).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  release();
  expect((await slow).status).toBe(200);
  await stopped;
  await server.stop();
});

it('closes the kept connection of a request that was under way with its answer, and waits no longer', async () => {
  const { server, arrived, release } = await start({ drainMs: 20, finishMs: 30_000 });
  const agent = new Agent({ keepAlive: true });
  const slow = get(`${server.url}/slow`, agent);
  await arrived;
  const stopped = server.stop();
  await expect
    .poll(() => get(`${server.url}/`, new Agent()).catch((error) => error.code))
    .toBe('ECONNREFUSED');
  release();
  expect(await slow).toEqual({ status: 200, connection: 'close' });
  await stopped;
});

/** Keeps the process from everything else for `ms`, as a burst of work does. */
function work(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

it('answers every request of a connection that was made before it stopped to listen', async () => {
  const connections = 50;
  const server = await startServer({
    listener: (_request, response) => {
      work(2);
      response.end('done');
    },
    host: '127.0.0.1',
    port: 0,
    health: new Health({ dependencies: {}, logger }),
    logger,
    drainMs: 0,
  });
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const connecting = new Worker(new URL('./connecting.ts', import.meta.url), {
    workerData: { port: server.port, connections, sent: sent.buffer },
  });
  const answered = once(connecting, 'message');
  await once(connecting, 'online');
  // This thread accepts nothing meanwhile: all of them wait in the kernel when the stop begins.
  expect(Atomics.wait(sent, 0, 0, 30_000)).not.toBe('timed-out');
  await server.stop();
  expect(await answered).toEqual([connections]);
});

it('cuts off what does not end', async () => {
  const { server, arrived } = await start({ drainMs: 0, finishMs: 100 });
  const cut = expect(get(`${server.url}/slow`, new Agent())).rejects.toMatchObject({ code: 'ECONNRESET' });
  await arrived;
  await server.stop();
  await cut;
});

it('says which port is taken', async () => {
  const { server } = await start();
  const health = new Health({ dependencies: {}, logger });
  const second = startServer({
    listener: () => undefined,
    host: '127.0.0.1',
    port: server.port,
    health,
    logger,
  });
  await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE', port: server.port });
  await server.stop();
});
