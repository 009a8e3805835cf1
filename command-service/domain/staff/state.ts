import { START } from '../../../shared/event-log/position.ts';
import type { Recorded, StaffEvent } from '../../../shared/events/types.ts';
import { foldStaff, type StaffAccount } from '../../../shared/staff/account.ts';
import { moveOn, type StreamState, timeOf } from '../stream-state.ts';
import { evolveLogIn, type LogIn, NO_LOG_IN } from './log-in.ts';

/** A member of staff: what it is, its keys by the digest of their secrets, and what a person logs in by. */
export interface StaffState extends StreamState {
  readonly staffId: string;
  account: StaffAccount | undefined;
  readonly keyOf: Map<string, string>;
  logIn: LogIn;
}

export const initialStaff = (staffId: string): StaffState => ({
  staffId,
  account: undefined,
  keyOf: new Map(),
  logIn: NO_LOG_IN,
  recentCommands: new Map(),
  revision: -1,
  position: START,
  lastEventId: '',
  lastEventAt: 0,
});

/** Roughly the memory that a state takes, in bytes. */
export const staffBytes = ({ keyOf, recentCommands }: StaffState): number =>
  4_000 + keyOf.size * 400 + recentCommands.size * 600;

/** The state after one more event; it takes ownership of `state`. */
export function evolveStaff(state: StaffState, recorded: Recorded<StaffEvent>): StaffState {
  const at = timeOf(state, recorded);
  const { event, revision } = recorded;
  state.account = foldStaff(state.account, event, revision, at) ?? state.account;
  state.logIn = evolveLogIn(state.logIn, event, revision, at);
  if (event.type === 'StaffKeyIssued') state.keyOf.set(event.data.keyDigest, event.data.keyId);
  moveOn(state, recorded, state.account ? { kind: 'staff', account: state.account } : { kind: 'user' }, at);
  return state;
}
