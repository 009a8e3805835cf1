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
  /** Passes on what was held, and all that comes, at once; new connections are taken. */
  thaw(): void;
  /** From now on everything arrives so much later, in each direction and in its order. */
  slow(ms: number): void;
  /** New connections lead there; those that are open stay where they are, as after a failover behind one name. */
  retarget(port: number): void;
  /** Breaks all connections. New ones are taken again. */
  cut(): void;
  /** Breaks all connections, and each new one, until `thaw`. */
  refuse(): void;
  /**
   * The connections that are open are half open for good, as after a firewall has forgotten them: nothing that either
   * side sends arrives any more, nor that it has hung up. New connections work.
   */
  strand(): Stranded;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Connections that lead nowhere. */
export interface Stranded {
  /** How many of them their clients have not given up. */
  waiting(): number;
  /** Both sides learn of it, as from keep-alives in the end. */
  end(): void;
}

export interface TcpProxyOptions {
  /** Where it listens; a free port if left out. */
  readonly port?: number;
  readonly targetHost?: string;
}

/** @throws Error the port is taken */
export async function startTcpProxy(
  firstTarget: number,
  { port = 0, targetHost = '127.0.0.1' }: TcpProxyOptions = {},
): Promise<TcpProxy> {
  let targetPort = firstTarget;
  const connections = new Set<Connection>();
  const received = { bytes: 0 };
  let network: Network = FAST;
  const become = (change: Partial<Network>) => {
    network = { ...network, ...change };
    for (const connection of connections) connection.apply(network);
  };
  const listener = createServer((client) => {
    if (network.refuses) return void client.resetAndDestroy();
    const connection = new Connection(client, connect(targetPort, targetHost), network, received);
    connections.add(connection);
    connection.ended.then(() => connections.delete(connection));
  });
  listener.listen(port, '127.0.0.1');
  await once(listener, 'listening');
  const cut = () => {
    for (const connection of connections) connection.cut();
  };
  return {
    port: (listener.address() as AddressInfo).port,
    received: () => received.bytes,
    holdAnswers: () => become({ holdsAnswers: true }),
    freeze: () => become({ holdsRequests: true, holdsAnswers: true }),
    thaw: () => become(FAST),
    slow: (delayMs) => become({ delayMs }),
    retarget: (target) => {
      targetPort = target;
    },
    cut,
    refuse: () => {
      become({ refuses: true });
      cut();
    },
    strand: () => {
      const stranded = [...connections];
      for (const connection of stranded) connection.strand();
      return {
        waiting: () => stranded.filter(({ isHeld }) => isHeld).length,
        end: () => {
          for (const connection of stranded) connection.cut();
        },
      };
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** What the network does now. */
interface Network {
  readonly holdsRequests: boolean;
  readonly holdsAnswers: boolean;
  readonly delayMs: number;
  readonly refuses: boolean;
}

const FAST: Network = { holdsRequests: false, holdsAnswers: false, delayMs: 0, refuses: false };

class Connection {
  /** Resolves when neither side can hear of the other any more. */
  readonly ended: Promise<unknown>;
  readonly #client: Socket;
  readonly #server: Socket;
  readonly #requests: Direction;
  readonly #answers: Direction;

  constructor(client: Socket, server: Socket, network: Network, received: { bytes: number }) {
    this.#client = client;
    this.#server = server;
    this.#requests = new Direction(client, server);
    this.#answers = new Direction(server, client);
    server.on('data', (chunk: Buffer) => {
      received.bytes += chunk.length;
    });
    // A reset ends a connection as well as any other end; `close` follows it.
    for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    this.ended = Promise.all(
      [client, server].map((socket) => new Promise((end) => socket.once('close', end))),
    );
    this.apply(network);
  }

  apply({ holdsRequests, holdsAnswers, delayMs }: Network): void {
    this.#requests.apply(holdsRequests, delayMs);
    this.#answers.apply(holdsAnswers, delayMs);
  }

  /** The client has not hung up. */
  get isHeld(): boolean {
    return !this.#client.closed;
  }

  strand(): void {
    this.#requests.lose();
    this.#answers.lose();
  }

  cut(): void {
    this.#client.resetAndDestroy();
    this.#server.resetAndDestroy();
  }
}

/** One direction of a connection, with the back-pressure of the other side. The end of one side is the end of both. */
class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  #holds = false;
  #delayMs = 0;
  #loses = false;
  /** What is under way, in its order: a delay that becomes shorter lets nothing overtake. */
  readonly #underWay: { readonly at: number; readonly arrive: () => void }[] = [];

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk: Buffer) => {
      if (!this.#loses) this.#later(() => this.#write(chunk));
    });
    to.on('drain', () => this.#flow());
    from.on('close', () => {
      if (!this.#loses) this.#later(() => to.destroy());
    });
  }

  apply(holds: boolean, delayMs: number): void {
    this.#holds = holds;
    this.#delayMs = delayMs;
    this.#flow();
  }

  lose(): void {
    this.#loses = true;
    this.#flow();
  }

  #flow(): void {
    this.#from[this.#holds && !this.#loses ? 'pause' : 'resume']();
  }

  #write(chunk: Buffer): void {
    if (this.#loses || this.#to.destroyed) return;
    if (!this.#to.write(chunk)) this.#from.pause();
  }

  #later(arrive: () => void): void {
    if (this.#delayMs === 0 && this.#underWay.length === 0) {
      arrive();
      return;
    }
    this.#underWay.push({ at: performance.now() + this.#delayMs, arrive });
    if (this.#underWay.length === 1) this.#wait();
  }

  #wait(): void {
    const [first] = this.#underWay;
    if (!first) return;
    const pass = () => {
      this.#underWay.shift();
      first.arrive();
      this.#wait();
    };
    setTimeout(pass, Math.max(0, first.at - performance.now()));
  }
}
