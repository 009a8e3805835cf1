/**
 * Reads the protocol buffers' wire format. The generated classes need three times as long for an event: they keep every
 * field as a copy, and 64-bit numbers as text.
 */
export class WireReader {
  readonly #bytes: Buffer;
  #offset: number;
  readonly #end: number;

  constructor(bytes: Buffer, offset = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#end = end;
  }

  /** The next field's tag (number and wire type, as in {@link field}); 0 at the end. */
  next(): number {
    return this.#offset < this.#end ? this.varint() : 0;
  }

  /** A number below 2^53. Larger ones lose precision. */
  varint(): number {
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = this.#bytes[this.#offset++] as number;
      if (byte === undefined) throw new RangeError('the message is cut off');
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 0x80;
    }
  }

  /** An unsigned 64-bit number, exact. */
  uint64(): bigint {
    const start = this.#offset;
    const value = this.varint();
    if (value <= Number.MAX_SAFE_INTEGER) return BigInt(value);
    let exact = 0n;
    for (let at = this.#offset - 1; at >= start; at--) {
      exact = (exact << 7n) | BigInt((this.#bytes[at] as number) & 0x7f);
    }
    return exact;
  }

  text(): string {
    const start = this.#skip();
    return this.#bytes.toString('utf8', start, this.#offset);
  }

  /** A nested message. */
  message(): WireReader {
    const start = this.#skip();
    return new WireReader(this.#bytes, start, this.#offset);
  }

  /** Passes over the value of a field that is not wanted. */
  ignore(tag: number): void {
    switch (tag & 7) {
      case 0:
        this.varint();
        break;
      case 1:
        this.#offset += 8;
        break;
      case 2:
        this.#skip();
        break;
      case 5:
        this.#offset += 4;
        break;
      default:
        throw new RangeError(`unknown wire type in tag ${tag}`);
    }
  }

  /** Passes over a length-delimited value, and answers where it began. */
  #skip(): number {
    const length = this.varint();
    const start = this.#offset;
    this.#offset += length;
    if (this.#offset > this.#end) throw new RangeError('the message is cut off');
    return start;
  }
}

/** Tags of fields by wire type. */
export const varintField = (number: number): number => number << 3;
export const lengthField = (number: number): number => (number << 3) | 2;
