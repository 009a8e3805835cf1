import { type Io, UsageError } from '../../command-line/command.ts';
import type { Encoder } from '../formats/encoder.ts';
import { parquetEncoder } from '../formats/parquet.ts';
import { rowMaker } from '../formats/row.ts';
import { csvEncoder, ndjsonEncoder } from '../formats/text.ts';
import type { Criteria, Format } from '../options/criteria.ts';
import type { SinkTarget } from '../options/options.ts';
import { FileSink } from './file-sink.ts';
import { openTopic } from './open-topic.ts';
import type { Sink } from './sink.ts';
import { StreamSink } from './stream-sink.ts';

const ENCODERS: Readonly<Record<Format, () => Encoder>> = {
  ndjson: ndjsonEncoder,
  csv: csvEncoder,
  parquet: parquetEncoder,
};

/** Opens standard output, a file or a topic. @throws ExportRefused, UsageError, and what Kafka throws */
export async function openSink(criteria: Criteria, target: SinkTarget, io: Io): Promise<Sink> {
  const { format, withPersonal } = criteria;
  if (target.kind === 'topic') return openTopic(target.topic, io);
  const encoder = ENCODERS[format]();
  if (target.kind === 'file') {
    return FileSink.open({ encoder, toRow: rowMaker(), file: target.file, withPersonal });
  }
  if (format === 'parquet' && process.stdout.isTTY) {
    throw new UsageError('--format parquet is not for a terminal: give --out FILE, or pipe it');
  }
  return new StreamSink(process.stdout, encoder, rowMaker());
}
