import type { CpuUse } from '../system/cpu.ts';

/** Measured once a round. */
export interface Figure {
  readonly values: readonly number[];
  /** As it is written behind a number: `/s`, ` ms`, ` µs`, ` MiB`; nothing for a ratio. */
  readonly unit: string;
}

/** One result. */
export interface Row {
  readonly what: string;
  readonly figure: Figure;
  /** What it is compared with, measured in the same run. */
  readonly beside?: { readonly what: string; readonly figure: Figure };
  /** Of each pair. */
  readonly ratio?: readonly number[];
  readonly target?: { readonly text: string; readonly met: boolean };
  /** The CPU time of one operation, of each round. */
  readonly cpu?: readonly CpuUse[];
}

export const figure = (values: readonly number[], unit: string): Figure => ({ values, unit });

/** A target, and whether it is met. */
export const target = (text: string, met: boolean) => ({ text, met });
