import { isUserEvent } from '../../../shared/events/codec.ts';
import { userStream } from '../../../shared/events/streams.ts';
import type { AnyEvent, Recorded, UserEvent } from '../../../shared/events/types.ts';
import type { StreamState } from '../../domain/stream-state.ts';
import { approximateBytes, evolve, initialState, type UserState } from '../../domain/user-state.ts';

/** One kind of stream that commands are decided on: how it is named and folded. */
export interface Aggregate<S extends StreamState, E extends AnyEvent> {
  readonly streamOf: (id: string) => string;
  readonly idOf: (state: S) => string;
  readonly initial: (id: string) => S;
  readonly isOwn: (recorded: Recorded<AnyEvent>) => recorded is Recorded<E>;
  /** The state after one more event; it takes ownership of `state`. */
  readonly evolve: (state: S, recorded: Recorded<E>) => S;
  /** Roughly the memory that a state takes. */
  readonly bytes: (state: S) => number;
  /** Whether a snapshot of the state may be kept. */
  readonly mayBeSaved: (state: S) => boolean;
}

export const USERS: Aggregate<UserState, UserEvent> = {
  streamOf: userStream,
  idOf: ({ userId }) => userId,
  initial: initialState,
  isOwn: isUserEvent,
  evolve,
  bytes: approximateBytes,
  // Of one who is erased nothing may be kept.
  mayBeSaved: ({ account }) => account.status === 'active',
};
