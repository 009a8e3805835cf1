/** The promises of docs/reliability.md by number, and what else is promised by name. */
export type Promised =
  | 1
  | 2
  | 3
  | 4
  | 5
  | 6
  | 7
  | 8
  | 9
  | 10
  | 'access'
  | 'exports'
  | 'history'
  | 'privacy'
  | 'webhooks';

/** One promise, broken on purpose by a change of one place in the code. */
export interface Mutation {
  readonly name: string;
  /** Mutations that break the same promise share it. */
  readonly promise: Promised;
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** The tests that have to notice: files, by tier. */
  readonly tier: 'unit' | 'contract' | 'integration' | 'faults' | 'kafka';
  readonly tests: string;
}
