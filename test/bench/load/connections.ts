import { concurrently } from '../rounds.ts';
import { type Answered, Connection } from './connection.ts';

const OPENED_AT_ONCE = 200;

/** Open connections to one server. */
export class Connections implements Disposable {
  readonly #url: string;
  readonly #all: Connection[] = [];
  /** What each one is doing: a request waits for the one before it on the same connection. */
  readonly #queues: Promise<unknown>[] = [];
  #next = 0;

  private constructor(url: string) {
    this.#url = url;
  }

  static async open(url: string, count: number): Promise<Connections> {
    const opened = new Connections(url);
    await concurrently(Array.from({ length: count }), OPENED_AT_ONCE, async () => {
      opened.#all.push(await Connection.open(url));
      opened.#queues.push(Promise.resolve());
    });
    return opened;
  }

  /** How many are still open. */
  get open(): number {
    return this.#all.filter(({ closed }) => !closed).length;
  }

  /** Asks on the next connection in turn. @throws Error it was closed */
  ask(request: string): Promise<Answered> {
    const i = this.#next;
    this.#next = (i + 1) % this.#all.length;
    const answer = (this.#queues[i] as Promise<unknown>).then(() => this.#on(i, request));
    this.#queues[i] = answer.catch(() => 'told to who asked');
    return answer;
  }

  /** A server may close a connection that has served its number of requests: that is no error, as long as it is idle. */
  async #on(i: number, request: string): Promise<Answered> {
    if (this.#all[i]?.closed) this.#all[i] = await Connection.open(this.#url);
    return (this.#all[i] as Connection).ask(request);
  }

  [Symbol.dispose](): void {
    for (const connection of this.#all) connection.close();
  }
}
