import { setTimeout as wait } from 'node:timers/promises';
import { EventStoreUnavailable, OutcomeUnknown } from '../../event-log/errors.ts';
import { AppendCall, type Place } from './append-call.ts';
import { type Append, NotTried } from './append-message.ts';
import { openAppends } from './calls.ts';
import type { Connection } from './nodes/connection.ts';

const PAUSE_MS = 100;
/** An append with less time than this is not sent: its outcome would only be unknown. */
const LEAST_MS = 100;

/** Keeps one call open for appends, and opens the next when it is gone. */
export class Appender {
  readonly #connection: Connection;
  #call: AppendCall | undefined;
  #opening: Promise<AppendCall> | undefined;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * What a node did not even try (it is starting, or not the leader any more) is sent again until the deadline. That is
   * safe also where only one of several appends is known not to have been tried: the expected revision and the events'
   * ids are the same, so it has one effect at most.
   * @throws EventStoreUnavailable nothing was written; else as {@link AppendCall.append}
   */
  async append(append: Append, deadlineMs: number): Promise<Place> {
    const deadline = Date.now() + deadlineMs;
    let unsure = false;
    for (;;) {
      try {
        const call = this.#call ?? (await within(deadline - Date.now(), this.#open()));
        return await call.append(append, deadline);
      } catch (error) {
        if (!(error instanceof EventStoreUnavailable)) throw error;
        const again = error instanceof NotTried && Date.now() + PAUSE_MS + LEAST_MS < deadline;
        unsure ||= error instanceof NotTried && !error.sure;
        if (!again) throw unsure ? new OutcomeUnknown({ cause: error }) : error;
      }
      await wait(PAUSE_MS);
    }
  }

  /** Appends that come while the call is being opened wait for the same one. */
  #open(): Promise<AppendCall> {
    this.#opening ??= this.#connection
      .node()
      .then((node) => {
        const call: AppendCall = new AppendCall(openAppends(this.#connection, node), (leader) => {
          if (this.#call === call) this.#call = undefined;
          this.#connection.failed(node, leader);
        });
        this.#call = call;
        return call;
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
