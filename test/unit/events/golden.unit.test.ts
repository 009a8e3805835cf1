import { createSecretKey } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createReader } from '../../../shared/events/codec.ts';
import { eventId } from '../../../shared/events/event-id.ts';
import { eventCatalogue } from '../../../shared/events/schemas/catalogue.ts';
import type { PersonalEventType } from '../../../shared/events/types.ts';

interface Golden {
  readonly dataKey: string;
  readonly schema: object;
  readonly personalSchema?: object;
  readonly recorded: {
    readonly stream: string;
    readonly id: string;
    readonly type: string;
    readonly data: Record<string, unknown>;
    readonly metadata: { readonly commandId: string };
  };
  readonly latest: { readonly data: object; readonly personal?: object };
}

const folder = path.join(import.meta.dirname, 'golden');
const read = (name: string): Golden => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));

const shipped = Object.entries(eventCatalogue).flatMap(([type, versions]) =>
  versions.map((version, index) => ({ type, version, name: `${type}.v${index + 1}.json` })),
);

/** A schema as JSON, without the patterns behind zod's own formats: those may change with its release. */
const shapeOf = (schema: z.ZodType): unknown =>
  JSON.parse(JSON.stringify(z.toJSONSchema(schema)), (_key, value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
    const { $schema, ...shape } = value;
    if ('format' in shape) delete shape.pattern;
    return shape;
  });

describe('what stands in logs', () => {
  it('has a fixture of every type and version, and no other', () => {
    expect(readdirSync(folder).sort()).toEqual(shipped.map(({ name }) => name).sort());
  });

  describe.each(shipped)('$name', ({ type, version, name }) => {
    const golden = read(name);
    const { recorded } = golden;
    const reader = createReader();

    it('has the schema it was shipped with', () => {
      expect(shapeOf(version.data)).toEqual(golden.schema);
      expect(version.personal && shapeOf(version.personal)).toEqual(golden.personalSchema);
    });

    it('decodes to the latest version', () => {
      const position = { commit: 1n, prepare: 1n };
      const decoded = reader.decode({ ...recorded, revision: 3, position, created: new Date(0) });
      const { personal, ...data } = decoded.event.data as { readonly personal?: string };
      expect(decoded.event.type).toBe(type);
      expect(data).toEqual(golden.latest.data);
      expect(personal).toBe(recorded.data.personal);
    });

    it('unseals to the latest version, where something is sealed', () => {
      expect('personal' in recorded.data).toBe(version.personal !== undefined);
      if (!version.personal) return;
      const key = createSecretKey(Buffer.from(golden.dataKey, 'base64url'));
      const personal = reader.unseal(type as PersonalEventType, recorded.data.personal as string, key);
      expect(personal).toEqual(golden.latest.personal);
    });

    it('still has the id that its bytes give', () => {
      const { stream, type, data, metadata } = recorded;
      const { commandId } = metadata;
      expect(eventId({ commandId, stream, index: 0, type, data, metadata })).toBe(recorded.id);
    });
  });
});
