import type { Shape } from '../faults/fault.ts';
import { plain } from './plain.ts';

/** All of them, in the order in which they run. */
export const SHAPES: readonly Shape[] = [plain];
