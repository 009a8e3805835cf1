import type { Recorded, UserEvent } from '../../events/types.ts';

/** The personal data that the read models show; null where there is none (any more), or none is to be shown. */
export interface ShownPersonal {
  readonly email: string | null;
  /** As staff gave it. */
  readonly name: string | null;
  readonly clientName: string | null;
}

/** The sealed text of what the read models show; no other personal data is opened. */
export const shownPart = ({ event }: Recorded<UserEvent>): string | undefined =>
  event.type === 'UserSignedUp' ||
  event.type === 'UserAdded' ||
  event.type === 'EmailChanged' ||
  event.type === 'LicenseActivated'
    ? event.data.personal
    : undefined;

/** What the read models show of an event's opened personal data. */
export const shownOf = (personal: Readonly<Record<string, unknown>>): ShownPersonal => ({
  email: textOrNull(personal.email),
  name: textOrNull(personal.name),
  clientName: textOrNull(personal.clientName),
});

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

/** An event as the fold needs it. */
export interface FoldedEvent {
  readonly recorded: Recorded<UserEvent>;
  readonly userId: string;
  readonly personal: ShownPersonal;
}

/**
 * An event's time, never before the user's last one: the clocks of two command nodes may differ.
 * @param user the user's row before the event
 */
export const timeOf = (event: FoldedEvent, user: { readonly updatedAt: number } | undefined): number =>
  Math.max(event.recorded.created.getTime(), user?.updatedAt ?? 0);
