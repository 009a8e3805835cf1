import type { EventStoreDBClient } from '@eventstore/db-client';
import { EventStoreUnavailable } from '../../event-log-errors.ts';
import { AppendLane, type Place } from './append-lane.ts';
import type { Append } from './append-message.ts';
import { openBatchStream } from './connection.ts';

/** Keeps one call open for appends, and opens the next when it is gone. */
export class Appender {
  readonly #client: EventStoreDBClient;
  #lane: AppendLane | undefined;
  #opening: Promise<AppendLane> | undefined;

  constructor(client: EventStoreDBClient) {
    this.#client = client;
  }

  /** @throws EventStoreUnavailable nothing was sent; else as {@link AppendLane.append} */
  async append(append: Append, deadlineMs: number): Promise<Place> {
    const deadline = Date.now() + deadlineMs;
    const lane = this.#lane ?? (await within(deadlineMs, this.#open()));
    return lane.append(append, deadline);
  }

  /** Appends that come while the call is being opened wait for the same one. */
  #open(): Promise<AppendLane> {
    this.#opening ??= openBatchStream(this.#client)
      .then((call) => {
        const lane = new AppendLane(call, () => {
          if (this.#lane === lane) this.#lane = undefined;
        });
        this.#lane = lane;
        return lane;
      })
      .finally(() => {
        this.#opening = undefined;
      });
    return this.#opening;
  }
}

/** @throws EventStoreUnavailable it failed, or took too long */
function within<T>(ms: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(new EventStoreUnavailable({ cause: new Error('no connection before the deadline') }));
    }, ms);
    work
      .then(resolve, (cause: Error) => reject(new EventStoreUnavailable({ cause })))
      .finally(() => clearTimeout(timer));
  });
}
