import type { Benchmark } from '../benchmark.ts';
import { history } from '../history/history.ts';
import { million } from '../million/million.ts';
import { activations } from './activations.ts';
import { connections } from './connections.ts';
import { exports } from './export.ts';
import { lag } from './lag.ts';
import { overload } from './overload.ts';
import { rebuild } from './rebuild.ts';
import { relay } from './relay.ts';
import { scaling } from './scaling.ts';
import { validation } from './validation.ts';

/** In the order in which they run. */
export const BENCHMARKS: readonly Benchmark[] = [
  validation,
  scaling,
  connections,
  overload,
  activations,
  lag,
  rebuild,
  relay,
  exports,
  history,
  million,
];
