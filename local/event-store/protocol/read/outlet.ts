import type { ReadReq, ReadResp } from '@eventstore/db-client/generated/streams_pb.js';
import type { ServerWritableStream } from '@grpc/grpc-js';
import { cancelled } from '../rpc-error.ts';

/** The responses of a read are written as bytes, many at once: an event is encoded once, not once a reader. */
export type ReadCall = ServerWritableStream<ReadReq, readonly Buffer[]>;

/** About this much goes out in one write. */
const WRITE_BYTES = 64 * 1024;
/** Before each message: whether it is compressed, and its length. */
const HEAD_BYTES = 5;

/**
 * What `@grpc/grpc-js` is given as one serialized message, so that it writes several. It sends a message, waits until the
 * connection has taken it, and only then sends the next: a write to the socket for each event, which is most of what a
 * read costs. It makes a buffer of `byteLength` and the head's 5 bytes, fills in the head, and has the message copied
 * behind it; this message copies the whole run of messages over it, each with its own head. (The version is pinned, and
 * all that reads is tested over it.)
 */
export function serializeRun(messages: readonly Buffer[]): Buffer {
  const [only] = messages;
  if (only && messages.length === 1) return only;
  const length = messages.reduce((sum, message) => sum + HEAD_BYTES + message.length, 0);
  const run = {
    byteLength: length - HEAD_BYTES,
    copy: (target: Buffer) => {
      let offset = 0;
      for (const message of messages) {
        target.writeUInt8(0, offset);
        target.writeUInt32BE(message.length, offset + 1);
        target.set(message, offset + HEAD_BYTES);
        offset += HEAD_BYTES + message.length;
      }
      return offset;
    },
  };
  return run as unknown as Buffer;
}

export const serialized = (message: ReadResp): Buffer => Buffer.from(message.serializeBinary());

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

  /** @throws the signal's reason */
  send(message: ReadResp): void {
    this.signal.throwIfAborted();
    this.#call.write([serialized(message)]);
  }

  /** @throws the signal's reason: a read that is cut off must not look like one that came to its end */
  async sendAll(events: readonly { readonly message: Buffer }[]): Promise<void> {
    this.signal.throwIfAborted();
    let run: Buffer[] = [];
    let bytes = 0;
    for (const [n, { message }] of events.entries()) {
      run.push(message);
      bytes += message.length;
      if (bytes < WRITE_BYTES && n < events.length - 1) continue;
      if (!this.#call.write(run)) await this.#drained();
      run = [];
      bytes = 0;
    }
  }

  /** Resolves when the client takes more. @throws the signal's reason */
  async #drained(): Promise<void> {
    this.signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      this.#release = resolve;
    });
    this.signal.throwIfAborted();
  }
}
