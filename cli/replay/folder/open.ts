import type { EventLog, RecordedEvent } from '../../../shared/event-log/event-log.ts';
import type { EventReader } from '../../../shared/events/codec.ts';
import { FolderRefused } from '../../export-folder/errors.ts';
import type { Manifest } from '../../export-folder/manifest.ts';
import { positionOf } from './erasures.ts';

/** What an export into a folder, its check and its erasing need. */
export interface FolderWork {
  readonly folder: string;
  readonly log: EventLog;
  readonly reader: EventReader;
  /** Told of what another program wrote: it is in no file. */
  readonly foreign: (event: RecordedEvent) => void;
  readonly signal: AbortSignal;
}

/** @throws FolderRefused the folder has something else than events, or events of another log */
export async function checkOrigin(folder: string, manifest: Manifest, log: EventLog): Promise<void> {
  if (manifest.kind !== 'events') {
    throw new FolderRefused(
      'folder_other',
      `${folder} has history tables, not events: use history-tables in place of replay`,
    );
  }
  if (!manifest.up_to) return;
  const { position, event_id } = manifest.up_to;
  const event = await log.readEventAt(positionOf(position));
  if (event?.id === event_id) return;
  throw new FolderRefused(
    'folder_differs',
    `${folder} comes from another event store: at ${position}, where it ends, this one has ${event ? 'another event' : 'none'}. Make the export again in another folder`,
  );
}
