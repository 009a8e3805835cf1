import type { EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { formatPosition, type Position } from '../../../shared/event-log/position.ts';
import type { EventReader } from '../../../shared/events/codec.ts';
import type { Manifest } from '../../export-folder/manifest.ts';
import { type PartTarget, PartWriter } from '../../export-folder/part-writer.ts';
import { PARQUET_COLUMNS } from '../formats/parquet-schema.ts';
import { type Row, rowMaker } from '../formats/row.ts';
import { createSelection } from '../source/selection.ts';
import { stretchEvents } from '../source/source.ts';
import type { Stretch } from '../source/source-options.ts';
import { blanked } from './erasures.ts';
import { Months } from './months.ts';

/** A stretch of the log that is made into parts. */
export interface PartStretch extends Stretch {
  /** The latest time of an event before it; ISO 8601. */
  readonly time: string | undefined;
  /** The part before it. */
  readonly before?: { readonly partition: string; readonly number: number } | undefined;
}

/** An event up to which parts are made. */
export type Mark = NonNullable<Manifest['up_to']>;

export interface PartMaking {
  readonly log: EventLog;
  readonly reader: EventReader;
  readonly types: readonly string[];
  readonly rowsPerFile: number;
  /** Whether the event at that position loses what its user's erasure takes. */
  readonly isErased: (userId: string, position: Position) => boolean;
  /** Told of what another program wrote: it is in no part. */
  readonly foreign: (event: RecordedEvent) => void;
  readonly target: PartTarget;
  readonly signal: AbortSignal;
  /** Told of each batch, with how many rows were made so far. */
  readonly progress?: (rows: number, at: Position) => void;
}

/** Makes the parts of stretches of the log, always the same bytes of the same stretch. */
export class PartMaker {
  readonly #making: PartMaking;
  readonly #toRow = rowMaker();
  #rows = 0;
  #mark: Mark | undefined;

  constructor(making: PartMaking) {
    this.#making = making;
  }

  /** The last event that was made into a row. */
  get mark(): Mark | undefined {
    return this.#mark;
  }

  get rows(): number {
    return this.#rows;
  }

  /**
   * @returns the last event of the stretch, wanted or not
   * @throws UnknownEvent; the signal's reason, with the last part left unfinished
   */
  async make(stretch: PartStretch): Promise<Mark | undefined> {
    const { log, types, reader, foreign, rowsPerFile, target, signal, progress } = this.#making;
    const selection = createSelection(
      { format: 'parquet', types, users: [], plans: [], withPersonal: false },
      reader,
      foreign,
    );
    const writer = new PartWriter<Row>(
      { name: 'event', columns: PARQUET_COLUMNS, rowsPerFile, target },
      stretch.before,
    );
    const months = new Months(stretch.time);
    let last: RecordedEvent | undefined;
    for await (const batch of stretchEvents({ log, users: [], signal }, stretch)) {
      for (const recorded of batch) {
        last = recorded;
        const month = months.next(recorded);
        const decoded = selection.pick(recorded);
        if (!decoded) continue;
        const row = this.#toRow(recorded, decoded, undefined);
        const schema = [row.type, row.schema_version] as const;
        const place = { partition: `month=${month}`, position: recorded.position, schema };
        await writer.add(this.#shown(row, recorded.position), place);
        this.#rows += 1;
        this.#mark = markOf(recorded, months);
      }
      if (last) progress?.(this.#rows, last.position);
    }
    signal.throwIfAborted();
    await writer.end();
    return last && markOf(last, months);
  }

  #shown(row: Row, position: Position): Row {
    return row.user_id !== null && this.#making.isErased(row.user_id, position) ? blanked(row) : row;
  }
}

const markOf = ({ position, id }: RecordedEvent, months: Months): Mark => ({
  position: formatPosition(position),
  event_id: id,
  time: months.latest,
});
