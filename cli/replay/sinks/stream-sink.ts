import type { Writable } from 'node:stream';
import { StreamWriter } from '../../output/stream-writer.ts';
import type { Encoder } from '../formats/encoder.ts';
import type { ToRow } from '../formats/row.ts';
import type { Item, Sink } from './sink.ts';

/** An export to standard output. Whoever reads it sets the pace. */
export class StreamSink implements Sink {
  readonly #writer: StreamWriter;
  readonly #encoder: Encoder;
  readonly #toRow: ToRow;

  constructor(stream: Writable, encoder: Encoder, toRow: ToRow) {
    this.#writer = new StreamWriter(stream);
    this.#encoder = encoder;
    this.#toRow = toRow;
  }

  async take(items: readonly Item[]): Promise<void> {
    for (const { recorded, decoded, personal } of items) {
      this.#encoder.add(this.#toRow(recorded, decoded, personal));
      if (this.#encoder.isFull) await this.#writer.write(this.#encoder.take());
    }
    // A slow trickle is seen at once.
    if (this.#encoder.isDivisible) await this.#writer.write(this.#encoder.take());
  }

  finish(): Promise<void> {
    return this.#writer.write(this.#encoder.finish());
  }

  async interrupt(): Promise<string> {
    return 'interrupted: the output is not complete';
  }

  async close(): Promise<void> {}
}
