import { z } from 'zod';

/*
 * The types and versions that came with level 2: products, trials, license keys, external ids, staff, and the life of an
 * account. A shipped schema is never edited: a change is a new version with an upcaster and a golden fixture of each.
 */

export const id = z.uuid();
export const instant = z.iso.datetime({ precision: 3 });
export const sealed = z.string().max(16_384);
export const digest = z.string().regex(/^[0-9a-f]{64}$/);
export const product = z.string().regex(/^[a-z][a-z0-9_-]{0,31}$/);
