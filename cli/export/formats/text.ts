import { csvHeader, csvLine } from './csv.ts';
import type { Encoder, EncoderPast } from './encoder.ts';
import type { Row } from './row.ts';

/** Characters that are gathered before they are written: fewer writes, and still little memory. */
const CHUNK = 256 * 1024;

/** A format of one text a row, UTF-8. `header` stands at the file's start. */
function textEncoder(header: string, line: (row: Row) => string, past?: EncoderPast): Encoder {
  let text = past && past.bytes > 0 ? '' : header;
  let pending = 0;
  const take = () => {
    const bytes = Buffer.from(text);
    text = '';
    pending = 0;
    return bytes;
  };
  return {
    isDivisible: true,
    add(row) {
      text += line(row);
      pending += 1;
    },
    get isFull() {
      return text.length >= CHUNK;
    },
    get pending() {
      return pending;
    },
    take,
    state: () => undefined,
    finish: take,
  };
}

/** Newline-delimited JSON: one object a line, ended by LF. (JSON escapes line breaks inside of texts.) */
export const ndjsonEncoder = (past?: EncoderPast): Encoder =>
  textEncoder('', (row) => `${JSON.stringify(row)}\n`, past);

/** CSV as RFC 4180 has it, with a header line. */
export const csvEncoder = (past?: EncoderPast): Encoder => textEncoder(csvHeader(), csvLine, past);
