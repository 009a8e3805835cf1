import { constants, zstdCompressSync } from 'node:zlib';
import type { SchemaElement } from 'hyparquet';
import { ByteWriter, ParquetWriter } from 'hyparquet-writer';

/** A column of a table, and its value in a row. */
export interface ParquetColumn<R> {
  readonly element: SchemaElement;
  readonly value: (row: R) => unknown;
  /** Bounds in the footer, by which readers pass over row groups. Of no use for what is as good as random. */
  readonly hasBounds: boolean;
}

/** Rows that are gathered, encoded and written at once: what is held in memory. */
const ROW_GROUP = 20000;

const PAGE_BYTES = 1024 * 1024;
const LEVEL = { params: { [constants.ZSTD_c_compressionLevel]: 3 } };

/**
 * Parquet, in row groups of {@link ROW_GROUP}; the same rows give the same bytes. Compressed with Zstandard by node:zlib: the
 * writer's own Snappy is JavaScript, gives files of twice the size and takes 1.4 times as long.
 * @param name of the table, for its schema
 */
export function tableEncoder<R>(name: string, all: readonly ParquetColumn<R>[]) {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name, num_children: all.length }, ...all.map(({ element }) => element)],
    codec: 'ZSTD',
    compressors: { ZSTD: (input) => zstdCompressSync(input, LEVEL) },
    createdBy: 'license-system',
  });
  const emptyColumns = (): unknown[][] => all.map(() => []);
  let columns = emptyColumns();
  let pending = 0;

  const take = (): Uint8Array => {
    const taken = bytes.getBytes().slice();
    // As the writer's own file does: the offset goes on counting.
    bytes.index = 0;
    return taken;
  };
  const writeGroup = () => {
    if (pending === 0) return;
    const columnData = all.map(({ element, hasBounds }, i) => ({
      name: element.name,
      data: columns[i] as unknown[],
      offsetIndex: false,
      statistics: hasBounds,
    }));
    writer.write({ columnData, rowGroupSize: pending, pageSize: PAGE_BYTES });
    columns = emptyColumns();
    pending = 0;
  };
  return {
    isDivisible: false,
    add(row: R) {
      for (const [i, { value }] of all.entries()) columns[i]?.push(value(row));
      pending += 1;
    },
    get isFull() {
      return pending >= ROW_GROUP;
    },
    take() {
      writeGroup();
      return take();
    },
    finish() {
      writeGroup();
      writer.finish();
      return take();
    },
  };
}
