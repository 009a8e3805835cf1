import { createReadStream } from 'node:fs';

/** One customer with a thousand of everything has less. */
const MAX_LINE_BYTES = 4 * 2 ** 20;

export interface Line {
  /** From 1. */
  readonly number: number;
  /** Undefined if it is longer than a line may be. */
  readonly text: string | undefined;
  /** Bytes of the file up to the end of this line. */
  readonly end: number;
}

const NEWLINE = 0x0a;

/** The lines of a file that are not empty, with no more of it in memory than the longest line. */
export async function* readLines(file: string): AsyncGenerator<Line> {
  let parts: Buffer[] = [];
  let length = 0;
  let number = 0;
  let end = 0;
  const line = (): Line | undefined => {
    number += 1;
    const tooLong = length > MAX_LINE_BYTES;
    const text = tooLong ? undefined : Buffer.concat(parts).toString('utf8').trim();
    parts = [];
    length = 0;
    return text === '' ? undefined : { number, text, end };
  };
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      parts.push(chunk.subarray(from, at));
      length += at - from;
      end += at - from + 1;
      from = at + 1;
      const whole = line();
      if (whole) yield whole;
    }
    const rest = chunk.subarray(from);
    length += rest.length;
    end += rest.length;
    // What is thrown away is not kept either.
    if (length <= MAX_LINE_BYTES) parts.push(rest);
    else parts = [];
  }
  const last = length > 0 ? line() : undefined;
  if (last) yield last;
}
