import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import type { OpenedPersonal } from '../formats/row.ts';
import type { DecodedEvent } from '../source/selection.ts';

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
  /** The export is complete: what was taken is durably there. */
  finish(): Promise<void>;
  /** It ends before that. @returns what is there now, and what to do next */
  interrupt(): Promise<string>;
  /** Gives back what it holds; called once, whatever happened. */
  close(): Promise<void>;
}
