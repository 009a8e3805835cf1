import type {
  CommandRequest,
  EraseRequest,
  LogInRequest,
  Outcome,
  PasswordRequest,
  SignUpRequest,
} from './requests.ts';

/**
 * The write side. Refusals are values; faults are thrown: EventStoreUnavailable, OutcomeUnknown, UnknownEvent,
 * VaultUnavailable and the vault's other errors, PasswordHashingBusy, UserBusy.
 */
export interface Executor {
  /** Every command about one user that needs no password and is no erasing. */
  execute(request: CommandRequest): Promise<Outcome>;
  signUp(request: SignUpRequest): Promise<Outcome>;
  /** Writes nothing. An unknown email, an erased user and a wrong password look the same and take as long. */
  logIn(request: LogInRequest): Promise<Outcome>;
  changePassword(request: PasswordRequest): Promise<Outcome>;
  /** May be repeated: each time the events, the key's tombstone and the email's release are seen to. */
  erase(request: EraseRequest): Promise<Outcome>;
  /** Finishes erasures that a crash cut off. @returns how many it had to finish */
  sweepErasures(): Promise<number>;
}
