import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import type { EncodedEvent } from '../../log/tail.ts';
import { cancelled } from '../rpc-error.ts';

/** The responses of a read are written as bytes: an event is encoded once, not once a reader. */
export type ReadCall = ServerWritableStream<ReadReq, Buffer>;

/** Sends to one client no faster than it takes, and ends when the client has gone or the server closes. */
export class Outlet {
  /** Aborts with the error that the call ends with. */
  readonly signal: AbortSignal;
  readonly #call: ReadCall;
  #release: (() => void) | undefined;

  constructor(call: ReadCall, closing: AbortSignal) {
    this.#call = call;
    const gone = new AbortController();
    this.signal = AbortSignal.any([gone.signal, closing]);
    for (const ending of ['cancelled', 'close', 'error']) call.on(ending, () => gone.abort(cancelled()));
    const release = () => this.#release?.();
    call.on('drain', release);
    this.signal.addEventListener('abort', release, { once: true });
  }

  /** False if the client takes no more for now: wait for {@link drained}. */
  write(message: Uint8Array): boolean {
    return this.#call.write(message as Buffer);
  }

  /** As {@link write}. @throws the signal's reason */
  send(message: ReadResp): boolean {
    this.signal.throwIfAborted();
    return this.write(Buffer.from(message.serializeBinary()));
  }

  /** @throws the signal's reason: a read that is cut off must not look like one that came to its end */
  async sendAll(events: readonly EncodedEvent[]): Promise<void> {
    this.signal.throwIfAborted();
    for (const { message } of events) if (!this.write(message)) await this.drained();
  }

  /** Resolves when the client takes more. @throws the signal's reason */
  async drained(): Promise<void> {
    this.signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    this.signal.throwIfAborted();
  }
}
