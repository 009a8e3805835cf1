import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A connection on which nothing was said for longer than this is no request on its way. */
const SILENCE_MS = 100;

/**
 * What arrives at a server, so that it can stop to listen at a moment when nothing does. Whoever has connected has
 * sent a request by then, as far as it knows; the kernel resets the connections that were not accepted yet, and a
 * load balancer must not repeat a POST that was cut off. Of ten restarts of one of two nodes under load, five lost
 * between 1 and 16 requests that way.
 */
export class Arrivals {
  #count = 0;
  /** Connections without a request so far → since when. */
  readonly #silent = new Map<Socket, number>();

  constructor(server: Server) {
    server.on('connection', (socket) => {
      this.#count += 1;
      this.#silent.set(socket, performance.now());
      socket.once('close', () => this.#silent.delete(socket));
    });
    server.on('request', (request: IncomingMessage) => {
      this.#count += 1;
      this.#silent.delete(request.socket);
    });
  }

  /** Resolves after a turn of the event loop that brought nothing, or after `maxMs`. */
  async pause(maxMs: number): Promise<void> {
    const until = performance.now() + maxMs;
    for (let before = -1; before !== this.#count || this.#expected(); ) {
      if (performance.now() > until) return;
      before = this.#count;
      // Not a timer: between the look for connections and the end of the wait nothing else may run.
      await nextTurn();
    }
  }

  #expected(): boolean {
    const since = performance.now() - SILENCE_MS;
    return [...this.#silent.values()].some((connectedAt) => connectedAt > since);
  }
}
