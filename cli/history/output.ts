import type { Writable } from 'node:stream';
import { ReaderGone } from '../export/options/errors.ts';

/** Characters that are gathered before they are written. */
const CHUNK = 64 * 1024;

/** Lines on their way to a stream. Whoever reads it sets the pace, so that a long history is never held. */
export class LineWriter {
  readonly #stream: Writable;
  #text = '';
  #failure: Error | undefined;

  constructor(stream: Writable) {
    this.#stream = stream;
    // Stays on: without a listener, a reader that goes would end the process.
    stream.on('error', (error: Error) => {
      this.#failure ??= error;
    });
  }

  /** @throws ReaderGone, or what the stream failed with */
  async write(...lines: readonly string[]): Promise<void> {
    for (const line of lines) this.#text += `${line}\n`;
    if (this.#text.length >= CHUNK) await this.flush();
  }

  /** Resolves when everything is out. @throws as {@link write} */
  async flush(): Promise<void> {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && !this.#failure) {
      await new Promise<void>((resolve) => {
        this.#stream.write(text, (error) => {
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
