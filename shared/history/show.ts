import { formatPosition } from '../event-log/position.ts';
import { eventCatalogue } from '../events/schemas/catalogue.ts';
import type { TimelineEntry } from './timeline.ts';
import type { StateSummary } from './user-rows.ts';

/** One event of a history as JSON. `data` is the event's payload as in the log, without the sealed `personal`. */
export interface ShownEntry {
  readonly revision: number;
  readonly position: string;
  readonly event_id: string;
  readonly type: string;
  readonly time: string;
  readonly actor: {
    readonly role: TimelineEntry['recorded']['metadata']['actor']['role'];
    readonly id: string;
  };
  readonly correlation_id: string;
  readonly causation_id: string;
  readonly schema_version: number;
  readonly data: Readonly<Record<string, unknown>>;
  readonly state: StateSummary | null;
  readonly fault: string | null;
}

/** `schema_version` is the one that `data` was brought to: the latest of its type. */
export function showEntry({ recorded, personal, state, fault }: TimelineEntry): ShownEntry {
  const { event, id, revision, position, created, metadata } = recorded;
  const { personal: _sealed, ...data } = event.data as Readonly<Record<string, unknown>>;
  return {
    revision,
    position: formatPosition(position),
    event_id: id,
    type: event.type,
    time: created.toISOString(),
    actor: metadata.actor,
    correlation_id: metadata.$correlationId,
    causation_id: metadata.$causationId,
    schema_version: eventCatalogue[event.type]?.length ?? metadata.schemaVersion,
    data: personal ? { ...data, personal } : data,
    state: state ?? null,
    fault: fault ?? null,
  };
}
