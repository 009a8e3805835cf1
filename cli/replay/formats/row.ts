import type { RecordedEvent } from '../../../shared/event-log/event-log.ts';
import { formatPosition } from '../../../shared/event-log/position.ts';
import { type EventCatalogue, eventCatalogue } from '../../../shared/events/schemas/catalogue.ts';
import type { DecodedEvent } from '../source/selection.ts';

/** One event as it is exported: its JSON form, with the fields in their order. */
export interface Row {
  /** `<commit>/<prepare>`: the event's place in the log. */
  readonly position: string;
  readonly revision: number;
  readonly stream: string;
  readonly event_id: string;
  readonly type: string;
  /** The event's time, and the time at which the log took it: ISO 8601 in UTC, milliseconds. */
  readonly time: string;
  readonly logged_at: string;
  /** Null for an event of staff. */
  readonly user_id: string | null;
  readonly correlation_id: string;
  readonly causation_id: string;
  readonly command_id: string;
  readonly actor_role: string;
  readonly actor_id: string;
  /** The version of `data`: the latest of its type, whatever the event was written in. */
  readonly schema_version: number;
  readonly data: Readonly<Record<string, unknown>>;
}

export type Column = keyof Row;

export const COLUMNS: readonly Column[] = [
  'position',
  'revision',
  'stream',
  'event_id',
  'type',
  'time',
  'logged_at',
  'user_id',
  'correlation_id',
  'causation_id',
  'command_id',
  'actor_role',
  'actor_id',
  'schema_version',
  'data',
];

/** What stands in an event's `data` in place of the sealed `personal`; undefined leaves it out. */
export type OpenedPersonal = Readonly<Record<string, unknown>> | undefined;

export type ToRow = (recorded: RecordedEvent, decoded: DecodedEvent, personal: OpenedPersonal) => Row;

/** Makes rows. The sealed text never gets into one, and neither does the digest of the request. */
export function rowMaker(catalogue: EventCatalogue = eventCatalogue): ToRow {
  const versions = new Map(Object.entries(catalogue).map(([type, all]) => [type, all.length]));
  return (recorded, { id, event, stream, revision, position, created, metadata }, personal) => {
    const { personal: _sealed, ...data } = event.data as Readonly<Record<string, unknown>>;
    return {
      position: formatPosition(position),
      revision,
      stream,
      event_id: id,
      type: event.type,
      time: created.toISOString(),
      logged_at: recorded.created.toISOString(),
      user_id: 'userId' in event.data ? event.data.userId : null,
      correlation_id: metadata.$correlationId,
      causation_id: metadata.$causationId,
      command_id: metadata.commandId,
      actor_role: metadata.actor.role,
      actor_id: metadata.actor.id,
      schema_version: versions.get(event.type) ?? metadata.schemaVersion,
      data: personal === undefined ? data : { ...data, personal },
    };
  };
}
