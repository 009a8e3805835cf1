import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fits } from '../../../shared/events/fits.ts';
import { metadataSchema } from '../../../shared/events/metadata.ts';
import { eventCatalogue } from '../../../shared/events/schemas/catalogue.ts';

type Json = Record<string, unknown>;

interface Golden {
  readonly data: Json;
  readonly metadata: Json;
}

const goldenOf = (name: string): Golden =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden', `${name}.json`), 'utf8')).recorded;

/** Every shape that stands in logs, with a value that has it. */
const shapes: { readonly name: string; readonly schema: z.ZodType<Json>; readonly value: Json }[] = [
  { name: 'metadata', schema: metadataSchema, value: goldenOf('UserSignedUp.v1').metadata },
  ...Object.entries(eventCatalogue).flatMap(([type, versions]) =>
    versions.map(({ data: schema }, i) => {
      const name = `${type}.v${i + 1}`;
      return { name, schema, value: goldenOf(name).data };
    }),
  ),
];

/** Values that a field may have instead: some fit, most don't. */
const other = fc.oneof(
  fc.jsonValue(),
  fc.uuid(),
  fc.constantFrom(
    '',
    'app',
    'A',
    '2026-02-30T00:00:00.000Z',
    '2026-02-28T00:00:00.000Z',
    '\ud800',
    0,
    -0,
    1,
    1e9,
  ),
  fc.constantFrom(1.5, 2 ** 53, Number.NaN, true, false, null, 'x'.repeat(129), 'x'.repeat(16_385), [], {}),
);

/** The value with a field that is replaced, added or left out, at any depth. */
function changed(value: Json): fc.Arbitrary<Json> {
  const names = [...Object.keys(value), '__proto__', 'constructor', 'unknown'];
  return fc.constantFrom(...names).chain((name) => {
    const inner = Object.hasOwn(value, name) ? value[name] : undefined;
    const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
    const without = fc.constant(Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)));
    const instead = isObject ? fc.oneof(changed(inner as Json), other) : other;
    const replaced = instead.map((one) => JSON.parse(`{${pairs(value, name, one)}}`) as Json);
    return fc.oneof(without, replaced);
  });
}

/** As text, so that `__proto__` is a name like others, as in a log. */
const pairs = (value: Json, name: string, one: unknown): string =>
  [...Object.entries(value).filter(([key]) => key !== name), [name, one] as const]
    .map(([key, content]) => `${JSON.stringify(key)}:${JSON.stringify(content)}`)
    .join();

describe('whether a value fits a schema', () => {
  it.each(shapes)('is known of $name', ({ schema, value }) => {
    expect(fits(schema, value)).toBe(true);
  });

  it.each(shapes)('is what zod says, changed as it may be: $name', ({ schema, value }) => {
    fc.assert(
      fc.property(changed(value), (candidate) => {
        const parsed = schema.safeParse(candidate);
        // Where it says no, zod is asked.
        if (fits(schema, candidate)) expect(parsed).toStrictEqual({ success: true, data: candidate });
      }),
      { numRuns: 40 },
    );
  });

  it('is no where zod would change the value, or check more than is known', () => {
    const one = { a: 'x' };
    for (const schema of [
      z.object({ a: z.string() }),
      z.strictObject({ a: z.string().trim() }),
      z.strictObject({ a: z.string().refine(() => true) }),
      z.strictObject({ a: z.string() }).refine(() => true),
      z.strictObject({ a: z.string().transform((text) => text) }),
      z.strictObject({ a: z.string().default('x') }),
      z.strictObject({ a: z.coerce.string() }),
      z.strictObject({ a: z.union([z.string().regex(/x/g), z.string()]) }),
    ]) {
      expect(fits(schema as z.ZodType<Json>, one)).toBe(false);
    }
  });

  it('is no without a field that is needed, and with one that is not known', () => {
    const schema = z.strictObject({ a: z.string(), b: z.int().min(1).optional() });
    expect(fits(schema, { a: 'x' })).toBe(true);
    expect(fits(schema, { a: 'x', b: 1 })).toBe(true);
    expect(fits(schema, { b: 1 })).toBe(false);
    expect(fits(schema, { a: 'x', b: 0 })).toBe(false);
    expect(fits(schema, { a: 'x', c: 1 })).toBe(false);
    expect(fits(schema, [])).toBe(false);
    expect(fits(schema, null)).toBe(false);
  });
});
