import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asksForLease } from '../../../query-service/validation/http/accept.ts';
import {
  readUsualQuery,
  validateBody,
  validateQuery,
} from '../../../query-service/validation/http/question.ts';
import {
  readBody,
  readMinPosition,
  readQuery,
} from '../../../query-service/validation/http/read-question.ts';
import { parseQuery } from '../../../shared/http/input/query.ts';
import type { Problem } from '../../../shared/http/problems/problem.ts';

const refusal = (read: () => unknown): { code: string; pointers: (string | undefined)[] } => {
  try {
    read();
  } catch (error) {
    const { code, options } = error as Problem;
    return { code, pointers: (options.errors ?? []).map(({ pointer }) => pointer) };
  }
  throw new Error('it was not refused');
};

describe('a question in a query string', () => {
  it.each([
    ['', {}],
    ['client_id=laptop', { client_id: 'laptop' }],
    ['client_id=my%20laptop', { client_id: 'my laptop' }],
    ['client_id=kX+3/9w==', { client_id: 'kX+3/9w==' }],
    ['client_id=my+laptop', { client_id: 'my+laptop' }],
    ['client_id=%2B+&nonce=+', { client_id: '++', nonce: '+' }],
    ['nonce=1&client_id=a.b~c', { nonce: '1', client_id: 'a.b~c' }],
    ['entitlements=core,export', { entitlements: ['core', 'export'] }],
    ['product=pdf&app_version=2.1.0-rc.1', { product: 'pdf', app_version: '2.1.0-rc.1' }],
    ['app_version=2.1%20beta', { app_version: '2.1 beta' }],
    ['entitlements=core%2Cexport', { entitlements: ['core', 'export'] }],
  ])('%s', (query, question) => {
    expect(readQuery(query)).toEqual(question);
  });

  it.each([
    ['client_id=', '?client_id'],
    ['client_id=a&client_id=b', '?client_id'],
    [`client_id=${'x'.repeat(129)}`, '?client_id'],
    ['client_id=a%00b', '?client_id'],
    ['clientId=a', '?clientId'],
    ['entitlements=', '?entitlements'],
    ['entitlements=core,', '?entitlements'],
    ['entitlements=Core', '?entitlements'],
    ['nonce=%0A', '?nonce'],
    ['product=PDF', '?product'],
    ['product=pdf&product=pdf', '?product'],
    [`app_version=${'1'.repeat(65)}`, '?app_version'],
    ['nonce=%FF', '?nonce'],
    ['client_id=100%', '?client_id'],
    ['%C3=1', '?%C3=1'],
    ['__proto__=1', '?__proto__'],
  ])('%s is refused, and the field is named', (query, pointer) => {
    expect(refusal(() => readQuery(query))).toEqual({ code: 'invalid_request', pointers: [pointer] });
  });

  it('is read by hand only where the schema reads the same', () => {
    const part = fc.oneof(
      fc.constantFrom('client_id', 'nonce', 'entitlements', 'other', ''),
      fc.string({ maxLength: 6 }),
      fc.constantFrom('a', '%41', 'x'.repeat(128), 'x'.repeat(129), 'a,b', 'a b', '=', '&'),
    );
    const query = fc
      .array(fc.tuple(part, fc.constantFrom('=', '', '=='), part), { maxLength: 3 })
      .map((parts) => parts.map((each) => each.join('')).join('&'));
    let byHand = 0;
    fc.assert(
      fc.property(query, (text) => {
        const usual = readUsualQuery(text);
        if (usual === undefined) return;
        byHand += 1;
        expect(validateQuery.parse(parseQuery(text))).toEqual(usual);
      }),
      { numRuns: 2_000 },
    );
    expect(byHand).toBeGreaterThan(10);
  });
});

describe('a question in a body', () => {
  it('is the same question', () => {
    const question = { client_id: 'laptop', entitlements: ['core'], nonce: 'n' };
    expect(readBody('/v1/licenses/validate', question)).toEqual(validateBody.parse(question));
    expect(readBody('/v1/licenses/validate', undefined)).toEqual({});
  });
  it.each([
    ['{"client_id":1}', '/client_id'],
    ['{"entitlements":"core"}', '/entitlements'],
    ['{"entitlements":["core",1]}', '/entitlements/1'],
    ['{"more":1}', '/more'],
    ['[]', ''],
    ['null', ''],
  ])('%s is refused, and the field is named', (text, pointer) => {
    expect(refusal(() => readBody('/v1/licenses/validate', JSON.parse(text)))).toEqual({
      code: 'invalid_request',
      pointers: [pointer],
    });
  });
  it('does not stand in the query as well', () => {
    expect(refusal(() => readBody('/v1/licenses/validate?client_id=a', {})).pointers).toEqual(['?client_id']);
  });
});

describe('headers', () => {
  it('Min-Event-Position is a position or is refused', () => {
    expect(readMinPosition('12/13')).toEqual({ commit: 12n, prepare: 13n });
    expect(readMinPosition(undefined)).toBeUndefined();
    expect(refusal(() => readMinPosition('12'))).toEqual({
      code: 'invalid_request',
      pointers: ['min-event-position:'],
    });
  });
  it.each([
    [undefined, false],
    ['*/*', false],
    ['application/json', false],
    ['application/jwt', true],
    ['Application/JWT', true],
    ['application/jwt, application/json', true],
    ['application/jwt;q=0.5, application/json', false],
    ['application/json;q=0.5, application/jwt;q=0.9', true],
    ['application/jwt;q=0', false],
    ['application/jwtx', false],
    ['application/jwt, */*', true],
    ['application/jwt;q=0.5, */*', false],
    ['application/jwt;q=0.5, application/*;q=0.9', false],
    ['application/jwt;q=0.5, application/json;q=0.1, */*', true],
  ])('Accept: %s asks for a lease: %s', (accept, lease) => {
    expect(asksForLease(accept)).toBe(lease);
  });
});
