import type { Position } from '../../shared/event-log/position.ts';
import type { AnyEvent, Recorded } from '../../shared/events/types.ts';
import type { Subject } from './decision.ts';

/** What is remembered of a command that changed something: enough to give its answer again. */
export interface RecentCommand {
  /** Absent if the command came without an idempotency key. */
  readonly requestDigest: string | undefined;
  readonly type: AnyEvent['type'];
  readonly subject: Subject;
  readonly revision: number;
  readonly position: Position;
  /** The event's time. */
  readonly at: number;
}

/** What the fold of any stream knows that commands are decided on: a user's, or a service account's. */
export interface StreamState {
  /** By command id, oldest first: every command younger than {@link COMMAND_MEMORY_MS} by event time, and some older ones. */
  readonly recentCommands: Map<string, RecentCommand>;
  /** Of the last event; -1 before the first. */
  revision: number;
  position: Position;
  lastEventId: string;
  /** Time of the last event, never going back; 0 before the first. */
  lastEventAt: number;
}

/** For how long a command that changed something is answered again in the same way. */
export const COMMAND_MEMORY_MS = 24 * 3_600_000;

/** What is remembered of the command, unless it is too old at `now`. */
export function findRecentCommand(
  { recentCommands }: StreamState,
  commandId: string,
  now: number,
): RecentCommand | undefined {
  const earlier = recentCommands.get(commandId);
  return earlier && now - earlier.at < COMMAND_MEMORY_MS ? earlier : undefined;
}

const HOUR_MS = 3_600_000;

/**
 * Whether an event at this time is the first of an hour: then the fold lets go of what has become too old. Letting go with
 * every event was rejected: a map that has lost its first entries is walked past their places each time, which was half of the
 * time that the fold of 100,000 events took.
 */
export const isFirstOfHour = ({ lastEventAt }: Pick<StreamState, 'lastEventAt'>, at: number): boolean =>
  Math.floor(at / HOUR_MS) !== Math.floor(lastEventAt / HOUR_MS);

function forgetOldCommands({ recentCommands }: StreamState, now: number): void {
  for (const [commandId, { at }] of recentCommands) {
    if (now - at < COMMAND_MEMORY_MS) break;
    recentCommands.delete(commandId);
  }
}

/** An event's time for its fold: never before the event before it. */
export const timeOf = (state: StreamState, { created }: Recorded<AnyEvent>): number =>
  Math.max(created.getTime(), state.lastEventAt);

/** Moves the state on to an event that was folded into it, and remembers its command. */
export function moveOn(state: StreamState, recorded: Recorded<AnyEvent>, subject: Subject, at: number): void {
  const { revision, position } = recorded;
  if (isFirstOfHour(state, at)) forgetOldCommands(state, at);
  state.revision = revision;
  state.position = position;
  state.lastEventId = recorded.id;
  state.lastEventAt = at;
  const { commandId, requestDigest } = recorded.metadata;
  state.recentCommands.delete(commandId); // so that it comes last again: the map is in the order of time
  state.recentCommands.set(commandId, {
    requestDigest,
    type: recorded.event.type,
    subject,
    revision,
    position,
    at,
  });
}
