import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** Stands between a client and a server, and can do to their connections what networks do. */
export interface TcpProxy {
  readonly port: number;
  /** Bytes that came from the server so far, over all connections. */
  received(): number;
  /** From now on nothing from the server arrives; the connections stay open. */
  holdAnswers(): void;
  /** From now on nothing arrives in either direction; the connections stay open. */
  freeze(): void;
  /** Passes on what was held, and all that comes. */
  thaw(): void;
  /** New connections lead there; those that are open stay where they are, as after a failover behind one name. */
  retarget(port: number): void;
  /** Breaks all connections. New ones are taken again. */
  cut(): void;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
}

export async function startTcpProxy(firstTarget: number, targetHost = '127.0.0.1'): Promise<TcpProxy> {
  let targetPort = firstTarget;
  const pairs = new Set<Pair>();
  let received = 0;
  let held = { requests: false, answers: false };
  const apply = ({ client, server }: Pair) => {
    client[held.requests ? 'pause' : 'resume']();
    server[held.answers ? 'pause' : 'resume']();
  };
  const hold = (requests: boolean, answers: boolean) => {
    held = { requests, answers };
    for (const pair of pairs) apply(pair);
  };
  const listener = createServer((client) => {
    const pair = { client, server: connect(targetPort, targetHost) };
    pairs.add(pair);
    pass(pair.client, pair.server);
    pass(pair.server, pair.client);
    pair.server.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    client.on('close', () => pairs.delete(pair));
    apply(pair);
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const cut = () => {
    for (const { client, server } of pairs) {
      client.resetAndDestroy();
      server.destroy();
    }
  };
  return {
    port: (listener.address() as AddressInfo).port,
    received: () => received,
    holdAnswers: () => hold(false, true),
    freeze: () => hold(true, true),
    thaw: () => hold(false, false),
    retarget: (port) => {
      targetPort = port;
    },
    cut,
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** One direction, with the back-pressure of the other side. The end of one side is the end of both. */
function pass(from: Socket, to: Socket): void {
  from.on('data', (chunk: Buffer) => {
    if (!to.write(chunk)) from.pause();
  });
  to.on('drain', () => from.resume());
  from.on('error', () => to.destroy());
  from.on('close', () => to.destroy());
}
