import type { z } from 'zod';

type Json = Readonly<Record<string, unknown>>;

/** How a shape is turned into the next version's, and back for readers that don't know the next one yet. */
export interface VersionStep {
  readonly up: (older: Json) => Json;
  /** Undefined where the older version can't say what the newer one does. */
  readonly down: (newer: Json) => Json | undefined;
}

/** One version of an event type. Shipped entries are never edited. */
export interface EventVersion {
  /**
   * The schema level that introduced it. A writer uses it only when its setting EVENT_SCHEMA_LEVEL is at least
   * this: readers first. Each release that adds a type or a version takes the next level.
   */
  readonly level: number;
  /** The payload as it stands in the log, `personal` sealed. */
  readonly data: z.ZodType<Json>;
  /** `personal` before it is sealed; absent if the type has none. */
  readonly personal?: z.ZodType<Json>;
  /** From the version before this one; absent for version 1. */
  readonly fromPrevious?: { readonly data?: VersionStep; readonly personal?: VersionStep };
}
