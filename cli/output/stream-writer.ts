import type { Writable } from 'node:stream';

/** Whoever read the output has gone (`| head`): nobody needs the rest, and it is no failure. */
export class ReaderGone extends Error {
  readonly code = 'reader_gone';
  constructor(options?: ErrorOptions) {
    super('the reader of the output has gone', options);
    this.name = 'ReaderGone';
  }
}

/** Writes to a stream at the pace of whoever reads it. */
export class StreamWriter {
  readonly #stream: Writable;
  #failure: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Stays on: without a listener, a reader that goes would end the process.
    stream.on('error', (error: Error) => {
      this.#failure ??= error;
    });
  }

  /** Resolves when the text or the bytes are out. @throws ReaderGone, or what the stream failed with */
  async write(chunk: string | Uint8Array): Promise<void> {
    if (chunk.length > 0 && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#stream.write(chunk, (error) => {
          if (error) this.#failure ??= error;
          resolve();
        });
      });
    }
    if (!this.#failure) return;
    const isGone = 'code' in this.#failure && this.#failure.code === 'EPIPE';
    throw isGone ? new ReaderGone({ cause: this.#failure }) : this.#failure;
  }
}
