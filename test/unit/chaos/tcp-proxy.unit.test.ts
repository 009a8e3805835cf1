import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { startTcpProxy, type TcpProxy } from '../../support/servers/tcp-proxy.ts';

let server: Server;
const atServer = new Set<Socket>();
let proxy: TcpProxy;
const clients: Socket[] = [];

beforeEach(async () => {
  server = createServer((socket) => {
    atServer.add(socket);
    socket
      .on('close', () => atServer.delete(socket))
      .on('error', () => 'a reset is what some of these ask for');
    socket.pipe(socket);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  proxy = await startTcpProxy((server.address() as AddressInfo).port);
});
afterEach(async () => {
  // With connections open in every state.
  await proxy[Symbol.asyncDispose]();
  for (const client of clients.splice(0)) client.destroy();
  await new Promise((closed) => server.close(closed));
});

/** A client whose words come back. */
function dial() {
  const socket = connect(proxy.port, '127.0.0.1');
  clients.push(socket);
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  socket.on('error', () => 'a reset is what some of these ask for');
  return { socket, heard: () => text };
}

/** However it ended. */
const closed = (socket: Socket) => new Promise((end) => socket.once('close', end));

async function connected() {
  const client = dial();
  client.socket.write('hello ');
  await eventually('it is answered', () => client.heard() === 'hello ');
  return client;
}

it('slow: everything comes later, in its order, also once it is fast again', async () => {
  const { socket, heard } = await connected();
  proxy.slow(100);
  const began = performance.now();
  socket.write('one ');
  await eventually('the first', () => heard().includes('one'));
  expect(performance.now() - began).toBeGreaterThan(195);
  await new Promise((written) => socket.write('two ', written));
  proxy.thaw();
  socket.write('three');
  await eventually('all of it', () => heard().endsWith('three'));
  expect(heard()).toBe('hello one two three');
});

it('half open: nothing arrives any more, no end either, and new connections work', async () => {
  const [first, second] = [await connected(), await connected()];
  const stranded = proxy.strand();
  first.socket.write('anybody?');
  second.socket.destroy();
  await closed(second.socket);
  await connected();
  await eventually('one client waits', () => stranded.waiting() === 1);
  expect(first.heard()).toBe('hello ');
  expect(atServer.size).toBe(3);
  stranded.end();
  await closed(first.socket);
  await eventually('the server hears of both', () => atServer.size === 1);
});

it('refuse: connections are reset until it is over', async () => {
  const { socket } = await connected();
  proxy.refuse();
  await closed(socket);
  await closed(dial().socket);
  proxy.thaw();
  await connected();
});

it('hold: what was sent meanwhile arrives later', async () => {
  const { socket, heard } = await connected();
  proxy.freeze();
  socket.write('held');
  const late = dial();
  await once(late.socket, 'connect');
  expect(heard()).toBe('hello ');
  proxy.thaw();
  await eventually('it arrives', () => heard() === 'hello held');
});
