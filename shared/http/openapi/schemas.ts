import { z } from 'zod';
import { exampleOf } from './examples.ts';
import { portable } from './portable.ts';

type Json = Readonly<Record<string, unknown>>;

/** Schemas with a name (`.meta({ id })`): each stands in the document once. */
export type Named = Record<string, unknown>;

/**
 * JSON Schema 2020-12, which is what OpenAPI 3.1 takes. What has a name goes to `named`, and a reference is left. A
 * `format` says what zod's long patterns for it say.
 */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output', named: Named): Json {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema: part }) => {
      // zod takes the examples of what is transformed for those of the result; ours are of what is sent.
      const { examples } = z.globalRegistry.get(zodSchema) ?? {};
      if (examples) part.examples ??= examples as NonNullable<typeof part.examples>;
      if (part.format !== undefined) delete part.pattern;
      portable(part);
    },
  });
  const {
    $schema: _,
    $defs,
    ...json
  } = JSON.parse(JSON.stringify(made).replaceAll('"#/$defs/', '"#/components/schemas/')) as Named;
  Object.assign(named, $defs);
  return json;
}

/** A body, with an example that its schema takes. */
export function content(schema: z.ZodType, io: 'input' | 'output', named: Named): Json {
  const json = jsonSchema(schema, io, named);
  return { schema: json, example: exampleOf(json, '', named) };
}
