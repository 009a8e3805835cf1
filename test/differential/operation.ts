import type { Expected } from '../support/event-store/proposed.ts';

/** An event that is proposed. Ids and types are numbers here: each run makes ids and names of its own from them. */
export interface ProposedEvent {
  readonly id: number;
  readonly type: number;
  /** Bytes of data; a few unless given. */
  readonly size?: number;
  readonly lacks?: 'id' | 'type' | 'content-type';
}

export interface Filter {
  readonly on: 'stream' | 'type';
  readonly by: 'prefix' | 'regex';
  /** Which streams, or types. */
  readonly numbers: readonly number[];
  /** Events that are looked at between two checkpoints. */
  readonly window: number;
}

/** Where to read from: an end of what is read, a revision of the stream, or the n-th event of the run in `$all`. */
export type From = 'start' | 'end' | number;

/** One call to an event store. Nothing in it depends on what was answered before, so that a sequence can be shortened. */
export type Operation =
  | {
      readonly call: 'append';
      readonly stream: number;
      readonly expected: Expected;
      readonly events: readonly ProposedEvent[];
    }
  | {
      readonly call: 'batchAppend';
      readonly stream: number;
      readonly expected: Expected;
      readonly parts: readonly (readonly ProposedEvent[])[];
      /** In milliseconds from now, in either field; none unless given. */
      readonly deadline?: { readonly field: 'instant' | 'duration'; readonly ms: number };
      /** Later parts have options, too. */
      readonly optionsAgain?: boolean;
      /** The last part does not come. */
      readonly unfinished?: boolean;
    }
  | {
      readonly call: 'readStream' | 'subscribeToStream';
      readonly stream: number;
      readonly from: From;
      readonly backwards?: boolean;
      readonly count?: number;
    }
  | {
      readonly call: 'readAll' | 'subscribeToAll';
      readonly from: Exclude<From, 'start'> | 'beyond';
      readonly backwards?: boolean;
      readonly count?: number;
      readonly filter?: Filter;
    };

export type Call = Operation['call'];
