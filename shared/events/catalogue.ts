import type { z } from 'zod';
import { emailEventSchemas, personalSchemas, userEventSchemas } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

/** How a shape is turned into the next version's, and back for readers that don't know the next one yet. */
export interface VersionStep {
  readonly up: (older: Json) => Json;
  readonly down: (newer: Json) => Json;
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

/** Event type → its versions, version 1 first. */
export type EventCatalogue = Readonly<Record<string, readonly EventVersion[]>>;

const version1 = ([type, data]: [string, z.ZodType<Json>]): [string, readonly EventVersion[]] => {
  const personal = (personalSchemas as Readonly<Record<string, z.ZodType<Json>>>)[type];
  return [type, [personal ? { level: 1, data, personal } : { level: 1, data }]];
};

/** Every event type of this system. Version 1 of all of them came with level 1. */
export const eventCatalogue: EventCatalogue = Object.fromEntries(
  Object.entries<z.ZodType<Json>>({ ...userEventSchemas, ...emailEventSchemas }).map(version1),
);

/** The highest level this build knows: what EVENT_SCHEMA_LEVEL may be set to at most. */
export const LATEST_SCHEMA_LEVEL = Math.max(
  ...Object.values(eventCatalogue).flatMap((versions) => versions.map((version) => version.level)),
);
