import type { Catalogue } from '../shared/catalogue/catalogue.ts';
import type { Clock } from '../shared/clock.ts';
import type { EventLog } from '../shared/event-log/event-log.ts';
import type { Codec } from '../shared/events/codec.ts';
import type { Guesses } from '../shared/http/limits/failure-limit.ts';
import type { Vault } from '../shared/vault/vault.ts';
import type { ErasureIntents } from './accounts/erasing/erasure-intents.ts';
import type { Passwords } from './accounts/passwords.ts';
import type { Snapshots } from './execute/states/snapshots.ts';

/** Where a test can stop the write side, between one step and the next. */
export type PausePoint =
  | 'append.before'
  | 'append.after'
  | 'reserve.before'
  | 'reserve.after'
  | 'email.changed'
  | 'erase.appended'
  | 'erase.tombstoned';

export type Pause = (
  point: PausePoint,
  info: { readonly userId: string; readonly commandId: string },
) => Promise<void>;

/** `failed`: for a reason that nobody foresaw. */
export type AppendOutcome = 'appended' | 'conflict' | 'unknown' | 'unavailable' | 'failed';

/** What the write side is made of. */
export interface ExecutorDependencies {
  readonly log: Pick<EventLog, 'append' | 'readStream'>;
  readonly codec: Codec;
  readonly vault: Vault;
  readonly snapshots: Snapshots;
  readonly erasures: ErasureIntents;
  readonly passwords: Passwords;
  /** Counts wrong passwords. */
  readonly guesses: Guesses;
  readonly catalogue: Catalogue;
  readonly clock: Clock;
  /** Most memory for folded states, in bytes. */
  readonly stateCacheBytes: number;
  readonly appendDeadlineMs: number;
  readonly readDeadlineMs: number;
  /** For how long a command is decided again because others wrote first; 5 seconds unless given. */
  readonly retryForMs?: number;
  /** Told of every append: how long it took and how it went. For metrics. */
  readonly onAppend?: (seconds: number, outcome: AppendOutcome) => void;
  readonly pause?: Pause;
}
