import { csvHeader, csvLine } from './csv.ts';
import type { Encoder } from './encoder.ts';
import type { Row } from './row.ts';

/** Characters that are gathered before they are written: fewer writes, and still little memory. */
const CHUNK = 256 * 1024;

/** A format of one text a row, UTF-8. `header` stands at the file's start. */
function textEncoder(header: string, line: (row: Row) => string): Encoder {
  let text = header;
  const take = () => {
    const bytes = Buffer.from(text);
    text = '';
    return bytes;
  };
  return {
    isDivisible: true,
    add(row) {
      text += line(row);
    },
    get isFull() {
      return text.length >= CHUNK;
    },
    take,
    finish: take,
  };
}

/** Newline-delimited JSON: one object a line, ended by LF. (JSON escapes line breaks inside of texts.) */
export const ndjsonEncoder = (): Encoder => textEncoder('', (row) => `${JSON.stringify(row)}\n`);

/** CSV as RFC 4180 has it, with a header line. */
export const csvEncoder = (): Encoder => textEncoder(csvHeader(), csvLine);
