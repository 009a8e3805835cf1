import fc from 'fast-check';
import { resolved, type Schema } from './document.ts';

const patternsOf = ({ pattern, allOf = [] }: Schema): RegExp[] =>
  [pattern, ...allOf.map((part) => part.pattern)].flatMap((text) =>
    text === undefined ? [] : [new RegExp(text, 'u')],
  );

/** Within the lengths, which JSON Schema counts in code points. */
function fits(text: string, { minLength = 0, maxLength = Number.POSITIVE_INFINITY }: Schema): boolean {
  const length = [...text].length;
  return length >= minLength && length <= maxLength;
}

/** What an opaque id may not be or hold; no pattern that every tool reads can say the second. */
const isRefused = (text: string, pattern: string): boolean =>
  new RegExp(pattern, 'u').test(text.normalize('NFKC')) || /[\p{DI}\p{Cn}\p{Zl}\p{Zp}]/u.test(text);

function texts(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'uuid') return fc.uuid();
  if (schema.format === 'date-time') {
    const [min, max] = [new Date('2026-12-01T00:00:00Z'), new Date('2027-06-01T00:00:00Z')];
    return fc.date({ min, max, noInvalidDate: true }).map((date) => date.toISOString());
  }
  if (schema.format === 'uri') return fc.webUrl();
  if (schema.format === 'idn-email') return fc.emailAddress();
  const { minLength = 0, maxLength = 200 } = schema;
  const patterns = patternsOf(schema);
  const bounds = fc
    .constantFrom('🦊', 'x')
    .chain((one) => fc.constantFrom(one.repeat(minLength), one.repeat(maxLength)));
  const narrow = patterns.map((pattern) => fc.stringMatching(pattern));
  const wide = fc.string({
    minLength,
    maxLength,
    unit: fc.oneof(fc.constantFrom('a', 'B', '7', ' ', '-'), unit),
  });
  return fc
    .oneof(...(narrow.length > 1 ? narrow : [wide, ...narrow, bounds]))
    .filter((text) => fits(text, schema) && patterns.every((pattern) => pattern.test(text)))
    .filter((text) => schema.not === undefined || !isRefused(text, schema.not.pattern));
}

/** Characters of every kind, each one code point. */
const unit = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 }).map((text) => [...text][0] ?? 'x');

/** Values by the names of fields, of which most of a field's are taken where there are some. */
export type KnownValues = Readonly<Record<string, readonly unknown[]>>;

/** Values that the schema takes. */
export function good(given: Schema, known: KnownValues = {}): fc.Arbitrary<unknown> {
  const schema = resolved(given);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...schema.enum);
  if (schema.anyOf && schema.type !== 'object') return fc.oneof(...schema.anyOf.map((one) => good(one)));
  switch (schema.type) {
    case 'string':
      return texts(schema);
    case 'integer':
      return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 2 ** 31 });
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return (schema.uniqueItems ? fc.uniqueArray : fc.array)(good(schema.items ?? {}), {
        minLength: schema.minItems ?? 0,
        maxLength: Math.min(schema.maxItems ?? 5, 5),
      });
    case 'object':
      return objects(schema, known);
    default:
      throw new Error(`no values are made here for ${JSON.stringify(schema)}`);
  }
}

/** Values of a field or a parameter: those that are known by its name, or any that its schema takes. */
export function goodOf(name: string, schema: Schema, known: KnownValues): fc.Arbitrary<unknown> {
  const values = good(schema, known);
  const { [name]: some = [] } = known;
  if (some.length === 0) return values;
  return fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...some) }, { weight: 1, arbitrary: values });
}

function objects(
  { properties = {}, required = [], oneOf, anyOf }: Schema,
  known: KnownValues,
): fc.Arbitrary<object> {
  const withForm = (form: readonly string[], others: readonly string[]) => {
    const names = Object.keys(properties).filter((name) => !others.includes(name));
    const model = Object.fromEntries(
      names.map((name) => [name, goodOf(name, properties[name] as Schema, known)]),
    );
    return fc.record(model, { requiredKeys: [...required, ...form] as never });
  };
  // One of these fields at least, and the others too.
  if (anyOf) return fc.oneof(...anyOf.map((form) => withForm(form.required ?? [], [])));
  if (!oneOf) return withForm([], []);
  const all = oneOf.flatMap((form) => form.required);
  return fc.oneof(
    ...oneOf.map((form) =>
      withForm(
        form.required,
        all.filter((name) => !form.required.includes(name)),
      ),
    ),
  );
}
