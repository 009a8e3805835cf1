import type { UserEvent } from '../../../shared/events/types.ts';
import type { UserState } from '../../domain/user-state.ts';
import { USERS } from './aggregate.ts';
import { FoldedStates, type FoldedStatesOptions } from './folded-states.ts';

/** The folded states of users. */
export class UserStates extends FoldedStates<UserState, UserEvent> {
  constructor(options: Omit<FoldedStatesOptions<UserState, UserEvent>, 'aggregate'>) {
    super({ ...options, aggregate: USERS });
  }
}
