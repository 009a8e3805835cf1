import type { z } from 'zod';
import type { PersonalEventType } from '../types.ts';
import { emailEventSchemas, personalSchemas, userEventSchemas } from './level-1.ts';
import { reservationEventSchemas2 } from './level-2/reservations.ts';
import { staffEventSchemas2, staffPersonalSchemas2 } from './level-2/staff.ts';
import { steps2 } from './level-2/steps.ts';
import { userEventSchemas2, userPersonalSchemas2 } from './level-2/users.ts';
import { webhookEventSchemas2 } from './level-2/webhooks.ts';
import type { EventVersion } from './version.ts';

type Json = Readonly<Record<string, unknown>>;

/** Event type → its versions, version 1 first. */
export type EventCatalogue = Readonly<Record<string, readonly EventVersion[]>>;

type Schemas = Readonly<Record<string, z.ZodType<Json>>>;

/** The version that each of these types got with a level. */
const versionsOf = (level: number, data: Schemas, personal: Schemas): ReadonlyMap<string, EventVersion> =>
  new Map(
    Object.entries(data).map(([type, schema]) => [
      type,
      { level, data: schema, ...(personal[type] && { personal: personal[type] }) },
    ]),
  );

const level1 = versionsOf(1, { ...userEventSchemas, ...emailEventSchemas }, personalSchemas);
const level2 = versionsOf(
  2,
  { ...userEventSchemas2, ...reservationEventSchemas2, ...staffEventSchemas2, ...webhookEventSchemas2 },
  { ...userPersonalSchemas2, ...staffPersonalSchemas2 },
);

const types = [...new Set([...level1.keys(), ...level2.keys()])];

/** Every event type of this system, each of its versions with the level that it came with. */
export const eventCatalogue: EventCatalogue = Object.fromEntries(
  types.map((type) => {
    const [first, second] = [level1.get(type), level2.get(type)];
    const later = second && first ? { ...second, fromPrevious: steps2[type] ?? {} } : second;
    return [type, [first, later].filter((version) => version !== undefined)];
  }),
);

/** The types of events that carry personal data. */
export const PERSONAL_TYPES = types.filter((type) =>
  eventCatalogue[type]?.some(({ personal }) => personal),
) as PersonalEventType[];

/** The highest level this build knows: what EVENT_SCHEMA_LEVEL may be set to at most. */
export const LATEST_SCHEMA_LEVEL = Math.max(
  ...Object.values(eventCatalogue).flatMap((versions) => versions.map((version) => version.level)),
);
