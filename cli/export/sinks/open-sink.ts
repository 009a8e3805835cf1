import type { EventLog } from '../../../shared/event-log.ts';
import { type Io, UsageError } from '../../command.ts';
import { beginFile, journalOf } from '../begin.ts';
import type { Encoder, EncoderPast } from '../formats/encoder.ts';
import { parquetEncoder } from '../formats/parquet.ts';
import { rowMaker } from '../formats/row.ts';
import { csvEncoder, ndjsonEncoder } from '../formats/text.ts';
import type { Criteria } from '../options/criteria.ts';
import type { Target } from '../options/options.ts';
import { endOfLog, type Place } from '../source/source.ts';
import { FileSink } from './file-sink.ts';
import { openTopic } from './open-topic.ts';
import { PartFile } from './part-file.ts';
import type { Sink } from './sink.ts';
import { StreamSink } from './stream-sink.ts';

/** A sink, and what the run that fills it has to know. */
export interface OpenSink {
  readonly sink: Sink;
  /** Where the log ended when the export began, in this run or an earlier one. */
  readonly end: Place | undefined;
  /** Up to where an earlier run came, and how many events it exported. */
  readonly done: { readonly place: Place | undefined; readonly events: number };
  /** Said when it is interrupted. */
  readonly onceInterrupted: string;
}

/** The mode of a new file: personal data are for whoever exported them. */
const PRIVATE = 0o600;
const PUBLIC = 0o666;

const ENCODERS: Readonly<Record<string, (past?: EncoderPast) => Encoder>> = {
  ndjson: ndjsonEncoder,
  csv: csvEncoder,
  parquet: parquetEncoder,
};

function encoderFor({ format }: Criteria, past?: EncoderPast): Encoder {
  const make = ENCODERS[format];
  if (!make) throw new TypeError(`${format} is not a format of files`);
  return make(past);
}

/** Opens standard output, a file or a topic. @throws ExportRefused, UsageError, and what Kafka throws */
export function openSink(log: EventLog, criteria: Criteria, target: Target, io: Io): Promise<OpenSink> {
  if (target.kind === 'file') return openFile(log, criteria, target);
  if (target.kind === 'topic') return openTopic(log, criteria, target, io);
  return openStdout(log, criteria);
}

async function openStdout(log: EventLog, criteria: Criteria): Promise<OpenSink> {
  if (criteria.format === 'parquet' && process.stdout.isTTY) {
    throw new UsageError('--format parquet is not for a terminal: give --out FILE, or pipe it');
  }
  return {
    sink: new StreamSink(process.stdout, encoderFor(criteria), rowMaker()),
    end: await endOfLog(log),
    done: { place: undefined, events: 0 },
    onceInterrupted: 'interrupted: the output is not complete',
  };
}

async function openFile(
  log: EventLog,
  criteria: Criteria,
  target: { readonly file: string; readonly resume: boolean },
): Promise<OpenSink> {
  const { journal, end, last, checkpoints } = await beginFile(log, criteria, target);
  const past = {
    bytes: last?.bytes ?? 0,
    states: checkpoints.flatMap(({ state }) => (state === undefined ? [] : [state])),
  };
  const part = await PartFile.open(target.file, past.bytes, criteria.withPersonal ? PRIVATE : PUBLIC);
  const events = last?.events ?? 0;
  return {
    sink: new FileSink({
      encoder: encoderFor(criteria, past),
      toRow: rowMaker(),
      part,
      journal,
      journalFile: journalOf(target.file),
      events,
    }),
    end,
    done: { place: last?.place, events },
    onceInterrupted: `interrupted: ${PartFile.nameOf(target.file)} is what there is so far; go on with the same command and --resume`,
  };
}
