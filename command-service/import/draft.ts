import type { NewUserEvent, Recorded, UserEvent } from '../../shared/events/types.ts';
import type { Context, Decision, Rejection } from '../domain/decision.ts';
import { type Command, decide } from '../domain/user.ts';
import { evolve, initialState, type UserState } from '../domain/user-state.ts';

/** What a draft's events are folded with: they are nobody's yet. */
const METADATA = {
  $correlationId: 'import',
  $causationId: 'import',
  commandId: 'import',
  actor: { role: 'operator', id: 'import' },
  schemaVersion: 1,
} as const satisfies Recorded<UserEvent>['metadata'];

/** Personal data decides nothing, and is sealed only for the log. */
const unsealed = ({ type, data }: NewUserEvent): UserEvent =>
  ({ type, data: 'personal' in data ? { ...data, personal: '' } : data }) as UserEvent;

/**
 * Several commands about one user, decided one after another as if the events of each had been written before the next: so
 * they can be written in one append, or none of them.
 */
export class Draft {
  readonly events: NewUserEvent[] = [];
  readonly #context: Context;
  #state: UserState;

  constructor(state: UserState, context: Context) {
    this.#context = context;
    // A fold changes its state in place, and this one belongs to the cache.
    this.#state = state.revision < 0 ? initialState(state.userId) : structuredClone(state);
  }

  get state(): UserState {
    return this.#state;
  }

  /** Adds what the rules say to the command. @returns how many events; or why it is refused */
  take(command: Command): number | Rejection {
    const decision: Decision = decide(this.#state, command, this.#context);
    if (decision.kind === 'rejected') return decision.rejection;
    if (decision.kind === 'nothing') return 0;
    for (const event of decision.events) this.#happen(event);
    return decision.events.length;
  }

  #happen(event: NewUserEvent): void {
    const { revision, position, userId } = this.#state;
    this.events.push(event);
    this.#state = evolve(this.#state, {
      id: '',
      event: unsealed(event),
      stream: `user-${userId}`,
      revision: revision + 1,
      position,
      created: new Date(this.#context.now),
      metadata: METADATA,
    });
  }
}
