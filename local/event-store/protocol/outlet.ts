import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';

/** The responses of a read are written as bytes: an event is encoded once, not once a reader. */
export type ReadCall = ServerWritableStream<ReadReq, Buffer>;

/** Sends to one client no faster than it takes, and knows when it has gone. */
export class Outlet {
  readonly #call: ReadCall;
  readonly #gone = new AbortController();
  #drained: (() => void) | undefined;

  constructor(call: ReadCall) {
    this.#call = call;
    const release = () => {
      this.#drained?.();
      this.#drained = undefined;
    };
    call.on('drain', release);
    for (const ending of ['cancelled', 'close', 'error']) {
      call.on(ending, () => {
        this.#gone.abort();
        release();
      });
    }
  }

  /** Aborts when the client has cancelled, or its connection is lost. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** False if the client takes no more for now: wait for {@link drained}. */
  write(message: Uint8Array): boolean {
    return this.#gone.signal.aborted || this.#call.write(message as Buffer);
  }

  send(message: ReadResp): boolean {
    return this.write(Buffer.from(message.serializeBinary()));
  }

  /** Resolves when the client takes more, or has gone. */
  drained(): Promise<void> {
    if (this.#gone.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      this.#drained = resolve;
    });
  }
}
