import type { Row } from './report/row.ts';

export interface BenchmarkContext {
  /** How often each thing is measured. */
  readonly rounds: number;
  /** A number of keys, events or seconds as the benchmark wants it; a tenth of it where it is only tried (`--quick`). */
  readonly sized: (wanted: number) => number;
  /** The benchmark's own options, as they were given. */
  readonly options: Readonly<Record<string, string | undefined>>;
  /** Progress, for whoever watches. It is in no report. */
  readonly say: (line: string) => void;
  /** A result: printed, and a row of the report. */
  readonly report: (row: Row) => void;
  /** What a reader must know of the rows: printed, and below the report's table. */
  readonly note: (sentence: string) => void;
}

export interface Benchmark {
  readonly name: string;
  /** What is measured, for the help and above the report's table. */
  readonly summary: string;
  /** After so long it is given up. */
  readonly minutes: number;
  /** It takes as long as all others together, and runs only where it is named. */
  readonly onlyByName?: true;
  /** Options of its own that take a value, each with its line in the help. */
  readonly options?: Readonly<Record<string, string>>;
  /** @throws NotRunnable something is missing on this machine that it can't install */
  run(context: BenchmarkContext): Promise<void>;
}

/** It can't be measured on this machine. The message says what is missing. */
export class NotRunnable extends Error {
  readonly code = 'not_runnable';
}

export const perSecond = (rate: number): string => `${Math.round(rate).toLocaleString('en')}/s`;
