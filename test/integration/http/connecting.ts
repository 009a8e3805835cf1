import { request } from 'node:http';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * Asks over a new connection for every request, as a load balancer does that is told to close each one, until the
 * server refuses to be connected to. Its own event loop: connections are made while the server's is busy. Says what
 * came of the requests that were sent: how many were answered, and how many were cut off unanswered.
 */
const { port, loops } = workerData as { readonly port: number; readonly loops: number };
const counts = { answered: 0, cutOff: 0 };

function ask(): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  request({ host: '127.0.0.1', port, method: 'POST', agent: false }, (response) => {
    response.resume();
    response.on('end', () => {
      counts.answered += 1;
      if (counts.answered === loops) parentPort?.postMessage('asking');
      resolve(true);
    });
  })
    .on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNREFUSED') counts.cutOff += 1;
      resolve(false);
    })
    .end();
  return promise;
}

await Promise.all(
  Array.from({ length: loops }, async () => {
    while (await ask());
  }),
);
parentPort?.postMessage(counts);
