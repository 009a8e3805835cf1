import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandRoutes } from '../../command-service/routes/all.ts';
import { querySpecs } from '../../query-service/routes/all.ts';
import { check } from '../../shared/http/routes/fields.ts';
import type { RouteSpec } from '../../shared/http/routes/route.ts';

/** How zod speaks to programmers. */
const OF_ZOD = /invalid (input|option|string|element)|too (small|big)|unrecognized|received/i;
const STRANGE = [
  undefined,
  null,
  true,
  -1,
  1.5,
  1e9,
  '',
  'x',
  'a\u0000b',
  'x'.repeat(9_000),
  [],
  [1],
  {},
  { a: 1 },
];

const schemas = ([...commandRoutes, ...querySpecs] as readonly RouteSpec[]).flatMap(
  ({ body, query, params, headers, operationId }) =>
    [body, query, params, headers].flatMap((schema) => (schema ? [{ operationId, schema }] : [])),
);

describe('what was expected', () => {
  it('is said in this project’s words, whatever was sent', () => {
    const details = schemas.flatMap(({ schema }) => {
      const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
      const values = STRANGE.flatMap((value) => [value, ...names.map((name) => ({ [name]: value }))]);
      return values.flatMap((value) => {
        const checked = check('body', schema, value);
        return checked.ok ? [] : checked.errors.map(({ detail }) => detail);
      });
    });
    expect(details.length).toBeGreaterThan(500);
    expect([...new Set(details)].filter((detail) => OF_ZOD.test(detail))).toEqual([]);
  });
});
