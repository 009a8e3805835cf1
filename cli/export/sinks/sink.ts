import type { RecordedEvent } from '../../../shared/event-log.ts';
import type { OpenedPersonal } from '../formats/row.ts';
import type { DecodedEvent } from '../source/selection.ts';
import type { Place } from '../source/source.ts';

/** An event on its way out. */
export interface Item {
  readonly recorded: RecordedEvent;
  readonly decoded: DecodedEvent;
  readonly personal: OpenedPersonal;
}

/** Where an export goes. Calls follow one another; each resolves when there is room for more. */
export interface Sink {
  /** Takes events in the log's order. */
  take(items: readonly Item[]): Promise<void>;
  /** Says that every event up to `place` was handed over, if it was wanted: a checkpoint may stand there. */
  passed(place: Place): Promise<void>;
  /** The export is complete. */
  finish(): Promise<void>;
  /** It ends before that: what it has is made durable, with a checkpoint, if it can be gone on with. */
  interrupt(): Promise<void>;
  /** Gives back what it holds; called once, whatever happened. */
  close(): Promise<void>;
}

export const placeOf = ({ id, position }: RecordedEvent): Place => ({ id, position });
