import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';

/** By which a person finds an event. */
export const nameOf = ({ stream, revision, type, position }: RecordedEvent): string =>
  `Event ${revision} of ${stream} (${type}, position ${formatPosition(position)})`;

export const foreignWords = (event: RecordedEvent): string =>
  `${nameOf(event)} was written by another program: it is left out, and the rest goes on.`;
