import fc from 'fast-check';
import { parquetMetadata, parquetReadObjects } from 'hyparquet';
import { describe, expect, it } from 'vitest';
import { csvField, csvLine } from '../../../../cli/replay/formats/csv.ts';
import type { Encoder } from '../../../../cli/replay/formats/encoder.ts';
import { parquetEncoder } from '../../../../cli/replay/formats/parquet.ts';
import { ndjsonEncoder } from '../../../../cli/replay/formats/text.ts';
import { readCsv } from '../../../integration/replay/csv-reader.ts';
import { ZSTD } from '../../../integration/replay/parquet-reader.ts';
import { row } from './rows.ts';

const ROW_GROUP = 20_000;
const ROWS = 2 * ROW_GROUP + 7;

/** Encodes the rows, as a sink does. */
function encode(encoder: Encoder): Buffer {
  const chunks: Uint8Array[] = [];
  for (let n = 0; n < ROWS; n++) {
    encoder.add(row(n));
    if (encoder.isFull) chunks.push(encoder.take());
  }
  return Buffer.concat([...chunks, encoder.finish()]);
}

describe('Parquet', () => {
  it('has a row for each event, in row groups, in typed columns', async () => {
    const file = encode(parquetEncoder());
    const { buffer } = Uint8Array.from(file);
    const metadata = parquetMetadata(buffer);
    expect(metadata.row_groups.map(({ num_rows }) => Number(num_rows))).toEqual([ROW_GROUP, ROW_GROUP, 7]);
    const [last] = await parquetReadObjects({ file: buffer, compressors: ZSTD, rowStart: ROWS - 1 });
    expect(last).toMatchObject({
      position: `${ROWS - 1}/${ROWS - 1}`,
      commit_position: BigInt(ROWS - 1),
      revision: BigInt(ROWS - 1),
      time: new Date(1_700_000_000_000 + ROWS - 1),
      data: { n: ROWS - 1 },
    });
  });

  it('of no events is a table of no rows', async () => {
    const file = Uint8Array.from(parquetEncoder().finish()).buffer;
    expect(parquetMetadata(file).schema.length).toBe(18);
    expect(await parquetReadObjects({ file, compressors: ZSTD })).toEqual([]);
  });
});

const text = () =>
  fc.string({ unit: fc.constantFrom('a', ',', '"', '\r', '\n', ' ', ';', '=', 'ä', '🦊', '\0') });

describe('CSV', () => {
  it('is read back as it was, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.array(fc.array(text(), { minLength: 1, maxLength: 5 })), (records) => {
        const csv = records.map((fields) => `${fields.map(csvField).join(',')}\r\n`).join('');
        expect(readCsv(csv)).toEqual(records);
      }),
    );
  });

  it('holds a row’s payload as JSON, whatever stands in it', () => {
    fc.assert(
      fc.property(fc.dictionary(text(), text()), text(), (data, stream) => {
        const [record] = readCsv(csvLine(row(1, { data, stream }))) as [string[]];
        expect(record[2]).toBe(stream);
        expect(JSON.parse(record.at(-1) ?? '')).toEqual({ ...data });
      }),
    );
  });

  it('quotes what needs it, and no more', () => {
    expect(['plain', 'a,b', 'say "x"', 'two\nlines', ''].map(csvField)).toEqual([
      'plain',
      '"a,b"',
      '"say ""x"""',
      '"two\nlines"',
      '""',
    ]);
  });
});

describe('NDJSON', () => {
  it('is one line for each event, whatever stands in it', () => {
    const encoder = ndjsonEncoder();
    encoder.add(row(1, { data: { text: 'two\nlines\u2028and\r\nmore' } }));
    encoder.add(row(2));
    const lines = Buffer.from(encoder.finish()).toString().split('\n');
    expect(lines).toHaveLength(3);
    expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual([
      row(1, { data: { text: 'two\nlines\u2028and\r\nmore' } }),
      row(2),
    ]);
  });
});
