import fc from 'fast-check';
import { resolved, type Schema } from './document.ts';

const OF_TYPE = { string: 'text', integer: 7, boolean: true, array: [], object: {} };

/** Values that the schema does not take, whatever the field. */
export const bad = (schema: Schema): fc.Arbitrary<unknown> => fc.constantFrom(...wrongs(schema));

export function wrongs(given: Schema): readonly unknown[] {
  const schema = resolved(given);
  const others = Object.entries(OF_TYPE).filter(([type]) => type !== schema.type);
  const values: unknown[] = [null, 1.5, ...others.map(([, value]) => value)];
  const { minLength = 0, maxLength, minimum, maximum } = schema;
  if (schema.type === 'string') {
    values.push('a\u0000b', 'a\u007fb', 'line\nbreak');
    if (maxLength !== undefined) values.push('x'.repeat(maxLength + 1), '🦊'.repeat(maxLength + 1));
    if (minLength > 0) values.push('', 'x'.repeat(minLength - 1));
    if (schema.format !== undefined || schema.enum) values.push('x', '2027-02-30T00:00:00Z');
  }
  if (schema.not !== undefined) values.push('ada@example.com', 'lap\u200btop');
  if (minimum !== undefined) values.push(minimum - 1);
  if (maximum !== undefined) values.push(maximum + 1);
  const { pattern } = schema;
  if (pattern !== undefined) {
    const some = ['two words', '"', '/', '-1'];
    values.push(...some.filter((value) => !new RegExp(pattern, 'u').test(value)));
  }
  return values;
}

/** A good body made bad in one place. */
export function badBody({ properties = {}, required = [] }: Schema, body: object): fc.Arbitrary<unknown> {
  const whole = fc.constantFrom<unknown>(null, 1, 'text', [], [body], true);
  // `__proto__` as a member of its own, as JSON.parse makes it.
  const unknown = fc
    .constantFrom('admin', 'constructor', '__proto__', 'user_role')
    .map((name) => Object.fromEntries([...Object.entries(body), [name, 1]]));
  const fields = Object.entries(properties).map(([name, field]) =>
    bad(field).map((value) => ({ ...body, [name]: value })),
  );
  const without = required.map((name) =>
    fc.constant(Object.fromEntries(Object.entries(body).filter(([key]) => key !== name))),
  );
  return fc.oneof(whole, unknown, ...fields, ...without);
}
