import type { Recorded, UserEvent } from '../../events/types.ts';

/** The personal data that the read models show; null where there is none (any more), or none is to be shown. */
export interface ShownPersonal {
  readonly email: string | null;
  readonly clientName: string | null;
}

/** An event as the fold needs it. */
export interface FoldedEvent {
  readonly recorded: Recorded<UserEvent>;
  readonly userId: string;
  readonly personal: ShownPersonal;
}

/**
 * An event's time, never before the user's last one: the clocks of two command nodes may differ.
 * @param user his row before the event
 */
export const timeOf = (event: FoldedEvent, user: { readonly updatedAt: number } | undefined): number =>
  Math.max(event.recorded.created.getTime(), user?.updatedAt ?? 0);
