import type { Random } from '../../support/random.ts';
import type { Left, Promised } from '../history.ts';
import type { System } from '../system.ts';

/** Something bad that is done to a running system, and undone by the system or by the fault itself. */
export interface Fault<S extends System = System> {
  /** What is done to what: "freeze redis". Unique. */
  readonly name: string;
  /** Under which heading of the table. */
  readonly group: string;
  readonly promised: Promised;
  /** Who can answer meanwhile; all the layers unless given. */
  readonly left?: Left;
  /** Redis forgets what it holds. */
  readonly emptiesRedis?: boolean;
  /** Why it can't be inflicted on this machine. It is then listed as not run, and never as passed. */
  readonly needs?: string | undefined;
  /** Resolves once it is over: what was killed runs again, what was frozen goes on, what was filled is empty. */
  inflict(system: S, random: Random, inOrder: InOrder): Promise<void>;
}

/** Does something in good order, as operators do it: not one request may fail meanwhile. */
export type InOrder = (work: () => Promise<unknown>) => Promise<void>;

export interface StartOptions {
  /** Aborted where the run is to end early. */
  readonly signal: AbortSignal;
  /** Connection string of an EventStoreDB to use instead of the local event store. */
  readonly eventStore?: string | undefined;
}

/** A way of setting the system up, and what can be inflicted on it then. A run starts each that it needs once. */
export interface Shape<S extends System = System> {
  readonly name: string;
  readonly faults: readonly Fault<S>[];
  start(options: StartOptions): Promise<S>;
}
