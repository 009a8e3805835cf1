import type { Shape } from '../faults/fault.ts';
import { clocks } from './clocks.ts';
import { cluster } from './cluster.ts';
import { disks } from './disks.ts';
import { kafka } from './kafka.ts';
import { plain } from './plain.ts';
import { proxied } from './proxied.ts';
import { tls } from './tls.ts';

/** All of them, in the order in which they run. */
export const SHAPES: readonly Shape[] = [plain, clocks, kafka, cluster, proxied, tls, disks];
