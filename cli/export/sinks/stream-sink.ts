import type { Writable } from 'node:stream';
import type { Encoder } from '../formats/encoder.ts';
import type { ToRow } from '../formats/row.ts';
import { ReaderGone } from '../options/errors.ts';
import type { Item, Sink } from './sink.ts';

/** An export to standard output. Whoever reads it sets the pace. */
export class StreamSink implements Sink {
  readonly #stream: Writable;
  readonly #encoder: Encoder;
  readonly #toRow: ToRow;
  #failure: Error | undefined;
  readonly #onError = (error: Error) => {
    this.#failure ??= error;
  };

  constructor(stream: Writable, encoder: Encoder, toRow: ToRow) {
    this.#stream = stream;
    this.#encoder = encoder;
    this.#toRow = toRow;
    // Stays on: without a listener, a reader that goes would end the process.
    stream.on('error', this.#onError);
  }

  async take(items: readonly Item[]): Promise<void> {
    for (const { recorded, decoded, personal } of items) {
      this.#encoder.add(this.#toRow(recorded, decoded, personal));
      if (this.#encoder.isFull) await this.#write(this.#encoder.take());
    }
    // A slow trickle is seen at once.
    if (this.#encoder.isDivisible) await this.#write(this.#encoder.take());
  }

  finish(): Promise<void> {
    return this.#write(this.#encoder.finish());
  }

  async interrupt(): Promise<string> {
    return 'interrupted: the output is not complete';
  }

  async close(): Promise<void> {}

  /** Resolves when the bytes are out. @throws ReaderGone, or what the stream failed with */
  async #write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0 && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#stream.write(bytes, (error) => {
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
