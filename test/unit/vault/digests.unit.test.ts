import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBody } from '../../../shared/vault/digests.ts';

/** The same value with the fields of every object in reverse. */
const reversed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).reverse();
  return Object.fromEntries(fields.map(([name, inner]) => [name, reversed(inner)]));
};

describe('the body that is digested', () => {
  it('is the same whatever the order of fields', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => {
        expect(canonicalBody(reversed(body))).toBe(canonicalBody(body));
      }),
    );
  });

  it('is another with another value, a missing field, or another order in a list', () => {
    const texts = [
      { a: 1 },
      { a: '1' },
      {},
      { a: 1, b: null },
      { a: [1, 2] },
      { a: [2, 1] },
      { b: 1 },
      undefined,
    ];
    expect(new Set(texts.map(canonicalBody)).size).toBe(texts.length);
  });

  it('has no password in it', () => {
    const body = { email: 'ada@example.com', password: 'secret-1', new_password: 'secret-2' };
    expect(canonicalBody(body)).toBe(canonicalBody({ email: 'ada@example.com' }));
    expect(canonicalBody(body)).not.toContain('secret');
  });
});
