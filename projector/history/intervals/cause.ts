import type { Position } from '../../../shared/event-log/position.ts';
import type { Role } from '../../../shared/events/metadata.ts';
import type { Recorded, UserEvent } from '../../../shared/events/types.ts';

/** The latest event that shaped a row. */
export interface Cause {
  readonly type: UserEvent['type'];
  readonly position: Position;
  /** Whose event it is. */
  readonly actorRole: Role;
}

export const causeOf = ({ event, position, metadata }: Recorded<UserEvent>): Cause => ({
  type: event.type,
  position,
  actorRole: metadata.actor.role,
});
