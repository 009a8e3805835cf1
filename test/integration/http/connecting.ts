import { once } from 'node:events';
import { connect } from 'node:net';
import { parentPort, workerData } from 'node:worker_threads';

/**
 * A thread of its own, so that connections are made while the server's thread is busy: the kernel completes them, and
 * they wait to be accepted. Says `sent` when every one is made and carries a request, then how many were answered.
 */
const { port, connections } = workerData as { readonly port: number; readonly connections: number };

const sockets = await Promise.all(
  Array.from({ length: connections }, async () => {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n');
    return socket;
  }),
);
const answers = sockets.map(async (socket) => {
  let answer = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    answer += text;
  });
  // A reset is an error, and then no answer.
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return answer;
});
Atomics.store(new Int32Array(workerData.sent as SharedArrayBuffer), 0, 1);
Atomics.notify(new Int32Array(workerData.sent as SharedArrayBuffer), 0);
const answered = (await Promise.all(answers)).filter((answer) => answer.startsWith('HTTP/1.1 200'));
parentPort?.postMessage(answered.length);
