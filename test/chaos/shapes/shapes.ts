import type { Shape } from '../faults/fault.ts';
import { clocks } from './clocks.ts';
import { cluster } from './cluster.ts';
import { kafka } from './kafka.ts';
import { plain } from './plain.ts';

/** All of them, in the order in which they run. */
export const SHAPES: readonly Shape[] = [plain, clocks, kafka, cluster];
