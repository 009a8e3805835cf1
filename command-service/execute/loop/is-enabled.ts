import type { Codec, NewEventOfOurs } from '../../../shared/events/codec.ts';
import { EventNotEnabled } from '../../../shared/events/errors.ts';

/** Whether the level that this node writes can say an event: for what has to go on at every level. @throws EventInvalid */
export function isEnabled(codec: Pick<Codec, 'check'>, event: NewEventOfOurs, stream: string): boolean {
  try {
    codec.check(event, stream);
    return true;
  } catch (error) {
    if (error instanceof EventNotEnabled) return false;
    throw error;
  }
}
