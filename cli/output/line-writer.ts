import type { Writable } from 'node:stream';
import { StreamWriter } from './stream-writer.ts';

/** Characters that are gathered before they are written. */
const CHUNK = 64 * 1024;

/** Lines on their way to a stream, so that a long history is never held. */
export class LineWriter {
  readonly #writer: StreamWriter;
  #text = '';

  constructor(stream: Writable) {
    this.#writer = new StreamWriter(stream);
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
    await this.#writer.write(text);
  }
}
