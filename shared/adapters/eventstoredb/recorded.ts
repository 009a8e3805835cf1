import type { ResolvedEvent } from '@eventstore/db-client';
import { EventUnreadable } from './errors.ts';
import type { RecordedEvent } from './event-log.ts';

type Json = Readonly<Record<string, unknown>>;

/** What EventStoreDB writes where it does not know a position: the largest unsigned number. */
const LAST_POSITION = 2n ** 63n - 1n;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !Array.isArray(value);

/** @throws EventUnreadable it is not JSON, or its position is not told (EventStoreDB tells it from 22.6 on) */
export function toRecordedEvent(resolved: ResolvedEvent): RecordedEvent {
  const { event } = resolved;
  if (!event) throw new EventUnreadable(resolved.link?.id ?? '', 'it is a link to nothing');
  const { id, type, data, position, created } = event;
  const metadata: unknown = event.metadata ?? {};
  if (!position || position.commit > LAST_POSITION) throw new EventUnreadable(id, 'it has no position');
  if (!isObject(data)) throw new EventUnreadable(id, 'its data is not a JSON object');
  if (!isObject(metadata)) throw new EventUnreadable(id, 'its metadata is not a JSON object');
  const revision = Number(event.revision);
  return { id, type, data, metadata, stream: event.streamId, revision, position, created };
}
