import type { EventLog } from '../../log/event-log.ts';
import type { UuidForm } from './encode-event.ts';
import type { Outlet } from './outlet.ts';

/** One call of Read, whatever it reads. */
export interface Reading {
  readonly log: EventLog;
  readonly outlet: Outlet;
  readonly uuidForm: UuidForm;
}
